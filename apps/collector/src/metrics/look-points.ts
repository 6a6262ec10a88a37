import { scopeKey } from "@kedge/drift";
import type { MetricPoint } from "@kedge/store";
import type { Look } from "../drift/look.js";

/** Verdicts of one look that are written: of the fleet and the cohorts, then of devices that drifted. */
const mostVerdicts = 400;

/** A score as it is kept everywhere: so that it is the same point when it is written again from history. */
export function roundedScore(score: number): number {
  return Number(score.toFixed(4));
}

/** Where the fleet, cohorts and devices that drifted stood at a look. */
export function lookPoints({ bundle, atMs, rows, deviceIds, causes, verdicts }: Look): MetricPoint[] {
  const labels = { model: bundle.name, version: bundle.version };
  const wanted = verdicts.filter((v) => v.scope.kind !== "device" || v.drifted);
  wanted.sort((a, b) => Number(a.scope.kind === "device") - Number(b.scope.kind === "device"));
  return [
    { name: "kedge_look", labels, atMs, values: { rows, devices: deviceIds.length, causes: causes.length } },
    ...wanted.slice(0, mostVerdicts).map(({ feature, scope, score, limit, drifted }) => ({
      name: "kedge_verdict",
      labels: { ...labels, feature, scope: scopeKey(scope) },
      atMs,
      values: { score: roundedScore(score), limit, drifted: drifted ? 1 : 0 },
    })),
  ];
}
