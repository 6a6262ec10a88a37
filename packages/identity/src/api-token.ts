import { newId, type Sha256, type Sha256Of } from "@kedge/core";
import type { TokenSources } from "./enrolment-token.js";
import { type Denied, denied, identityErrors } from "./errors.js";
import { isRole, type Role } from "./role.js";
import { hashSecret, isSecret, newSecret, sameDigest } from "./secret.js";

/** What is stored of an API token. Looked up by `hash`. */
export interface ApiTokenRecord {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly hash: Sha256;
  readonly createdAtMs: number;
  /** `null`: until revoked. */
  readonly expiresAtMs: number | null;
  readonly revoked: boolean;
}

/** The role that the text of an API token (`kedge_<role>_<secret>`) claims; `undefined` when it is none. */
export function parseApiToken(text: string): { readonly role: Role; readonly secret: string } | undefined {
  if (text.length > 128) return undefined;
  const [head, role = "", secret = "", ...rest] = text.trim().split("_");
  if (head !== "kedge" || rest.length > 0 || !isRole(role) || !isSecret(secret)) return undefined;
  return { role, secret };
}

/** The key to look a token up by: a hash over role and secret. `undefined` when the text is no API token. */
export function hashApiToken(text: string, sha256: Sha256Of): Sha256 | undefined {
  const token = parseApiToken(text);
  return token === undefined ? undefined : hashSecret(`${token.role}_${token.secret}`, sha256);
}

/** Makes an API token. `text` is shown once; `record` is to be stored. `lifetimeMs` null: until revoked. */
export function createApiToken(
  role: Role,
  name: string,
  options: TokenSources & { readonly lifetimeMs: number | null },
): { readonly text: string; readonly record: ApiTokenRecord } {
  const secret = newSecret(options.secretBytes);
  const record: ApiTokenRecord = {
    id: newId("api", options.nowMs, options.random),
    name,
    role,
    hash: hashSecret(`${role}_${secret}`, options.sha256),
    createdAtMs: options.nowMs,
    expiresAtMs: options.lifetimeMs === null ? null : options.nowMs + options.lifetimeMs,
    revoked: false,
  };
  return { text: `kedge_${role}_${secret}`, record };
}

/** Whether the text is the token of this record and still holds. */
export function checkApiToken(
  text: string,
  record: ApiTokenRecord | undefined,
  context: { readonly nowMs: number; readonly sha256: Sha256Of },
): { readonly kind: "valid"; readonly record: ApiTokenRecord } | Denied {
  const hash = hashApiToken(text, context.sha256);
  if (hash === undefined) return denied(identityErrors.tokenMalformed, "this is no API token (kedge_<role>_<secret>)");
  if (record === undefined || !sameDigest(hash, record.hash)) return denied(identityErrors.tokenUnknown, "the API token is not known here");
  if (record.revoked) return denied(identityErrors.tokenRevoked, "the API token was revoked");
  if (record.expiresAtMs !== null && context.nowMs >= record.expiresAtMs) return denied(identityErrors.tokenExpired, "the API token has expired");
  return { kind: "valid", record };
}
