import type { Random } from "@kedge/core";
import type { SamplingPolicy } from "./sampling-policy.js";
import { addAt, countedAsOf, nothing, type SlidingTotal, type Span, totalAt } from "./sliding-total.js";

/** What is asked about: a prediction's label, its score (0 to 1; 1 where a task has none) and its raw input's size. */
export interface SampleCandidate {
  readonly label: string;
  readonly score: number;
  readonly bytes: number;
}

/** Why a reading was taken. */
export type SampleReason = "low-confidence" | "rare-class" | "random";

/** Why a reading was not taken. `chance` is the ordinary case; the others are caps. */
export type SkipReason = "off" | "chance" | "pace" | "hour-cap" | "day-cap" | "sample-too-large";

/** The answer. */
export type SampleDecision = { readonly kind: "take"; readonly reason: SampleReason } | { readonly kind: "skip"; readonly reason: SkipReason };

/** What the sampler remembers; plain JSON, so that an agent can keep it over restarts and a crash loop stays capped. */
export interface SamplingState {
  readonly atMs: number;
  /** Samples that the pace allows now. */
  readonly tokens: number;
  readonly lastHour: SlidingTotal;
  readonly lastDay: SlidingTotal;
  /** Samples taken by class, halved every hour. */
  readonly byClass: Readonly<Record<string, number>>;
}

const hourMs = 3_600_000;
const hour: Span = { bucketMs: 60_000, spanMs: hourMs };
const day: Span = { bucketMs: hourMs, spanMs: 24 * hourMs };

/** Classes beyond this many share one entry: labels come from models, and must not grow the state without end. */
const maxClasses = 256;
const otherClasses = "\u0000other";

/** A clock set back by more than this is a correction, not a tremor. */
const correctionMs = hourMs;

/** A sampler that has taken nothing, with a full burst. */
export function startSampling(policy: SamplingPolicy, nowMs: number): SamplingState {
  return { atMs: nowMs, tokens: policy.burst, lastHour: nothing, lastDay: nothing, byClass: {} };
}

/**
 * Decides whether a reading may leave the device. The chance is (preference of this prediction) × (how full the token
 * bucket is): busy streams are thinned by themselves, without knowing their rate, in proportion to the preferences.
 * The caps of the policy come on top and are never exceeded, whatever the chance and the clock say.
 */
export function decide(
  state: SamplingState,
  candidate: SampleCandidate,
  now: { readonly policy: SamplingPolicy; readonly nowMs: number; readonly random: Random },
): { readonly state: SamplingState; readonly decision: SampleDecision } {
  const { policy, random } = now;
  if (policy.maxPerHour === 0) return { state, decision: { kind: "skip", reason: "off" } };
  const current = advance(state, policy, now.nowMs);
  const skip = (reason: SkipReason) => ({ state: current, decision: { kind: "skip", reason } as const });
  if (!(candidate.bytes <= policy.maxBytesPerSample)) return skip("sample-too-large");
  if (current.tokens < 1) return skip("pace");
  const preference = preferenceOf(current, candidate, policy);
  const fullness = Math.min(1, current.tokens / policy.burst);
  if (random() >= preference.weight * fullness) return skip("chance");
  if (totalAt(current.lastHour, hour, current.atMs) + 1 > policy.maxPerHour) return skip("hour-cap");
  if (totalAt(current.lastDay, day, current.atMs) + candidate.bytes > policy.maxBytesPerDay) return skip("day-cap");
  return { state: taken(current, candidate), decision: { kind: "take", reason: preference.reason } };
}

function taken(state: SamplingState, candidate: SampleCandidate): SamplingState {
  const key = classKey(state.byClass, candidate.label);
  return {
    atMs: state.atMs,
    tokens: state.tokens - 1,
    lastHour: addAt(state.lastHour, hour, { nowMs: state.atMs, amount: 1 }),
    lastDay: addAt(state.lastDay, day, { nowMs: state.atMs, amount: candidate.bytes }),
    byClass: { ...state.byClass, [key]: (own(state.byClass, key) ?? 0) + 1 },
  };
}

/** Lets time pass: tokens come back, class counts fade. Time that goes back a little stands still. */
function advance(state: SamplingState, policy: SamplingPolicy, nowMs: number): SamplingState {
  if (nowMs < state.atMs - correctionMs) {
    return {
      ...state,
      atMs: nowMs,
      tokens: Math.min(state.tokens, policy.burst),
      lastHour: countedAsOf(state.lastHour, hour, nowMs),
      lastDay: countedAsOf(state.lastDay, day, nowMs),
    };
  }
  const passedMs = Math.max(0, nowMs - state.atMs);
  const tokens = Math.min(policy.burst, state.tokens + (passedMs * tokensPerHour(policy)) / hourMs);
  const byClass = fadesNow(state.atMs, state.atMs + passedMs) ? faded(state.byClass, state.atMs, state.atMs + passedMs) : state.byClass;
  return { ...state, atMs: state.atMs + passedMs, tokens, byClass };
}

/**
 * What comes back in an hour: with a full burst before it, no more than the cap, so that the cap does not stop
 * everything at the end of each hour. A burst of more than half the cap has that price.
 */
function tokensPerHour(policy: SamplingPolicy): number {
  return Math.max(policy.maxPerHour - policy.burst, policy.maxPerHour / 2);
}

function fadesNow(fromMs: number, toMs: number): boolean {
  return Math.floor(fromMs / hourMs) !== Math.floor(toMs / hourMs);
}

/** Counts halved once an hour (at its turn); what has faded below a sample is forgotten. */
function faded(byClass: Readonly<Record<string, number>>, fromMs: number, toMs: number): Record<string, number> {
  const factor = 0.5 ** Math.min(64, Math.floor(toMs / hourMs) - Math.floor(fromMs / hourMs));
  const out: Record<string, number> = {};
  for (const [label, count] of Object.entries(byClass)) if (count * factor >= 0.5) out[label] = count * factor;
  return out;
}

function preferenceOf(state: SamplingState, candidate: SampleCandidate, policy: SamplingPolicy): { weight: number; reason: SampleReason } {
  // A score that is no number (a model that gives NaN) is the most interesting of all.
  const unsure = !(candidate.score >= policy.lowConfidenceBelow);
  const balance = policy.balanceClasses ? balanceOf(state.byClass, candidate.label) : { weight: 1, rare: false };
  const weight = (unsure ? 1 : policy.ordinaryShare) * balance.weight;
  return { weight, reason: unsure ? "low-confidence" : balance.rare ? "rare-class" : "random" };
}

/** However often a class was taken, it keeps this much of its chance: a very rare class must not silence the others. */
const leastBalance = 0.05;

/** Classes are taken less often in proportion to how much more was taken of them than of the rarest. */
function balanceOf(byClass: Readonly<Record<string, number>>, label: string): { weight: number; rare: boolean } {
  let total = 0;
  let classes = 0;
  let least = Number.POSITIVE_INFINITY;
  for (const count of Object.values(byClass)) {
    total += count;
    classes += 1;
    least = Math.min(least, count);
  }
  const count = own(byClass, classKey(byClass, label)) ?? 0;
  const weight = Math.max(leastBalance, (Math.min(least, count) + 1) / (count + 1));
  return { weight, rare: classes > 1 && count < total / classes / 2 };
}

function classKey(byClass: Readonly<Record<string, number>>, label: string): string {
  // "__proto__" as a plain key would set the prototype of the copy and lose the count.
  const key = label === "__proto__" ? otherClasses : label;
  if (own(byClass, key) !== undefined) return key;
  return Object.keys(byClass).length < maxClasses - 1 ? key : otherClasses;
}

function own(byClass: Readonly<Record<string, number>>, key: string): number | undefined {
  return Object.hasOwn(byClass, key) ? byClass[key] : undefined;
}
