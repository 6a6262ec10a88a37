import type { Io } from "../io.js";

/** What a word means; never told by colour alone. */
export type Tone = "good" | "bad" | "warn" | "faint" | "strong";

const codes: Readonly<Record<Tone, number>> = { good: 32, bad: 31, warn: 33, faint: 90, strong: 1 };

/** Colours a word, or leaves it. */
export type Paint = (tone: Tone | undefined, text: string) => string;

/** Colours on a terminal, unless `NO_COLOR`, `TERM=dumb` or the flag forbids. https://no-color.org */
export function paintFor(io: Pick<Io, "env">, isTerminal: boolean, isAllowed: boolean): Paint {
  const isOn = isTerminal && isAllowed && !io.env["NO_COLOR"] && io.env["TERM"] !== "dumb";
  return (tone, text) => (isOn && tone !== undefined ? `\u001b[${codes[tone]}m${text}\u001b[0m` : text);
}

const tones: Readonly<Record<string, Tone>> = {
  online: "good",
  active: "good",
  delivered: "good",
  passed: "good",
  COMMITTED: "good",
  FINISHED: "good",
  SUCCEEDED: "good",
  RESOLVED: "good",
  REGISTERED: "good",
  offline: "warn",
  pending: "warn",
  waiting: "warn",
  warning: "warn",
  PAUSED: "warn",
  PENDING: "faint",
  SCHEDULED: "faint",
  ACKNOWLEDGED: "warn",
  UNREACHABLE: "warn",
  ROLLING_BACK: "warn",
  retired: "faint",
  expired: "faint",
  failed: "bad",
  dropped: "bad",
  revoked: "faint",
  critical: "bad",
  OPEN: "bad",
  FAILED: "bad",
  REJECTED: "bad",
  ABORTED: "bad",
  ROLLED_BACK: "bad",
  drifted: "bad",
};

/** The tone of a word of state. */
export function toneOf(word: string): Tone | undefined {
  return Object.hasOwn(tones, word) ? tones[word] : undefined;
}
