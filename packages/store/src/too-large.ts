import { KedgeError } from "@kedge/core";
import { storeCodes } from "./errors.js";
import { storeLimits } from "./store-limits.js";

/** More windows match than one answer holds. */
export function tooManyWindows(): KedgeError {
  return new KedgeError(storeCodes.tooLarge, `reading windows failed: more than ${storeLimits.windows} match`, {
    hint: "Narrow the time or the devices, give a limit, or ask for them merged.",
    context: { exit: "usage" },
  });
}

/** More samples match than one answer holds. */
export function tooManySamples(): KedgeError {
  return new KedgeError(storeCodes.tooLarge, `reading samples failed: more than ${storeLimits.samples} match`, {
    hint: "Narrow the time, or read them in pages with `limit` and `after`.",
    context: { exit: "usage" },
  });
}
