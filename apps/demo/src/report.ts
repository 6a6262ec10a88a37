import type { Incident, Rollout } from "@kedge/api";

/** What `--report` writes. Every number is measured in this run. */
export interface Report {
  readonly closed: boolean;
  readonly seconds: number;
  readonly accuracy: { readonly before: number; readonly drifted: number; readonly recovered: number; readonly cleanAfter: number };
  readonly alert: { readonly scope: string; readonly selector: string | null; readonly incidents: number; readonly secondsToDetect: number };
  readonly rollout: { readonly waves: number; readonly devices: number; readonly observed: number };
  readonly windows: { readonly sent: number; readonly stored: number; readonly lost: number; readonly duplicated: number };
  readonly predictions: { readonly profiled: number; readonly stored: number };
  readonly framesMeasured: number;
  readonly peakMemoryMiB: number;
  /** What kept the loop from closing; empty when it did. */
  readonly faults: readonly string[];
}

/** What the report is made of. */
export interface Findings {
  readonly seconds: number;
  readonly accuracy: Report["accuracy"];
  readonly framesMeasured: number;
  /** Incidents that were told of, in the order in which they opened. */
  readonly incidents: readonly Incident[];
  readonly knockedAtMs: number;
  readonly rollout: Rollout;
  readonly windows: Report["windows"];
  readonly predictions: Report["predictions"];
  readonly peakMemoryMiB: number;
}

/** Whether the loop closed, and what to report of it. */
export function reportOf(findings: Findings): Report {
  const { incidents, rollout, accuracy, windows, predictions, knockedAtMs } = findings;
  const [first] = incidents;
  const faults: string[] = [];
  const demand = (holds: boolean, fault: string): void => {
    if (!holds) faults.push(fault);
  };
  demand(incidents.length === 1, `${incidents.length} incidents were opened instead of one`);
  demand(first?.scope.kind === "cohort" && first.scope.selector === "site=oslo", "the incident does not name site=oslo");
  demand(first?.state === "RESOLVED" && first.resolution === "cleared", "the incident did not resolve by itself");
  demand(rollout.state === "FINISHED", `the rollout is ${rollout.state}: ${rollout.reason}`);
  demand(rollout.observed === rollout.devices, `${rollout.observed} of ${rollout.devices} devices said that they run the new model`);
  demand(accuracy.recovered > accuracy.drifted, "the new model is no better on the drifted frames");
  demand(windows.lost === 0 && windows.duplicated === 0, `${windows.lost} windows lost, ${windows.duplicated} counted twice`);
  demand(predictions.profiled === predictions.stored, `${predictions.profiled} predictions were made and ${predictions.stored} are counted`);
  return {
    closed: faults.length === 0,
    seconds: Math.round(findings.seconds * 10) / 10,
    accuracy,
    alert: {
      scope: first?.scope.kind ?? "none",
      selector: first?.scope.kind === "cohort" ? first.scope.selector : null,
      incidents: incidents.length,
      secondsToDetect: Math.round((first?.openedAtMs ?? Number.NaN) - knockedAtMs) / 1000,
    },
    rollout: { waves: rollout.waves.length, devices: rollout.devices, observed: rollout.observed },
    windows,
    predictions,
    framesMeasured: findings.framesMeasured,
    peakMemoryMiB: Math.round(findings.peakMemoryMiB),
    faults,
  };
}
