/** What may be put on a link: in any 24 hours no more than `bytesPerDay`. */
export interface ByteBudget {
  readonly bytesPerDay: number;
}

/** Bytes that may be sent now, as they were at `atMs`; `atMs` by a clock that is never set. */
export interface BudgetTokens {
  readonly bytes: number;
  readonly atMs: number;
}

/** What wants to be sent, from what must go out to what may wait longest. */
export type SendPriority = "state" | "early" | "heartbeat" | "sample";

const dayMs = 86_400_000;
/** The bucket's size, and what flows into it in a day, add up to the budget: no day that begins anywhere can hold more. */
const bucketShare = 0.25;
/** Of the bucket, what each leaves for those before it. */
const left: Readonly<Record<SendPriority, number>> = { state: 0, early: 0.05, heartbeat: 0.25, sample: 0.5 };

/** The most that can be sent at once. */
export function bucketBytes({ bytesPerDay }: ByteBudget): number {
  return bytesPerDay * bucketShare;
}

/** The tokens at `nowMs`; a clock that stands or goes back adds none. */
export function refillTokens(tokens: BudgetTokens, budget: ByteBudget, nowMs: number): BudgetTokens {
  const elapsedMs = Math.max(0, nowMs - tokens.atMs);
  const flown = (elapsedMs / dayMs) * budget.bytesPerDay * (1 - bucketShare);
  return { bytes: Math.min(bucketBytes(budget), tokens.bytes + flown), atMs: nowMs };
}

/**
 * Whether `bytes` may be promised to the link while `promisedBytes` wait already, leaving those of higher priority what is theirs. What is
 * too large for that goes when the bucket is full; what is larger than the bucket never goes.
 */
export function affords(
  tokens: BudgetTokens,
  budget: ByteBudget,
  wish: { readonly bytes: number; readonly promisedBytes: number; readonly priority: SendPriority },
): boolean {
  const size = bucketBytes(budget);
  const free = tokens.bytes - wish.promisedBytes;
  return free - wish.bytes >= left[wish.priority] * size || (free >= size && wish.bytes <= size);
}

/** Bytes of a publish on the link: payload, topic and the framing of MQTT 3.1.1. TLS, TCP and IP come on top, and are the network's. */
export function publishBytes(topic: string, payloadBytes: number, qos: 0 | 1): number {
  const rest = 2 + utf8Length(topic) + (qos === 1 ? 2 : 0) + payloadBytes;
  const lengthBytes = rest < 128 ? 1 : rest < 16_384 ? 2 : rest < 2_097_152 ? 3 : 4;
  return 1 + lengthBytes + rest;
}

function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4;
  }
  return bytes;
}
