import { type DeviceId, seededRandom } from "@kedge/core";
import { lookAtFleet } from "@kedge/drift";
import type { Window } from "@kedge/profile";
import { benjaminiHochberg } from "@kedge/stats";
import { measuredShare, rounded } from "../support/result.js";
import { bundleDigest, referenceOf, SimulatedDevice, twoSidedP, zOfWindow } from "./world.js";

/** A fleet of which some devices drift in the middle of the run. */
export interface FleetPlan {
  readonly devices: number;
  readonly drifted: number;
  readonly windows: number;
  readonly rows: number;
  /** Steps of the drifted devices, in standard deviations, evenly from the first to the second. */
  readonly steps: readonly [number, number];
  /** Of the rows of one device. */
  readonly rho: number;
  readonly seed: number;
}

const windowMs = 60_000;
/** As collectors look by default. */
const lookBackMs = 600_000;
const referenceRows = 10_000;

/** Who was ever flagged, and when first. */
class Flags {
  readonly first = new Map<DeviceId, number>();

  flag(deviceId: DeviceId, window: number): void {
    if (!this.first.has(deviceId)) this.first.set(deviceId, window);
  }

  figures(plan: FleetPlan, isDrifted: (deviceId: DeviceId) => boolean) {
    const onset = Math.floor(plan.windows / 2);
    const ids = [...this.first.keys()];
    const clean = ids.filter((id) => !isDrifted(id)).length;
    const early = ids.filter((id) => isDrifted(id) && (this.first.get(id) ?? 0) < onset).length;
    const delays = ids.filter((id) => isDrifted(id) && (this.first.get(id) ?? 0) >= onset).map((id) => (this.first.get(id) ?? 0) - onset + 1);
    return {
      cleanFlaggedShare: measuredShare(clean, plan.devices - plan.drifted),
      driftedFound: delays.length,
      falseShare: rounded((clean + early) / Math.max(1, clean + early + delays.length)),
      meanDelayWindows: rounded(delays.reduce((a, b) => a + b, 0) / Math.max(1, delays.length), 1),
    };
  }
}

/** What every kind of rule came to. */
export type FleetFigures = ReturnType<Flags["figures"]>;

/**
 * Lets a fleet run under the monitor that collectors run, one look a window, and under the rules it is held against: p < .05 on each window of
 * each device; Benjamini-Hochberg over the devices at each window; and a rule that always fires.
 */
export function fleetFalseAlarms(
  plan: FleetPlan,
): FleetFigures & { readonly baseline: Readonly<Record<"naive" | "benjaminiHochberg" | "always", FleetFigures>> } {
  const random = seededRandom(plan.seed);
  const reference = referenceOf(referenceRows, random);
  const devices = Array.from({ length: plan.devices }, (_, i) => new SimulatedDevice(`d${i}`, {}, random, plan.rho));
  const place = new Map(devices.map((d, i) => [d.deviceId, i]));
  const isDrifted = (id: DeviceId): boolean => (place.get(id) ?? plan.devices) < plan.drifted;
  const stepOf = (i: number): number => plan.steps[0] + ((plan.steps[1] - plan.steps[0]) * i) / Math.max(1, plan.drifted - 1);
  const [kedge, naive, hochberg, always] = [new Flags(), new Flags(), new Flags(), new Flags()];
  const kept = new Map<DeviceId, Window[]>();
  let memories: Parameters<typeof lookAtFleet>[0]["memories"] = new Map();
  for (let at = 0; at < plan.windows; at += 1) {
    const hasBegun = at >= Math.floor(plan.windows / 2);
    const latest = devices.map((d, i) => d.window(plan.rows, at * windowMs, windowMs, hasBegun && i < plan.drifted ? stepOf(i) : 0));
    const pValues = latest.map((w) => twoSidedP(zOfWindow(w)));
    const { rejected } = benjaminiHochberg(pValues, 0.05);
    latest.forEach((window, i) => {
      const { deviceId } = window.key;
      kept.set(deviceId, [...(kept.get(deviceId) ?? []).slice(-lookBackMs / windowMs + 1), window]);
      if ((pValues[i] ?? 1) < 0.05) naive.flag(deviceId, at);
      if (rejected[i] === true) hochberg.flag(deviceId, at);
      always.flag(deviceId, at);
    });
    const watched = devices.map(({ deviceId, labels }) => ({ deviceId, labels, windows: kept.get(deviceId) ?? [] }));
    const look = lookAtFleet({ bundleDigest, reference, memories, atMs: (at + 1) * windowMs, lookBackMs }, watched);
    memories = look.memories;
    for (const cause of look.causes) for (const id of cause.deviceIds) kedge.flag(id, at);
  }
  const figures = (flags: Flags) => flags.figures(plan, isDrifted);
  return { ...figures(kedge), baseline: { naive: figures(naive), benjaminiHochberg: figures(hochberg), always: figures(always) } };
}

const size = { devices: 1_000, drifted: 20, windows: 100, rows: 200 } as const;

/** The runs of the benchmark. */
export const fleetPlans = {
  fleet: { ...size, steps: [0.3, 0.3], rho: 0, seed: 5 },
  fleetAr05: { ...size, steps: [0.3, 0.3], rho: 0.5, seed: 6 },
  // 200 rows tell as much as 14 independent ones here: of steps of .3, too little is seen in 50 windows.
  fleetAr09: { ...size, steps: [0.5, 0.5], rho: 0.9, seed: 7 },
  fleetAr09Small: { ...size, steps: [0.3, 0.3], rho: 0.9, seed: 8 },
} as const satisfies Readonly<Record<string, FleetPlan>>;
