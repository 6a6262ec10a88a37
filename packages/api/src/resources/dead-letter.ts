import { z } from "zod";
import { atMsField, deviceIdField, list, pageOf, pageQuery, wholeQuery } from "../fields.js";
import { route } from "../route.js";

/** A message of a device that was refused. */
export const deadLetter = z.object({
  /** Grows; none is given twice. */
  id: z.number(),
  atMs: atMsField,
  /** Of the connection; over a foreign broker the device that the message names, without proof. */
  deviceId: z.string(),
  /** Which of its topics: stats, sample, evt, birth, …; `-` for a topic of nobody. */
  leaf: z.string(),
  /** A reason code such as `ingest/truncated`; see `apps/docs/guide/dead-letters.md`. */
  reason: z.string(),
  message: z.string(),
  /** Bytes that the message had. */
  size: z.number(),
  /** Bytes of it that are kept. */
  keptBytes: z.number(),
});

/** See {@link deadLetter}. */
export type DeadLetter = z.infer<typeof deadLetter>;

/** A refused message with its bytes, and what can be seen in them. */
export const deadLetterDetail = deadLetter.extend({
  base64: z.string(),
  /** What every message of a device says of itself, in every format; 0 or empty where it cannot be read. */
  heading: z.object({ format: z.number(), deviceId: z.string(), bootEpoch: z.number(), seq: z.number() }),
  /** The fields of the message by their numbers, as far as its bytes can be followed. */
  parts: list(z.object({ at: z.number(), field: z.number(), wireType: z.number(), bytes: z.number(), value: z.union([z.number(), z.string()]).nullable() })),
  /** At which byte it cannot be followed any further; null when it can to its end. */
  brokenAt: z.number().nullable(),
  /** What the collector reads in it now: what is wrong, or what it holds. Null where not all of it is kept. */
  reading: z
    .object({ fault: z.object({ code: z.string(), message: z.string() }).nullable(), holds: z.record(z.string(), z.union([z.string(), z.number()])) })
    .nullable(),
});

/** See {@link deadLetterDetail}. */
export type DeadLetterDetail = z.infer<typeof deadLetterDetail>;

export const deadLetterTotals = z.object({
  /** Letters that are kept at most, of all and of one device, and bytes of each. */
  mostKept: z.number(),
  mostOfDevice: z.number(),
  mostBytes: z.number(),
  items: list(
    z.object({
      reason: z.string(),
      /** Since the data directory, or the database that collectors share, was made. */
      total: z.number(),
      kept: z.number(),
      /** Not kept any more: by the bound, or by age. */
      dropped: z.number(),
      newestAtMs: atMsField.nullable(),
    }),
  ),
});

/** How many messages were refused, by reason. */
export type DeadLetterTotals = z.infer<typeof deadLetterTotals>;

export const deadLetterRoutes = {
  list: route("GET", "/v1/dead-letters", {
    role: "operator",
    summary: "Messages that were refused, newest first, without their bytes",
    query: z.strictObject({
      ...pageQuery,
      deviceId: deviceIdField.optional(),
      reason: z.string().max(64).optional(),
    }),
    response: pageOf(deadLetter),
  }),
  totals: route("GET", "/v1/dead-letters/totals", {
    role: "viewer",
    summary: "How many messages were ever refused by reason, and how many of them are kept",
    response: deadLetterTotals,
  }),
  get: route("GET", "/v1/dead-letters/:letterId", {
    role: "operator",
    summary: "One refused message with its bytes and what can be seen in them",
    params: z.strictObject({ letterId: wholeQuery(1, Number.MAX_SAFE_INTEGER) }),
    response: deadLetterDetail,
  }),
};
