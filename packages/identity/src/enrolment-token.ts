import { type DeviceId, isLabelKey, isLabelValue, type Labels, newId, parseSha256, type Random, type Sha256, type Sha256Of } from "@kedge/core";
import { type Denied, denied, identityErrors } from "./errors.js";
import { hashSecret, isSecret, newSecret, type SecretBytes, sameDigest } from "./secret.js";

/** What a new device is given: `kedge1.<id>.<secret>.<ca pin>`. */
export interface EnrolmentToken {
  readonly id: string;
  readonly secret: string;
  /** SHA-256 of the authority's certificate (DER), as `openssl x509 -fingerprint -sha256` shows it. */
  readonly authorityPin: Sha256;
}

/** What the collector stores of a token: never the secret. Plain values, fit for JSON and a table. */
export interface EnrolmentRecord {
  readonly id: string;
  readonly secretHash: Sha256;
  readonly createdAtMs: number;
  /** Refused from this time on. */
  readonly expiresAtMs: number;
  readonly maxUses: number;
  readonly uses: number;
  /** Labels that every device enrolled with it has, whatever it says. */
  readonly labels: Labels;
  /** Keys that a device may set itself beside these. */
  readonly freeLabelKeys: readonly string[] | "any";
  /** The only ids that may be enrolled with it; `null`: any that is free. */
  readonly allowedIds: readonly DeviceId[] | null;
  readonly createdBy: string;
  readonly note: string;
  readonly revoked: boolean;
}

/** What a token is to grant. */
export interface EnrolmentGrant {
  readonly lifetimeMs: number;
  /** 1 by default. */
  readonly maxUses?: number;
  readonly labels?: Labels;
  /** `any` by default. */
  readonly freeLabelKeys?: readonly string[] | "any";
  readonly allowedIds?: readonly DeviceId[] | null;
  readonly createdBy: string;
  readonly note?: string;
}

/** What making a token takes from outside. */
export interface TokenSources {
  readonly nowMs: number;
  readonly random: Random;
  readonly secretBytes: SecretBytes;
  readonly sha256: Sha256Of;
}

/** Longest life of a token: it is a password that lies in files. */
export const maxTokenLifetimeMs = 366 * 86_400_000;
const maxTokenUses = 1_000_000;
const prefix = "kedge1";
const idPattern = /^[a-z0-9_]{1,40}$/;
/** Longer than any token; checked before the text is split. */
const maxTokenLength = 256;

/** Reads a token; surrounding white space (the newline of a file) is ignored. `undefined` when it is none. */
export function parseEnrolmentToken(text: string): EnrolmentToken | undefined {
  if (text.length > maxTokenLength) return undefined;
  const parts = text.trim().split(".");
  const [head, id = "", secret = "", pin] = parts;
  const authorityPin = parseSha256(pin);
  if (parts.length !== 4 || head !== prefix || !idPattern.test(id) || !isSecret(secret) || authorityPin === undefined) return undefined;
  return { id, secret, authorityPin };
}

/** The token as text; {@link parseEnrolmentToken} reads it back. */
export function formatEnrolmentToken(token: EnrolmentToken): string {
  return [prefix, token.id, token.secret, token.authorityPin].join(".");
}

function faultOf(grant: EnrolmentGrant): string | undefined {
  const uses = grant.maxUses ?? 1;
  if (!Number.isFinite(grant.lifetimeMs) || grant.lifetimeMs <= 0 || grant.lifetimeMs > maxTokenLifetimeMs)
    return `the lifetime must be more than 0 and at most ${maxTokenLifetimeMs} ms`;
  if (!Number.isInteger(uses) || uses < 1 || uses > maxTokenUses) return `the number of uses must be from 1 to ${maxTokenUses}`;
  for (const [key, value] of Object.entries(grant.labels ?? {})) {
    if (!isLabelKey(key) || !isLabelValue(value)) return `${key}=${value} is no label`;
  }
  if (grant.allowedIds?.length === 0) return "the list of allowed ids is empty, so that nobody could use the token";
  return undefined;
}

/** Makes a token. `text` is shown once and kept nowhere; `record` is to be stored. */
export function createEnrolmentToken(
  grant: EnrolmentGrant,
  authorityPin: Sha256,
  sources: TokenSources,
): { readonly kind: "created"; readonly text: string; readonly record: EnrolmentRecord } | Denied {
  const fault = faultOf(grant);
  if (fault !== undefined) return denied(identityErrors.invalidGrant, fault);
  const id = newId("tok", sources.nowMs, sources.random);
  const secret = newSecret(sources.secretBytes);
  const record: EnrolmentRecord = {
    id,
    secretHash: hashSecret(secret, sources.sha256),
    createdAtMs: sources.nowMs,
    expiresAtMs: sources.nowMs + grant.lifetimeMs,
    maxUses: grant.maxUses ?? 1,
    uses: 0,
    labels: { ...grant.labels },
    freeLabelKeys: grant.freeLabelKeys ?? "any",
    allowedIds: grant.allowedIds ?? null,
    createdBy: grant.createdBy,
    note: grant.note ?? "",
    revoked: false,
  };
  return { kind: "created", text: formatEnrolmentToken({ id, secret, authorityPin }), record };
}

/** The hash that a record is held against when there is none, so that an unknown id takes as long as a wrong secret. */
const noHash = "0".repeat(64) as Sha256;

/**
 * Whether a token still opens anything. `record` is what is stored under the token's id. That it is expired, used up or
 * revoked is told only to those who know the secret. `uses` is not consumed here: see `admitEnrolment`.
 */
export function checkEnrolmentToken(
  token: EnrolmentToken,
  record: EnrolmentRecord | undefined,
  context: { readonly nowMs: number; readonly sha256: Sha256Of },
): { readonly kind: "valid"; readonly record: EnrolmentRecord } | Denied {
  const known = sameDigest(hashSecret(token.secret, context.sha256), record?.secretHash ?? noHash);
  if (record === undefined || !known || record.id !== token.id) return denied(identityErrors.tokenUnknown, "the enrolment token is not known here");
  if (record.revoked) return denied(identityErrors.tokenRevoked, "the enrolment token was revoked");
  if (context.nowMs >= record.expiresAtMs) return denied(identityErrors.tokenExpired, "the enrolment token has expired");
  return { kind: "valid", record };
}

/** What a token is good for now, in a word. A used up one still answers devices that ask again with the key they had. */
export function enrolmentTokenState(record: EnrolmentRecord, nowMs: number): "active" | "used" | "expired" | "revoked" {
  if (record.revoked) return "revoked";
  if (nowMs >= record.expiresAtMs) return "expired";
  return record.uses >= record.maxUses ? "used" : "active";
}
