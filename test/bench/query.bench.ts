import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dayMs, hourMs } from "@kedge/store";
import { openSqliteStore } from "@kedge/store/adapters";
import { deviceId, endMs, fill, fillAfter, type FillPlan } from "./query/filled-store.js";
import { cohortDay, cohortWeek, deviceMonth, fleetDay, timed } from "./query/questions.js";
import { printResult, rounded, say } from "./support/result.js";

/**
 * Questions of the dashboard and the API on the embedded store: ten thousand devices, a cohort of five hundred, 32 features of 32 bins. With an
 * argument, that many devices: for a look.
 */
const plan: FillPlan = {
  devices: Number(process.argv[2] ?? 10_000),
  windowsPerHour: 1,
  cohort: 500,
  months: 2,
  minutesAfter: 10,
  features: 32,
  seed: 1,
};
const rounds = 40;

const folder = await mkdtemp(join(tmpdir(), "kedge-bench-query-"));
try {
  const path = join(folder, "kedge.db");
  const store = await openSqliteStore(path, { nowMs: () => endMs, monotonicMs: () => performance.now() });
  const { series } = store;
  const started = performance.now();
  const windows = await fill(series, plan, say);
  const filled = performance.now();
  say(`${windows} windows in ${Math.round((filled - started) / 1_000)} s; rolling up`);
  const rolledUp = await series.rollUp(endMs + 120_000);
  const rollUpSeconds = (performance.now() - filled) / 1_000;
  const after = await fillAfter(series, plan);
  say(`${rolledUp} hours and days in ${Math.round(rollUpSeconds)} s, ${after} windows since; asking`);
  const cohort = Array.from({ length: plan.cohort }, (_, i) => deviceId(i));
  const nowMs = endMs + plan.minutesAfter * 60_000;
  const midnight = endMs - (endMs % dayMs);
  const month = await timed(rounds, (round) => deviceMonth(series, round % plan.months, plan.features));
  const fleet = await timed(rounds, () => fleetDay(series, plan.features));
  const week = await timed(rounds, () => cohortWeek(series, cohort, endMs));
  const wholeDays = await timed(rounds, () => cohortWeek(series, cohort, midnight));
  const cut = await timed(rounds, () => cohortWeek(series, cohort, endMs - hourMs / 2));
  const weekToNow = await timed(rounds, () => cohortWeek(series, cohort, nowMs));
  const day = await timed(rounds, () => cohortDay(series, cohort, plan.features));
  const fleetToNow = await timed(rounds / 4, () => fleetDay(series, plan.features, nowMs));
  await store.close();
  printResult({
    bench: "query",
    seed: plan.seed,
    deviceMonthP95Ms: month.p95Ms,
    deviceMonthP50Ms: month.p50Ms,
    deviceMonthCpuMs: month.cpuMs,
    fleetDayP95Ms: fleet.p95Ms,
    fleetDayP50Ms: fleet.p50Ms,
    fleetDayCpuMs: fleet.cpuMs,
    cohortWeekP95Ms: week.p95Ms,
    cohortWeekP50Ms: week.p50Ms,
    cohortWeekCpuMs: week.cpuMs,
    cohortWeekOfWholeDaysP95Ms: wholeDays.p95Ms,
    cohortWeekCutInAnHourP95Ms: cut.p95Ms,
    cohortWeekToNowP95Ms: weekToNow.p95Ms,
    cohortDayByHourP95Ms: day.p95Ms,
    fleetDayToNowP95Ms: fleetToNow.p95Ms,
    minutesNotRolledUp: plan.minutesAfter,
    rounds,
    devices: plan.devices,
    cohortDevices: plan.cohort,
    features: plan.features,
    windows: windows + after,
    rollUps: rolledUp,
    rollUpSeconds: rounded(rollUpSeconds, 1),
    rollUpMicrosPerWindow: rounded((rollUpSeconds * 1e6) / windows, 1),
    windowsPerSecond: Math.round(windows / ((filled - started) / 1_000)),
    fileMiB: Math.round((await stat(path)).size / 2 ** 20),
    peakRssMiB: Math.round(process.resourceUsage().maxRSS / 1_024),
  });
} finally {
  await rm(folder, { recursive: true, force: true });
}
