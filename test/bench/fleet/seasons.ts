import { type DeviceId, normal, seededRandom } from "@kedge/core";
import { lookAtFleet, learnSeason, type SeasonProfiles, slotOf } from "@kedge/drift";
import type { Profile, Window } from "@kedge/profile";
import { bundleDigest, referenceOf, SimulatedDevice, twoSidedP, zOfWindow } from "./world.js";

/** A fleet under a daily cycle. */
export interface SeasonPlan {
  readonly devices: number;
  /** Weeks that people vouch for, before the ones that count. */
  readonly learntWeeks: number;
  readonly weeks: number;
  readonly rows: number;
  readonly windowMs: number;
  /** Of the daily cycle, in standard deviations of a row. */
  readonly amplitude: number;
  /** Of the step at the end of the weeks. */
  readonly step: number;
  /** Hours of the day, one run each, at which the step comes. */
  readonly stepHours: readonly number[];
  readonly seed: number;
}

const dayMs = 86_400_000;
const hourMs = 3_600_000;
/** Looks reach ten windows back, as they do by default. */
const windowsBack = 10;

/** What was seen. */
export interface SeasonFigures {
  /** Looks with a cause while nothing but the cycle went on. */
  readonly seasonalAlarms: number;
  readonly looks: number;
  /** Windows from the step to the first look that shows it, the most over the runs; infinite where one was missed. */
  readonly seasonalStepWindows: number;
  readonly stepWindows: readonly number[];
  /** The same fleet, judged by the training reference alone, and by p < .05 on each window. */
  readonly baseline: { readonly withoutSeasons: number; readonly naive: number };
}

type Memories = Parameters<typeof lookAtFleet>[0]["memories"];

/** One run of a monitor over simulated time. */
class SeasonRun {
  readonly #plan: SeasonPlan;
  readonly #random;
  readonly #reference;
  readonly #devices: readonly SimulatedDevice[];
  readonly #kept = new Map<DeviceId, Window[]>();
  readonly hours = new Map<number, Profile>();
  latest: readonly Window[] = [];

  constructor(plan: SeasonPlan) {
    this.#plan = plan;
    this.#random = seededRandom(plan.seed);
    const random = this.#random;
    // Trained on a day's readings, all hours mixed.
    const draw = (): number => normal(random) + plan.amplitude * Math.sin(2 * Math.PI * random());
    this.#reference = referenceOf(10_000, random, draw);
    this.#devices = Array.from({ length: plan.devices }, (_, i) => new SimulatedDevice(`d${i}`, { site: `s${i % 3}` }, random));
  }

  /** Windows that begin at `startMs`, all of them `more` higher. */
  pass(startMs: number, more: number): void {
    const { rows, windowMs, amplitude } = this.#plan;
    const level = amplitude * Math.sin((2 * Math.PI * (startMs + windowMs / 2)) / dayMs) + more;
    this.latest = this.#devices.map((d) => d.window(rows, startMs, windowMs, level));
    for (const window of this.latest) {
      const { deviceId } = window.key;
      this.#kept.set(deviceId, [...(this.#kept.get(deviceId) ?? []).slice(1 - windowsBack), window]);
    }
  }

  learn(): void {
    for (const { startMs, profile } of this.latest) this.hours.set(slotOf(startMs), learnSeason(this.hours.get(slotOf(startMs)), profile));
  }

  look(atMs: number, memories: Memories, hours: SeasonProfiles | undefined) {
    const watched = this.#devices.map(({ deviceId, labels }) => ({ deviceId, labels, windows: this.#kept.get(deviceId) ?? [] }));
    const lookBackMs = windowsBack * this.#plan.windowMs;
    return lookAtFleet({ bundleDigest, reference: this.#reference, memories, atMs, lookBackMs, seasonsOf: () => hours }, watched);
  }
}

function stepWindowsAt(plan: SeasonPlan, run: SeasonRun, from: { readonly atMs: number; readonly memories: Memories }, hour: number): number {
  const { windowMs, step } = plan;
  let { memories } = from;
  let atMs = from.atMs;
  const stepMs = Math.ceil(from.atMs / dayMs) * dayMs + hour * hourMs;
  for (; atMs < stepMs; atMs += windowMs) {
    run.pass(atMs, 0);
    memories = run.look(atMs + windowMs, memories, run.hours).memories;
  }
  for (let windows = 1; windows <= 30; windows += 1) {
    run.pass(atMs, step);
    atMs += windowMs;
    const { causes, memories: next } = run.look(atMs, memories, run.hours);
    memories = next;
    if (causes.length > 0) return windows;
  }
  return Number.POSITIVE_INFINITY;
}

/** Weeks under a daily cycle, judged by the collector's monitor with what it learnt of the hours, and then a step of the whole fleet. */
export function seasonalFigures(plan: SeasonPlan): SeasonFigures {
  const run = new SeasonRun(plan);
  const learntMs = plan.learntWeeks * 7 * dayMs;
  for (let atMs = 0; atMs < learntMs; atMs += plan.windowMs) {
    run.pass(atMs, 0);
    run.learn();
  }
  let [memories, blind]: [Memories, Memories] = [new Map(), new Map()];
  const seen = { seasonalAlarms: 0, withoutSeasons: 0, naive: 0, looks: 0 };
  const endMs = learntMs + plan.weeks * 7 * dayMs;
  const sd = Math.sqrt(1 + plan.amplitude ** 2 / 2);
  for (let atMs = learntMs; atMs < endMs; atMs += plan.windowMs) {
    run.pass(atMs, 0);
    const look = run.look(atMs + plan.windowMs, memories, run.hours);
    memories = look.memories;
    seen.looks += 1;
    if (look.causes.length > 0) seen.seasonalAlarms += 1;
    if (run.latest.some((w) => twoSidedP(zOfWindow(w, sd)) < 0.05)) seen.naive += 1;
    // The first day shows what the reference alone would say.
    if (atMs - learntMs >= dayMs) continue;
    const other = run.look(atMs + plan.windowMs, blind, undefined);
    blind = other.memories;
    if (other.causes.length > 0) seen.withoutSeasons += 1;
  }
  const stepWindows = plan.stepHours.map((hour) => stepWindowsAt(plan, run, { atMs: endMs, memories }, hour));
  const { seasonalAlarms, looks, withoutSeasons, naive } = seen;
  return { seasonalAlarms, looks, seasonalStepWindows: Math.max(...stepWindows), stepWindows, baseline: { withoutSeasons, naive } };
}

/** Four weeks of windows of twenty minutes. */
export const seasonPlan: SeasonPlan = {
  devices: 6,
  learntWeeks: 1,
  weeks: 4,
  rows: 200,
  windowMs: 1_200_000,
  amplitude: 1,
  step: 0.5,
  stepHours: [0, 3, 6, 9, 12, 15, 18, 21],
  seed: 11,
};
