import { z } from "zod";
import { atMsField, deviceIdField, list, modelReference, pageOf, pageQuery, selectorField } from "../fields.js";
import { route } from "../route.js";

/** `DEVICE.EPOCH.SEQ`: the key of the message that brought it. */
const sampleIdField = z.string().regex(/^[A-Za-z0-9_-]{1,64}\.\d{1,10}\.\d{1,10}$/, "a sample id is DEVICE.EPOCH.SEQ");

/** A raw reading that a device was allowed to send. */
export const sample = z.object({
  sampleId: z.string(),
  deviceId: z.string(),
  atMs: atMsField,
  bundleDigest: z.string(),
  predictedLabel: z.string(),
  score: z.number(),
  /** Why it was taken. */
  reason: z.string(),
  /** SHA-256 of its inputs. */
  contentSha256: z.string(),
  label: z.string().nullable(),
  labelledAtMs: atMsField.nullable(),
  /** Raw little-endian values; left out when the listing asked for none. */
  inputs: list(z.object({ name: z.string(), type: z.string(), dims: list(z.number()), base64: z.string() })).optional(),
});

/** See {@link sample}. */
export type Sample = z.infer<typeof sample>;

export const labelOutcome = z.object({
  stored: z.number(),
  /** Not stored, and why: unknown sample, label that is no class of the model. */
  refused: list(z.object({ sampleId: z.string(), reason: z.string() })),
});

/** What became of a batch of labels. */
export type LabelOutcome = z.infer<typeof labelOutcome>;

export const sampleRoutes = {
  list: route("GET", "/v1/samples", {
    role: "operator",
    summary: "Sampled readings, oldest first, with their raw inputs unless told otherwise",
    query: z.strictObject({
      ...pageQuery,
      state: z.enum(["unlabelled", "labelled", "all"]).default("unlabelled"),
      selector: selectorField.default(""),
      deviceId: deviceIdField.optional(),
      model: modelReference.optional(),
      inputs: z.enum(["include", "omit"]).default("include"),
    }),
    response: pageOf(sample),
  }),
  get: route("GET", "/v1/samples/:sampleId", {
    role: "operator",
    summary: "One sampled reading with its raw inputs",
    params: z.strictObject({ sampleId: sampleIdField }),
    response: sample,
  }),
  label: route("POST", "/v1/labels", {
    role: "operator",
    summary: "Says what sampled readings truly were; a later label replaces an earlier one",
    body: z.strictObject({
      labels: z
        .array(z.strictObject({ sampleId: sampleIdField, label: z.string().min(1).max(256) }))
        .min(1)
        .max(10_000)
        .readonly(),
    }),
    response: labelOutcome,
  }),
};
