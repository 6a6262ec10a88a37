import { z } from "zod";
import { atMsField, list, modelReference, nameField, pageOf, pageQuery, sha256Field } from "../fields.js";
import { route } from "../route.js";

/** Bytes that one blob may have. */
export const maxBlobBytes = 4_294_967_295;

/** A signed manifest: a DSSE envelope (https://github.com/secure-systems-lab/dsse). */
export const envelope = z.strictObject({
  payloadType: z.string().max(128),
  /** Base64 of the manifest's canonical JSON. */
  payload: z.base64().max(16_777_216),
  signatures: z
    .array(z.strictObject({ keyid: z.string().max(128), sig: z.base64().max(1_024) }))
    .min(1)
    .max(16)
    .readonly(),
});

/** See {@link envelope}. */
export type Envelope = z.infer<typeof envelope>;

const tensor = z.object({ name: z.string(), type: z.string(), dims: list(z.number()) });

/** A registered bundle. */
export const model = z.object({
  digest: z.string(),
  name: z.string(),
  version: z.string(),
  createdAtMs: atMsField,
  registeredAtMs: atMsField,
  registeredBy: z.string(),
  securityCounter: z.number(),
  runtime: z.string(),
  task: z.object({ kind: z.string(), classes: list(z.string()).optional() }),
  /** Of all files together. */
  bytes: z.number(),
  metrics: z.record(z.string(), z.number()),
  labels: z.record(z.string(), z.string()),
  aliases: list(z.string()),
  /** Keys whose signatures were verified. */
  signedBy: list(z.string()),
  lineage: z.object({
    parent: z.string().nullable(),
    incidentId: z.string().nullable(),
    jobId: z.string().nullable(),
    trainer: z.string().nullable(),
    dataset: z.record(z.string(), z.string()),
  }),
  /** How many devices report that they run it. */
  devices: z.number(),
});

/** See {@link model}. */
export type Model = z.infer<typeof model>;

export const modelDetail = model.extend({
  inputs: list(tensor),
  outputs: list(tensor),
  files: z.record(z.string(), z.object({ sha256: z.string(), bytes: z.number() })),
  envelope,
});

/** A model with its interface, its files and the signed manifest. */
export type ModelDetail = z.infer<typeof modelDetail>;

const blobParams = z.strictObject({ sha256: sha256Field });
const aliasParams = z.strictObject({ name: nameField, alias: nameField });

export const blobRoutes = {
  put: route("PUT", "/v1/blobs/:sha256", {
    role: "operator",
    summary: "Stores the bytes that have this SHA-256; refused when they have another",
    params: blobParams,
    takes: "octets",
    status: 201,
    response: z.object({ sha256: z.string(), bytes: z.number(), isNew: z.boolean() }),
  }),
  head: route("HEAD", "/v1/blobs/:sha256", {
    role: "viewer",
    summary: "Whether these bytes are stored: 204, else 404",
    params: blobParams,
    status: 204,
    gives: "none",
  }),
  get: route("GET", "/v1/blobs/:sha256", { role: "operator", summary: "The bytes that have this SHA-256", params: blobParams, gives: "octets" }),
};

export const modelRoutes = {
  register: route("POST", "/v1/models", {
    role: "operator",
    summary: "Registers a bundle whose blobs are stored: the signature must be of a trusted key, every digest must match",
    status: 201,
    body: z.strictObject({ envelope, alias: nameField.optional() }),
    response: modelDetail,
  }),
  list: route("GET", "/v1/models", {
    role: "viewer",
    summary: "Registered bundles, newest first",
    query: z.strictObject({ ...pageQuery, name: nameField.optional() }),
    response: pageOf(model),
  }),
  get: route("GET", "/v1/models/:reference", {
    role: "viewer",
    summary: "One bundle, by digest, name@version, name@alias or name",
    params: z.strictObject({ reference: modelReference }),
    response: modelDetail,
  }),
  alias: route("PUT", "/v1/models/:name/aliases/:alias", {
    role: "operator",
    summary: "Points an alias at a bundle of that model",
    params: aliasParams,
    body: z.strictObject({ reference: modelReference }),
    response: model,
  }),
  unalias: route("DELETE", "/v1/models/:name/aliases/:alias", { role: "operator", summary: "Takes an alias away", params: aliasParams, status: 204 }),
};
