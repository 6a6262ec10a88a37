import { invariant, seededRandom } from "@kedge/core";
import { dayMs, hourMs } from "../roll-up.js";
import type { TimeSeriesStore } from "../time-series-store.js";
import { isClose, type StoreFixture } from "./law.js";
import { makeStream, specHash, streamSpec } from "./stream.js";

/** Predictions that are known of each stretch of time. */
async function rowsBy(series: TimeSeriesStore, bucketMs: number, fromMs: number): Promise<Map<number, number>> {
  const question = { spec: streamSpec, hash: specHash, feature: "", statistic: "rows", bucketMs } as const;
  return new Map((await series.series({ fromMs }, question)).map(({ atMs, rows }) => [atMs, rows]));
}

const within = (rows: ReadonlyMap<number, number>, fromMs: number, toMs: number): number =>
  [...rows].reduce((sum, [atMs, count]) => sum + (atMs >= fromMs && atMs < toMs ? count : 0), 0);

/** Windows, hours and days are each kept for their own time: what is gone at one level is known exactly at the next, until that goes, too. */
export async function retentionLaw({ series, reopen }: StoreFixture): Promise<void> {
  const stream = makeStream(seededRandom(12), 3, 300, 1_800_000);
  await series.commit({ windows: stream, samples: [], marks: [] });
  const lastMs = 7 * dayMs;
  const hours = await rowsBy(series, hourMs, 0);
  const days = await rowsBy(series, dayMs, 0);
  // As hours and days go by: what is kept moves on, a step at a time, with roll-ups between.
  const kept = { windowsMs: 4 * dayMs + 5 * hourMs, hoursMs: 3 * dayMs, daysMs: 2 * dayMs };
  await series.rollUp(lastMs);
  for (const share of [0.3, 0.7, 1]) {
    const limits = Object.fromEntries(Object.entries(kept).map(([level, ms]) => [level, Math.floor(ms * share)]));
    await series.deleteBefore(limits);
    await series.rollUp(lastMs);
  }
  const again = reopen === undefined ? series : (await reopen()).series;
  const oldest = Math.min(...(await again.windows({})).map((w) => w.endMs));
  invariant(oldest >= kept.windowsMs, "of windows the newest are left");
  const left = stream.filter((w) => w.endMs >= kept.windowsMs).length;
  invariant((await again.counts()).stored === left, "and all of them");
  const byHour = await rowsBy(again, hourMs, 0);
  for (const [atMs, rows] of hours)
    if (atMs >= kept.hoursMs) invariant(byHour.get(atMs) === rows, `hour ${atMs / hourMs} is known exactly, from windows or merged`);
  const older = [...byHour.keys()].filter((atMs) => atMs < kept.hoursMs);
  invariant(older.length > 0 && older.every((atMs) => atMs % dayMs === 0), "before that only whole days are known, where they begin");
  const byDay = await rowsBy(again, dayMs, 0);
  for (const [atMs, rows] of days) {
    if (atMs >= kept.daysMs) invariant(byDay.get(atMs) === rows, `day ${atMs / dayMs} is known exactly`);
    else invariant(byDay.get(atMs) === undefined, `day ${atMs / dayMs} is gone`);
  }
  const merged = (await again.fleetProfile({}, specHash)).merged?.profile.rows;
  const ofSpec = stream.filter((w) => w.profile.specHash === specHash && w.endMs >= kept.daysMs).reduce((sum, w) => sum + w.profile.rows, 0);
  invariant(
    merged === ofSpec && isClose(within(byDay, 0, Number.POSITIVE_INFINITY), ofSpec),
    "and the fleet's answer is of what is left, each prediction once",
  );
  invariant((await again.deleteBefore(kept)) === 0, "once is enough");
}
