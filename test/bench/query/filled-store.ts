import { type DeviceId, type Random, seededRandom, type Sha256 } from "@kedge/core";
import type { Profile, ProfileSpec, Window } from "@kedge/profile";
import { dayMs, hourMs, type TimeSeriesStore } from "@kedge/store";

/** How much to store. */
export interface FillPlan {
  /** All devices: this many windows in each hour of the last day. */
  readonly devices: number;
  readonly windowsPerHour: number;
  /** Of these, the first so many: also in each hour of the week before the end. */
  readonly cohort: number;
  /** The first of all send one a minute, for thirty days. */
  readonly months: number;
  /** After the end, all devices send one a minute for so long: these are not rolled up when questions are asked. */
  readonly minutesAfter: number;
  readonly features: number;
  readonly seed: number;
}

export const bundleDigest = "b".repeat(64) as Sha256;
export const specHash = "5".repeat(64);
/** The end of everything stored: 13:00 UTC, so that a week of it is cut from days and hours. */
export const endMs = 1_770_000_000_000 - (1_770_000_000_000 % dayMs) + 13 * hourMs;
const bins = 32;

export function specOf(features: number): ProfileSpec {
  const cuts = Array.from({ length: bins - 1 }, (_, i) => (i + 1) / bins);
  return {
    formatVersion: 1,
    recipe: { input: { kind: "none" }, task: "classification" },
    features: Array.from({ length: features }, (_, i) => ({ kind: "numeric", name: `f${i}`, role: "input", cuts, low: 0, high: 1 })),
  };
}

export const deviceId = (i: number): DeviceId => `cam-${String(i).padStart(6, "0")}` as DeviceId;

/** A window's profile of `rows` predictions; numbers as devices round them. */
export function profileOf(features: number, rows: number, random: Random): Profile {
  return {
    specHash,
    rows,
    errors: 0,
    features: Array.from({ length: features }, () => {
      const counts = new Array<number>(bins).fill(0);
      for (let i = 0; i < rows; i += 1) {
        const bin = Math.floor(random() * bins);
        counts[bin] = (counts[bin] ?? 0) + 1;
      }
      const summary = { under: 0, over: 0, missing: 0, notANumber: 0, wrongType: 0, count: rows };
      return {
        kind: "numeric" as const,
        counts,
        ...summary,
        mean: random(),
        m2: Math.fround(random() * rows),
        min: Math.fround(random() * 0.1),
        max: Math.fround(1 - random() * 0.1),
      };
    }),
  };
}

const minuteMs = 60_000;
const rowsPerMinute = 60;

/** Sends windows to a store, many at a time. */
class Sender {
  readonly #series: TimeSeriesStore;
  readonly #random: Random;
  readonly #profiles = new Map<number, readonly Profile[]>();
  readonly #features: number;
  #pending: Window[] = [];
  stored = 0;

  constructor(series: TimeSeriesStore, plan: FillPlan) {
    this.#series = series;
    this.#features = plan.features;
    this.#random = seededRandom(plan.seed);
  }

  random(): number {
    return this.#random();
  }

  /** Few profiles, used again and again: making them would take longer than storing them. Counts are those of the time that a window covers. */
  #profileOf(minutes: number): Profile {
    let some = this.#profiles.get(minutes);
    if (some === undefined) {
      some = Array.from({ length: 300 }, () => profileOf(this.#features, rowsPerMinute * minutes, this.#random));
      this.#profiles.set(minutes, some);
    }
    return some[Math.floor(this.#random() * some.length)] as Profile;
  }

  async send(device: number, seq: number, end: number, lengthMs: number): Promise<void> {
    const profile = this.#profileOf(lengthMs / minuteMs);
    const key = { deviceId: deviceId(device), bootEpoch: 1, seq };
    this.#pending.push({ key, startMs: end - lengthMs, endMs: end, bundleDigest, trigger: "interval", profile });
    if (this.#pending.length >= 2_000) await this.flush();
  }

  async flush(): Promise<void> {
    await this.#series.commit({ windows: this.#pending, samples: [], marks: [] });
    this.stored += this.#pending.length;
    this.#pending = [];
  }
}

/** Fills a store up to {@link endMs}, in the order in which windows would come: by time, all devices side by side. How many windows. */
export async function fill(series: TimeSeriesStore, plan: FillPlan, say: (line: string) => void = () => {}): Promise<number> {
  const sender = new Sender(series, plan);
  const stepMs = hourMs / plan.windowsPerHour;
  for (let at = endMs - 30 * dayMs, step = 0; at < endMs; at += stepMs, step += 1) {
    const some = at >= endMs - 25 * hourMs ? plan.devices : at >= endMs - 8 * dayMs ? plan.cohort : plan.months;
    for (let d = 0; d < some; d += 1) {
      if (d < plan.months) for (let m = 0; m * minuteMs < stepMs; m += 1) await sender.send(d, step * 60 + m + 1, at + m * minuteMs + 500, minuteMs);
      else await sender.send(d, step + 1, at + Math.floor(sender.random() * stepMs), stepMs);
    }
    if (step % (24 * plan.windowsPerHour) === 0) say(`${sender.stored} windows stored`);
  }
  await sender.flush();
  return sender.stored;
}

/** The minutes after {@link endMs}: an hour that is not over, of which nothing is rolled up. How many windows. */
export async function fillAfter(series: TimeSeriesStore, plan: FillPlan): Promise<number> {
  const sender = new Sender(series, plan);
  for (let m = 0; m < plan.minutesAfter; m += 1) {
    for (let d = 0; d < plan.devices; d += 1) await sender.send(d, 1_000_000 + m, endMs + m * minuteMs + Math.floor(sender.random() * minuteMs), minuteMs);
  }
  await sender.flush();
  return sender.stored;
}
