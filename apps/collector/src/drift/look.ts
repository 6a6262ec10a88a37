import type { DeviceId, Sha256 } from "@kedge/core";
import type { Cause, Verdict } from "@kedge/drift";

/** The latest look at the devices that run one bundle. */
export interface Look {
  readonly bundle: { readonly digest: Sha256; readonly name: string; readonly version: string };
  readonly atMs: number;
  readonly lookBackMs: number;
  /** Devices that had rows enough to be judged. */
  readonly deviceIds: readonly DeviceId[];
  readonly rows: number;
  readonly leftOut: readonly string[];
  readonly causes: readonly Cause[];
  /** Of a large fleet: of the fleet, the cohorts, and the devices that are nearest to their limits or beyond. */
  readonly verdicts: readonly Verdict[];
}

/** Verdicts kept of one look: an answer of the API carries all of them. */
const mostVerdicts = 5_000;

/** The verdicts worth keeping. */
export function worthKeeping(verdicts: readonly Verdict[]): readonly Verdict[] {
  if (verdicts.length <= mostVerdicts) return verdicts;
  const nearness = (v: Verdict): number => (v.scope.kind === "device" ? v.score / v.limit : Number.POSITIVE_INFINITY);
  return [...verdicts].sort((a, b) => nearness(b) - nearness(a)).slice(0, mostVerdicts);
}
