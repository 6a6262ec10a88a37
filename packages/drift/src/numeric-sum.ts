import type { FeatureSummary, NumericSummary } from "@kedge/profile";
import { mergeHistograms } from "@kedge/stats";

/** Summaries of one numeric feature together; `undefined` of none. What is not numeric, or has other bins than the first, is left out. */
export function numericSum(parts: Iterable<FeatureSummary | undefined>): NumericSummary | undefined {
  let sum: NumericSummary | undefined;
  for (const part of parts) {
    if (part?.kind !== "numeric") continue;
    const merged = sum === undefined ? undefined : mergeHistograms(sum, part);
    if (merged === undefined) sum = part;
    else if (merged.kind === "decoded") sum = { kind: "numeric", ...merged.value };
  }
  return sum;
}
