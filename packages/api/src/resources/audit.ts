import { z } from "zod";
import { atMsField, pageOf, pageQuery } from "../fields.js";
import { route } from "../route.js";

/** One thing that somebody did. The hash is over this entry and the hash before it. */
export const auditEntry = z.object({
  seq: z.number(),
  atMs: atMsField,
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
  /** What was asked for and why, without secrets. */
  details: z.record(z.string(), z.unknown()),
  hash: z.string(),
});

/** See {@link auditEntry}. */
export type AuditEntry = z.infer<typeof auditEntry>;

export const auditCheck = z.object({ isIntact: z.boolean(), firstBrokenSeq: z.number().nullable() });

/** Whether every entry still fits the one before it. */
export type AuditCheck = z.infer<typeof auditCheck>;

export const auditRoutes = {
  list: route("GET", "/v1/audit", {
    role: "operator",
    summary: "Who did what, newest first",
    query: z.strictObject({
      ...pageQuery,

      subject: z.string().max(128).optional(),
      actor: z.string().max(128).optional(),
    }),
    response: pageOf(auditEntry),
  }),
  verify: route("GET", "/v1/audit/verification", {
    role: "operator",
    summary: "Checks the chain of hashes from the first entry to the last",
    response: auditCheck,
  }),
};
