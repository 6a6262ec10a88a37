/** One condition of a gate, with the numbers it rests on. */
export interface GateVerdict {
  readonly name: string;
  readonly verdict: "passed" | "waiting" | "failed";
  readonly value: number;
  readonly limit: number;
  /** How many predictions or devices the value rests on. */
  readonly rows: number;
  readonly detail: string;
}

/** What a wave's devices have shown under the new bundle. */
export interface GateEvidence {
  readonly rows: number;
  readonly errors: number;
  /** Output features held against the new bundle's own reference: the share of predictions that moved, and whether it counts as drift. */
  readonly outputs: readonly { readonly feature: string; readonly score: number; readonly limit: number; readonly drifted: boolean }[];
}

export interface GateOptions {
  /** Predictions to see first. */
  readonly minRows: number;
  /** Share of readings that may fail. */
  readonly maxErrorShare: number;
}

/** Evidence from which on a share counts as exceeded: in at most 1 of 100 rollouts within the limit, however often one looks (Ville). */
const enoughEvidence = 100;
const gridPoints = 64;

/**
 * How strongly `errors` in `trials` speak for a true share above `limit`: an e-value, the mean over shares p in (limit, 1] of
 * (p/limit)^errors ((1−p)/(1−limit))^(trials−errors). Its mean is at most 1 as long as the share is within the limit, at any time of looking,
 * so a gate may look every second (a mixture martingale; Robbins 1970, Lindon et al. 2022). A share alone would condemn 1 error in 20.
 */
export function errorEvidence(errors: number, trials: number, limit: number): number {
  if (errors <= 0 || trials <= 0 || limit >= 1) return 1;
  if (limit <= 0) return Number.POSITIVE_INFINITY;
  let sum = 0;
  for (let i = 0; i < gridPoints; i += 1) {
    // The middle of each cell, so that 1 itself is not among them: one good answer would rule it out.
    const p = limit + ((1 - limit) * (i + 0.5)) / gridPoints;
    sum += Math.exp(Math.min(700, errors * Math.log(p / limit) + (trials - errors) * Math.log((1 - p) / (1 - limit))));
  }
  return sum / gridPoints;
}

/** Do the predictions of the updated devices look as the new bundle's reference says they should? No data is no success: it waits. */
export function gateOnPredictions(evidence: GateEvidence, options: GateOptions): GateVerdict[] {
  const { rows, errors, outputs } = evidence;
  const enough = rows >= options.minRows;
  const errorShare = errors / Math.max(1, rows + errors);
  const verdicts: GateVerdict[] = [
    {
      name: "predictions seen",
      verdict: enough ? "passed" : "waiting",
      value: rows,
      limit: options.minRows,
      rows,
      detail: enough ? "enough to judge" : `waiting for ${options.minRows - rows} more`,
    },
    {
      name: "readings that failed",
      // Errors are judged before there are predictions enough: a model that never answers has no predictions to wait for.
      verdict: errorEvidence(errors, rows + errors, options.maxErrorShare) >= enoughEvidence ? "failed" : enough ? "passed" : "waiting",
      value: errorShare,
      limit: options.maxErrorShare,
      rows: rows + errors,
      detail: `${errors} of ${rows + errors}`,
    },
  ];
  for (const output of outputs) {
    verdicts.push({
      name: `${output.feature} against the bundle's reference`,
      verdict: !enough ? "waiting" : output.drifted ? "failed" : "passed",
      value: output.score,
      limit: output.limit,
      rows,
      detail: output.drifted
        ? "the answers are not what the reference promises"
        : output.score >= output.limit
          ? "above the limit, but no more than chance makes of so few"
          : "as the reference promises",
    });
  }
  return verdicts;
}

/** The verdicts as one: failed if any failed, passed if all passed. */
export function overall(verdicts: readonly GateVerdict[]): GateVerdict["verdict"] {
  if (verdicts.some((v) => v.verdict === "failed")) return "failed";
  return verdicts.length > 0 && verdicts.every((v) => v.verdict === "passed") ? "passed" : "waiting";
}
