import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { KedgeError } from "@kedge/core";
import { alertErrors } from "../../src/index.js";

/** Signing and checking by Standard Webhooks 1.0 (https://github.com/standard-webhooks/standard-webhooks). */

const secretPrefix = "whsec_";
const [leastSecretBytes, mostSecretBytes] = [24, 64];
/** A message whose time is further off than this is refused: it may be an old one sent again by somebody else. */
const toleranceSeconds = 300;

/** What a receiver needs to check a message. */
export interface WebhookHeaders {
  readonly "webhook-id": string;
  /** Seconds since 1970. */
  readonly "webhook-timestamp": string;
  /** `v1,<base64>`, or several with spaces in between while a secret is changed. */
  readonly "webhook-signature": string;
}

/** A new secret: `whsec_` and 32 random bytes as base64. */
export function newWebhookSecret(): string {
  return `${secretPrefix}${randomBytes(32).toString("base64")}`;
}

/** The key in a secret, with or without its prefix. Throws `alert/invalid-secret`, without the secret. */
export function webhookKey(secret: string): Buffer {
  const text = secret.startsWith(secretPrefix) ? secret.slice(secretPrefix.length) : secret;
  const key = Buffer.from(text, "base64");
  const isBase64 = key.toString("base64").replace(/=+$/, "") === text.replace(/=+$/, "");
  if (!isBase64 || key.length < leastSecretBytes || key.length > mostSecretBytes) {
    throw new KedgeError(alertErrors.invalidSecret, "reading a webhook's secret: it is not whsec_ and base64 of 24 to 64 bytes", {
      context: { exit: "config" },
    });
  }
  return key;
}

function signature(key: Buffer, id: string, seconds: number, body: string): string {
  return `v1,${createHmac("sha256", key).update(`${id}.${seconds}.${body}`).digest("base64")}`;
}

/** The headers that sign a body. With several secrets, each signs: the newest first, as receivers change over. */
export function signWebhook(secrets: readonly string[], id: string, atMs: number, body: string): WebhookHeaders {
  const seconds = Math.floor(atMs / 1_000);
  const signatures = secrets.map((secret) => signature(webhookKey(secret), id, seconds, body));
  return { "webhook-id": id, "webhook-timestamp": String(seconds), "webhook-signature": signatures.join(" ") };
}

function faultOf(secret: string, headers: Readonly<Record<string, string | undefined>>, body: string, nowMs: number): string | undefined {
  const [id, timestamp, given] = [headers["webhook-id"], headers["webhook-timestamp"], headers["webhook-signature"]];
  if (id === undefined || timestamp === undefined || given === undefined) return "webhook-id, webhook-timestamp or webhook-signature is missing";
  const seconds = Number(timestamp);
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(nowMs / 1_000 - seconds) > toleranceSeconds) return "its time is more than five minutes off";
  const expected = Buffer.from(signature(webhookKey(secret), id, seconds, body));
  const matches = given.split(" ").some((text) => {
    const found = Buffer.from(text);
    return found.length === expected.length && timingSafeEqual(found, expected);
  });
  return matches ? undefined : "no signature of it matches";
}

/** Checks a received message as a receiver should: signature, and age within 5 minutes. Throws `alert/invalid-signature`. */
export function verifyWebhook(secret: string, headers: Readonly<Record<string, string | undefined>>, body: string, nowMs: number): void {
  const fault = faultOf(secret, headers, body, nowMs);
  if (fault !== undefined) throw new KedgeError(alertErrors.invalidSignature, `checking a webhook message: ${fault}`, { context: { exit: "untrusted" } });
}
