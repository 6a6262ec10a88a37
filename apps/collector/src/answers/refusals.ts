import type { Refusal } from "../commands.js";

/** There is no such thing. */
export function notFound(what: string): Refusal {
  return { kind: "refused", reason: "not-found", code: "collector/not-found", message: `there is no ${what}` };
}

/** The state does not allow it. */
export function conflict(message: string, hint?: string): Refusal {
  const refusal: Refusal = { kind: "refused", reason: "conflict", code: "collector/conflict", message };
  return hint === undefined ? refusal : { ...refusal, hint };
}

/** It cannot be done as it was asked. */
export function usage(message: string, hint: string): Refusal {
  return { kind: "refused", reason: "usage", code: "collector/usage", message, hint };
}
