import { createPrivateKey } from "node:crypto";
import type { DeviceId, Labels, Sha256 } from "@kedge/core";
import { decodeEnrollResponse, encodeEnrollRequest, enrollTopic, type EnrollResponse, type Link } from "@kedge/wire";
import { identityErrors } from "../src/index.js";
import { certificateRequest } from "./certificate-request.js";
import type { GrantedIdentity } from "./device-identity.js";
import { readGrant } from "./read-grant.js";
import { secretBytes } from "./randomness.js";

/** What enrolment needs of a link: it is connected, as the user `enroll` (or, for a renewal, by certificate). */
export type EnrolLink = Pick<Link, "publish" | "subscribe">;

export interface EnrolRequest {
  /** Names the topics of this enrolment; the client id of the link's connection is `enrolClientId(nonce)`. A renewing device: its id. */
  readonly nonce: string;
  /** The token's text; empty for a renewal, where the certificate speaks. */
  readonly token: string;
  /** The authority that the token names. */
  readonly authorityPin: Sha256;
  readonly privateKeyPem: string;
  /** The name to ask for; `null` leaves it to the collector. */
  readonly requestedId: DeviceId | null;
  readonly labels: Labels;
  readonly agentVersion: string;
  readonly platform: string;
  /** How long to wait for an answer. 15 s by default. */
  readonly timeoutMs?: number;
}

/** What became of an enrolment. `retryable` with the same key costs no further use of the token. */
export type EnrolOutcome =
  | { readonly kind: "granted"; readonly identity: GrantedIdentity }
  | { readonly kind: "refused"; readonly code: string; readonly message: string; readonly retryAfterMs: number | null }
  | { readonly kind: "retryable"; readonly code: string; readonly message: string };

/** A fresh name for one enrolment, 128 bits, so that it cannot be guessed. */
export function newEnrolNonce(): string {
  return Buffer.from(secretBytes(16)).toString("base64url");
}

/** Asks for a certificate over a connected link and checks what comes back. Nothing is stored here: see `saveIdentity`. */
export async function enrol(link: EnrolLink, request: EnrolRequest): Promise<EnrolOutcome> {
  const privateKey = createPrivateKey(request.privateKeyPem);
  const { nonce, token, requestedId, labels, agentVersion, platform } = request;
  const csr = certificateRequest(privateKey, requestedId ?? "new-device");
  const payload = encodeEnrollRequest({ token, csr, requestedId, labels, agentVersion, platform });
  const answer = await exchange(link, nonce, payload, request.timeoutMs ?? 15_000);
  if (answer.kind === "retryable" || answer.kind === "refused") return answer;
  const read = readGrant(answer, privateKey, request.authorityPin);
  return read.kind === "granted" ? read : { kind: "refused", code: read.code, message: read.message, retryAfterMs: null };
}

type Answer = EnrollResponse | Extract<EnrolOutcome, { readonly kind: "retryable" }>;

function retryable(message: string, code: string = identityErrors.unanswered): Answer {
  return { kind: "retryable", code, message };
}

async function exchange(link: EnrolLink, nonce: string, payload: Uint8Array, timeoutMs: number): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  let settle: (answer: Answer) => void = () => {};
  const answered = new Promise<Answer>((resolve) => {
    settle = resolve;
    timer = setTimeout(() => resolve(retryable(`the collector did not answer the enrolment within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    const topic = enrollTopic(nonce, "response");
    const subscribed = await link.subscribe(topic, { qos: 1 }, (message) => {
      const response = decodeEnrollResponse(message.payload);
      settle(response.kind === "decoded" ? response.value : { kind: "refused", code: response.code, message: response.message, retryAfterMs: null });
    });
    if (subscribed.kind !== "subscribed") return retryable("the broker did not accept the subscription to the answer");
    const sent = await link.publish(enrollTopic(nonce, "request"), payload, { qos: 1 });
    if (sent.kind === "failed") return { kind: "refused", code: sent.code, message: sent.message, retryAfterMs: null };
    // Cut off after sending, the answer may still come, over the next connection; so the wait goes on.
    return await answered;
  } finally {
    clearTimeout(timer);
  }
}
