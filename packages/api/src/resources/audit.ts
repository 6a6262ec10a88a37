import { z } from "zod";
import { atMsField, pageOf, pageQuery, wholeQuery } from "../fields.js";
import { route } from "../route.js";

/** One thing that somebody did. Each entry holds the hash of the one before it. */
export const auditEntry = z.object({
  seq: z.number(),
  atMs: atMsField,
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
  reason: z.string(),
  /** What was asked for, without secrets. */
  detail: z.record(z.string(), z.unknown()),
  hash: z.string(),
  previousHash: z.string(),
});

/** See {@link auditEntry}. */
export type AuditEntry = z.infer<typeof auditEntry>;

export const auditCheck = z.object({ intact: z.boolean(), entries: z.number(), firstBadSeq: z.number().nullable() });

/** Whether every entry still fits the one before it. */
export type AuditCheck = z.infer<typeof auditCheck>;

export const auditRoutes = {
  list: route("GET", "/v1/audit", {
    role: "admin",
    summary: "Who did what, newest first",
    query: z.strictObject({
      ...pageQuery,
      limit: wholeQuery(1, 1_000).default(100),
      subject: z.string().max(128).optional(),
      actor: z.string().max(128).optional(),
    }),
    response: pageOf(auditEntry),
  }),
  verify: route("GET", "/v1/audit/verification", {
    role: "admin",
    summary: "Checks the chain of hashes from the first entry to the last",
    response: auditCheck,
  }),
};
