import { type Labels, matchesSelector, parseSelector, type Random } from "@kedge/core";
import type { FeatureSpec } from "@kedge/profile";
import type { Change, Drift } from "../scenario/scenario.js";

/** A drift as it is on one device: which features, and how strong when. */
export interface DriftEffect {
  readonly change: Change;
  readonly features: ReadonlySet<string>;
  /** From 0 (nothing yet) to 1 (all of it), by time since the first window. */
  strengthAt(elapsedMs: number): number;
}

/** What kind of feature a change is of. */
function kindOf(change: Change): FeatureSpec["kind"] | undefined {
  if (change.kind === "mix") return "categorical";
  return change.kind === "missing" ? undefined : "numeric";
}

function affected(drift: Drift, features: readonly FeatureSpec[]): ReadonlySet<string> {
  if (drift.features !== null) return new Set(drift.features);
  const kind = kindOf(drift.change);
  const fitting = features.filter((f) => kind === undefined || f.kind === kind);
  const inputs = fitting.filter((f) => f.role === "input");
  return new Set((inputs.length > 0 ? inputs : fitting.filter((f) => f.role === "output")).map((f) => f.name));
}

/** The drifts that touch a device with these labels. */
export function effectsOn(labels: Labels, drifts: readonly Drift[], features: readonly FeatureSpec[]): readonly DriftEffect[] {
  return drifts.flatMap((drift) => {
    const selector = parseSelector(drift.selector);
    if (typeof selector === "string" || !matchesSelector(selector, labels)) return [];
    const { at, until, over, change } = drift;
    return [
      {
        change,
        features: affected(drift, features),
        strengthAt: (ms: number) => (ms < at || (until !== null && ms >= until) ? 0 : over === 0 ? 1 : Math.min(1, (ms - at) / over)),
      },
    ];
  });
}

/** Features that a scenario names and the bundle does not have. */
export function unknownFeatures(drifts: readonly Drift[], features: readonly FeatureSpec[]): string[] {
  const known = new Set(features.map((f) => f.name));
  return [...new Set(drifts.flatMap((d) => d.features ?? []))].filter((name) => !known.has(name));
}

/** What a device's number becomes; NaN: it is missing. `stuckAt` is what a stuck sensor of this device says. */
export function driftedNumber(
  value: number,
  {
    change,
    strength,
    mean,
    sd,
    stuckAt,
  }: { readonly change: Change; readonly strength: number; readonly mean: number; readonly sd: number; readonly stuckAt: number },
  random: Random,
): number {
  switch (change.kind) {
    case "mean":
      return value + strength * change.by * sd;
    case "spread":
      return mean + (value - mean) * (1 + strength * (change.by - 1));
    case "stuck":
      return random() < strength ? stuckAt : value;
    case "unit":
      return random() < strength ? value * change.by + change.offset : value;
    case "missing":
      return random() < strength * change.share ? Number.NaN : value;
    case "mix":
      return value;
  }
}

/** What a device's word becomes; `undefined`: it is missing. */
export function driftedWord(word: string, { change, strength }: { readonly change: Change; readonly strength: number }, random: Random): string | undefined {
  if (change.kind === "mix") return random() < strength * change.share ? change.category : word;
  return change.kind === "missing" && random() < strength * change.share ? undefined : word;
}
