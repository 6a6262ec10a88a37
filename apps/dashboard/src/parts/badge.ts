import { h } from "./element.js";

const tones: Readonly<Record<string, "good" | "warn" | "bad" | "plain">> = {
  online: "good",
  COMMITTED: "good",
  SUCCEEDED: "good",
  FINISHED: "good",
  RESOLVED: "good",
  REGISTERED: "good",
  passed: "good",
  PASSED: "good",
  PENDING: "plain",
  IDLE: "plain",
  SCHEDULED: "plain",
  READY: "plain",
  waiting: "plain",
  info: "plain",
  retired: "plain",
  REVERTED: "plain",
  offline: "warn",
  warning: "warn",
  ACKNOWLEDGED: "warn",
  PAUSED: "warn",
  UNREACHABLE: "warn",
  REVERTING: "warn",
  COLLECTING: "warn",
  CANCELLED: "warn",
  OPEN: "bad",
  critical: "bad",
  FAILED: "bad",
  failed: "bad",
  REJECTED: "bad",
  ROLLED_BACK: "bad",
  ROLLING_BACK: "bad",
  ABORTED: "bad",
};

const marks = { good: "✓", warn: "!", bad: "✗", plain: "·" } as const;

/** A state as a word with a mark: never by colour alone. */
export function badge(state: string): HTMLElement {
  const tone = tones[state] ?? "plain";
  return h("span", { class: `badge ${tone}` }, `${marks[tone]} ${state.toLowerCase().replaceAll("_", " ")}`);
}
