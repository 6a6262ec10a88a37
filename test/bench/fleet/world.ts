import { type DeviceId, type Labels, normal, type Random, type Sha256 } from "@kedge/core";
import type { FeatureSpec, NumericSummary, Profile, ProfileSpec, ReferenceProfile, Window } from "@kedge/profile";
import { binIndex, normalCdf, normalQuantile } from "@kedge/stats";

const bins = 32;
const hash = "fleet-simulation";
const cuts = Array.from({ length: bins - 1 }, (_, i) => normalQuantile((i + 1) / bins));

export const bundleDigest = "f".repeat(64) as Sha256;

/** One number a reading, watched in 32 bins of the standard normal law. */
const feature: FeatureSpec = { kind: "numeric", name: "x", role: "input", cuts, low: -4, high: 4 };
export const spec: ProfileSpec = {
  formatVersion: 1,
  recipe: { input: { kind: "tabular", columns: [{ name: "x", kind: "numeric" }] }, task: "regression" },
  features: [feature],
};

function summaryOf(values: Iterable<number>): NumericSummary {
  const counts = new Array<number>(bins).fill(0);
  let [count, sum, squares, min, max] = [0, 0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    const bin = binIndex(cuts, value);
    counts[bin] = (counts[bin] ?? 0) + 1;
    count += 1;
    sum += value;
    squares += value * value;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  const mean = sum / Math.max(1, count);
  const m2 = Math.max(0, squares - count * mean * mean);
  return { kind: "numeric", counts, under: 0, over: 0, missing: 0, notANumber: 0, wrongType: 0, count, mean, m2, min, max };
}

export function profileOfValues(values: Iterable<number>): Profile {
  const summary = summaryOf(values);
  return { specHash: hash, rows: summary.count, errors: 0, features: [summary] };
}

/** A reference of so many rows of the standard normal law. */
export function referenceOf(rows: number, random: Random, draw: () => number = () => normal(random)): ReferenceProfile {
  return { spec, cohorts: [{ selector: "", profile: profileOfValues(Array.from({ length: rows }, draw)), rows }] };
}

/** A device whose rows follow x ← ρ x + √(1 − ρ²) ε, on from window to window. */
export class SimulatedDevice {
  readonly deviceId: DeviceId;
  readonly labels: Labels;
  readonly #random: Random;
  readonly #rho: number;
  readonly #fresh: number;
  #x: number;
  #seq = 0;

  constructor(name: string, labels: Labels, random: Random, rho = 0) {
    this.deviceId = name as DeviceId;
    this.labels = labels;
    this.#random = random;
    this.#rho = rho;
    this.#fresh = Math.sqrt(1 - rho * rho);
    this.#x = normal(random);
  }

  #next(): number {
    this.#x = this.#rho * this.#x + this.#fresh * normal(this.#random);
    return this.#x;
  }

  /** Its next window, from `startMs` on; all its values are `level` higher. */
  window(rows: number, startMs: number, windowMs: number, level: number): Window {
    this.#seq += 1;
    const profile = profileOfValues(Array.from({ length: rows }, () => this.#next() + level));
    return { key: { deviceId: this.deviceId, bootEpoch: 1, seq: this.#seq }, startMs, endMs: startMs + windowMs, bundleDigest, profile, trigger: "interval" };
  }
}

/** z of a window's mean, were its rows independent and the reference's mean known: what a naive rule looks at. */
export function zOfWindow(window: Window, sd = 1): number {
  const [summary] = window.profile.features;
  return summary?.kind === "numeric" ? (summary.mean / sd) * Math.sqrt(summary.count) : 0;
}

export const twoSidedP = (z: number): number => 2 * (1 - normalCdf(Math.abs(z)));
