import { type DeviceId, type Random, seededRandom } from "@kedge/core";
import { lookAtFleet, type Scope, scopeKey } from "@kedge/drift";
import type { Window } from "@kedge/profile";
import { benjaminiHochberg } from "@kedge/stats";
import { bundleDigest, referenceOf, SimulatedDevice, twoSidedP, zOfWindow } from "../fleet/world.js";

/** A fleet in which one node moves. */
export interface AttributionPlan {
  readonly devices: number;
  readonly cohorts: number;
  readonly rows: number;
  /** Windows before the step and after it. */
  readonly before: number;
  readonly after: number;
  readonly trials: number;
  readonly seed: number;
}

/** What moves, and by how many standard deviations. */
export interface Move {
  readonly scope: Scope;
  readonly step: number;
}

/** Trials in which exactly the node that moved was named within the windows, by the monitor and by simpler rules. */
export interface AttributionCount {
  readonly exact: number;
  /** p < .05 on each window of each node. */
  readonly naive: number;
  /** Benjamini-Hochberg over all nodes' windows. */
  readonly benjaminiHochberg: number;
  /** Names every node. */
  readonly always: number;
}

const windowMs = 60_000;
const lookBackMs = 600_000;

function isMoved(scope: Scope, device: SimulatedDevice): boolean {
  if (scope.kind === "fleet") return true;
  return scope.kind === "device" ? device.deviceId === scope.deviceId : `cohort=${device.labels["cohort"]}` === scope.selector;
}

/** A fleet, with its windows up to now. */
class Trial {
  readonly devices: readonly SimulatedDevice[];
  readonly #reference;
  readonly #plan: AttributionPlan;
  readonly #kept = new Map<DeviceId, Window[]>();
  #memories: Parameters<typeof lookAtFleet>[0]["memories"] = new Map();
  #at = 0;
  latest: readonly Window[] = [];

  constructor(plan: AttributionPlan, random: Random) {
    this.#plan = plan;
    this.#reference = referenceOf(10_000, random);
    this.devices = Array.from({ length: plan.devices }, (_, i) => new SimulatedDevice(`d${i}`, { cohort: `c${i % plan.cohorts}` }, random));
  }

  /** One more window of everyone. */
  pass(levelOf: (device: SimulatedDevice) => number): void {
    this.latest = this.devices.map((d) => d.window(this.#plan.rows, this.#at * windowMs, windowMs, levelOf(d)));
    this.#at += 1;
    for (const window of this.latest) {
      const { deviceId } = window.key;
      this.#kept.set(deviceId, [...(this.#kept.get(deviceId) ?? []).slice(-9), window]);
    }
  }

  /** The nodes that a look names. */
  look(): string[] {
    const watched = this.devices.map(({ deviceId, labels }) => ({ deviceId, labels, windows: this.#kept.get(deviceId) ?? [] }));
    const fleet = { bundleDigest, reference: this.#reference, memories: this.#memories, atMs: this.#at * windowMs, lookBackMs };
    const { causes, memories } = lookAtFleet(fleet, watched);
    this.#memories = memories;
    return causes.map((c) => scopeKey(c.scope));
  }

  /** p-values of all nodes for the latest windows, as if rows were independent. */
  pValues(): ReadonlyMap<string, number> {
    const sums = new Map<string, { z: number; windows: number }>();
    this.latest.forEach((window, i) => {
      const device = this.devices[i];
      const keys = device === undefined ? [] : [`device:${device.deviceId}`, `cohort:cohort=${device.labels["cohort"]}`, "fleet"];
      for (const key of keys) {
        const sum = sums.get(key) ?? { z: 0, windows: 0 };
        sums.set(key, { z: sum.z + zOfWindow(window), windows: sum.windows + 1 });
      }
    });
    return new Map([...sums].map(([key, { z, windows }]) => [key, twoSidedP(z / Math.sqrt(windows))]));
  }
}

const isExactly = (named: readonly string[], key: string): boolean => named.length === 1 && named[0] === key;

/** How often exactly the node that moved is named, at a look within `after` windows, with nothing named before the step. */
export function attributionOf(move: Move, plan: AttributionPlan): AttributionCount {
  const random = seededRandom(plan.seed);
  const count = { exact: 0, naive: 0, benjaminiHochberg: 0, always: 0 };
  const key = scopeKey(move.scope);
  for (let t = 0; t < plan.trials; t += 1) {
    const trial = new Trial(plan, random);
    for (let w = 0; w < plan.before; w += 1) trial.pass(() => 0);
    let found: Omit<AttributionCount, "always"> = { exact: 0, naive: 0, benjaminiHochberg: 0 };
    for (let w = 0; w < plan.after; w += 1) {
      // The last look within the windows is the one that is believed.
      trial.pass((d) => (isMoved(move.scope, d) ? move.step : 0));
      const named = trial.look();
      const pValues = trial.pValues();
      const keys = [...pValues.keys()];
      const naive = keys.filter((k) => (pValues.get(k) ?? 1) < 0.05);
      const { rejected } = benjaminiHochberg([...pValues.values()], 0.05);
      const hochberg = keys.filter((_, i) => rejected[i] === true);
      found = { exact: Number(isExactly(named, key)), naive: Number(isExactly(naive, key)), benjaminiHochberg: Number(isExactly(hochberg, key)) };
    }
    count.exact += found.exact;
    count.naive += found.naive;
    count.benjaminiHochberg += found.benjaminiHochberg;
  }
  return count;
}

/** Trials without any change in which some node is named at one of the looks of the windows after. */
export function falseNodes(plan: AttributionPlan): AttributionCount {
  const random = seededRandom(plan.seed);
  const count = { exact: 0, naive: 0, benjaminiHochberg: 0, always: plan.trials };
  for (let t = 0; t < plan.trials; t += 1) {
    const trial = new Trial(plan, random);
    const seen = { exact: false, naive: false, benjaminiHochberg: false };
    for (let w = 0; w < plan.before + plan.after; w += 1) {
      trial.pass(() => 0);
      if (w >= plan.before) seen.exact ||= trial.look().length > 0;
      const pValues = [...trial.pValues().values()];
      seen.naive ||= pValues.some((p) => p < 0.05);
      seen.benjaminiHochberg ||= benjaminiHochberg(pValues, 0.05).count > 0;
    }
    count.exact += Number(seen.exact);
    count.naive += Number(seen.naive);
    count.benjaminiHochberg += Number(seen.benjaminiHochberg);
  }
  return count;
}

/** Full size; the history before the step is one look-back. */
export const attributionPlan: AttributionPlan = { devices: 200, cohorts: 10, rows: 200, before: 10, after: 3, trials: 200, seed: 31 };

/** The moves of the benchmark, by key. */
export const moves = {
  cohort03: { scope: { kind: "cohort", selector: "cohort=c3" }, step: 0.3 },
  fleet03: { scope: { kind: "fleet" }, step: 0.3 },
  device05: { scope: { kind: "device", deviceId: "d42" as DeviceId }, step: 0.5 },
} as const satisfies Readonly<Record<string, Move>>;
