import type { DeviceId, Severity, Sha256 } from "@kedge/core";
import type { Cause, Scope, Verdict } from "@kedge/drift";

export const bundleA = "a".repeat(64) as Sha256;
export const bundleB = "b".repeat(64) as Sha256;

/** Six cameras at three sites, two each: oslo-1, oslo-2, lyon-1 … */
export const sites = ["oslo", "lyon", "porto"] as const;
export const fleet = sites.flatMap((site) => [1, 2].map((n) => `${site}-${n}` as DeviceId));

export function labelsOf(deviceId: DeviceId): { readonly site: string; readonly line: string } | undefined {
  const [site = "", line = ""] = deviceId.split("-");
  return fleet.includes(deviceId) ? { site, line } : undefined;
}

export function devicesOf(scope: Scope): DeviceId[] {
  if (scope.kind === "fleet") return [...fleet];
  if (scope.kind === "device") return [scope.deviceId];
  const [key = "", value = ""] = scope.selector.split("=");
  return fleet.filter((id) => (labelsOf(id) as Readonly<Record<string, string>> | undefined)?.[key] === value);
}

export const device = (id: string): Scope => ({ kind: "device", deviceId: id as DeviceId });
export const cohort = (selector: string): Scope => ({ kind: "cohort", selector });
export const wholeFleet: Scope = { kind: "fleet" };

export function verdict(scope: Scope, score: number, feature = "sharpness"): Verdict {
  const topBins = [{ label: "(0.1, 0.2]", reference: 0.5, current: 0.1 }];
  const figures = { limit: 0.1, pValue: 1e-9, alpha: 1e-4, rows: 400, designEffect: 1, referenceRows: 1_000, eValue: null };
  const how = { evidence: "look", change: "drift", earlierScore: score } as const;
  return {
    feature,
    role: "input",
    scope,
    score,
    ...figures,
    ...how,
    interval: [score - 0.05, score + 0.05],
    drifted: true,
    causeClass: "population_shift",
    topBins,
  };
}

export function cause(scope: Scope, changes: { readonly score?: number; readonly severity?: Severity; readonly onsetMs?: number | null } = {}): Cause {
  const { score = 0.4, severity = "warning", onsetMs = null } = changes;
  const features = [verdict(scope, score), verdict(scope, score / 2, "edge_energy")];
  return {
    scope,
    deviceIds: devicesOf(scope),
    features,
    causeClass: "population_shift",
    change: "drift",
    severity,
    retrainAdvised: true,
    reason: "New data may help.",
    onsetMs,
  };
}
