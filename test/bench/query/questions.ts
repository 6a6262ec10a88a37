import type { DeviceId } from "@kedge/core";
import { dayMs, hourMs, type TimeSeriesStore } from "@kedge/store";
import { bundleDigest, deviceId, endMs, specHash, specOf } from "./filled-store.js";

/** Sorted times of a question asked again and again, in ms. */
export interface Timed {
  /** Processor time of one, in the mean: on a machine that is shared it says more than the clock. */
  readonly cpuMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly worstMs: number;
}

/** Asks `rounds` times, after two that do not count. */
export async function timed(rounds: number, ask: (round: number) => Promise<unknown>): Promise<Timed> {
  const times: number[] = [];
  let cpu = process.cpuUsage();
  for (let round = -2; round < rounds; round += 1) {
    if (round === 0) cpu = process.cpuUsage();
    const before = performance.now();
    await ask(round + 2);
    if (round >= 0) times.push(performance.now() - before);
  }
  const { user, system } = process.cpuUsage(cpu);
  times.sort((a, b) => a - b);
  const at = (q: number): number => Number((times[Math.min(times.length - 1, Math.ceil(q * times.length) - 1)] ?? 0).toFixed(1));
  return { cpuMs: Number(((user + system) / 1_000 / rounds).toFixed(1)), p50Ms: at(0.5), p95Ms: at(0.95), worstMs: at(1) };
}

const about = (features: number) => ({ spec: specOf(features), hash: specHash, feature: "f1", bucketMs: hourMs });

/** One device, one metric, thirty days by hour. */
export function deviceMonth(series: TimeSeriesStore, device: number, features: number) {
  const query = { deviceIds: [deviceId(device)], fromMs: endMs - 30 * dayMs, toMs: endMs };
  return series.series(query, { ...about(features), statistic: "mean" });
}

/** All devices, one metric, the 95th percentile of each hour of a day. */
export function fleetDay(series: TimeSeriesStore, features: number, toMs = endMs) {
  return series.series({ fromMs: endMs - dayMs, toMs }, { ...about(features), statistic: "quantile:0.95" });
}

/** The same of any devices, which have no merged hours of their own. */
export function cohortDay(series: TimeSeriesStore, deviceIds: readonly DeviceId[], features: number) {
  return series.series({ deviceIds, fromMs: endMs - dayMs, toMs: endMs }, { ...about(features), statistic: "quantile:0.95" });
}

/** A cohort's merged profile over the week before a moment, which may cut an hour. */
export function cohortWeek(series: TimeSeriesStore, deviceIds: readonly DeviceId[], toMs: number) {
  return series.fleetProfile({ deviceIds, bundleDigest, fromMs: toMs - 7 * dayMs, toMs }, specHash);
}
