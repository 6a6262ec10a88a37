import { seededRandom } from "@kedge/core";
import { expect, test } from "vitest";
import { makeStream, makeWindow, specHash } from "../../src/contract/stream.js";
import { dayMs, hourMs, quarterMs, type TimeSeriesStore } from "../../src/index.js";
import { openDatabase } from "./open-database.js";
import { SqliteTimeSeriesStore } from "./sqlite-time-series-store.js";

const stream = makeStream(seededRandom(21), 3, 400, 600_000);
const batch = (windows: typeof stream) => ({ windows, samples: [], marks: [] });
/** Cut at hours within quarters, on both sides. */
const week = { fromMs: 5 * hourMs, toMs: 2 * dayMs + 7 * hourMs };

async function opened() {
  const database = await openDatabase(":memory:");
  const series = new SqliteTimeSeriesStore(database);
  const sql = (text: string): number => Number((database.driver.prepare(text).get() as { n: number }).n);
  return { database, series, sql };
}

const answers = async (series: TimeSeriesStore) => ({
  devices: await series.profilesByDevice(week, specHash),
  cohort: await series.fleetProfile({ ...week, deviceIds: ["cam-0", "cam-2"] }, specHash),
});

test("a quarter of a day is merged once it is over, is read in the place of its hours, and goes when they go", async () => {
  const { database, series, sql } = await opened();
  await series.commit(batch(stream));
  const before = await answers(series);
  await series.rollUp(2 * dayMs + 7 * hourMs + 60_000);
  expect(await answers(series)).toStrictEqual(before);
  expect(sql(`select count(distinct at_ms) as n from roll_ups where level_ms = ${quarterMs}`)).toBe(9);
  expect(sql(`select count(*) as n from roll_ups where level_ms = ${quarterMs} and device_no = 0`)).toBe(0);
  // Whatever lies in hours of whole quarters is not read.
  database.driver.exec(`update roll_ups set body = x'00' where level_ms = ${hourMs} and device_no > 0 and at_ms >= ${quarterMs} and at_ms < ${2 * dayMs}`);
  expect(await answers(series)).toStrictEqual(before);
  expect((await series.counts()).damaged).toBe(0);
  await series.close();
});

test("a quarter goes with its hours, and answers stay", async () => {
  const { series, sql } = await opened();
  await series.commit(batch(stream));
  const whole = { toMs: 2 * dayMs };
  const before = await series.profilesByDevice(whole, specHash);
  await series.deleteBefore({ windowsMs: 2 * dayMs, hoursMs: 2 * dayMs });
  expect(sql(`select count(*) as n from roll_ups where level_ms in (${quarterMs}, ${hourMs}) and device_no > 0 and at_ms < ${2 * dayMs}`)).toBe(0);
  expect(await series.profilesByDevice(whole, specHash)).toStrictEqual(before);
  const late = makeWindow({ device: "cam-1", bootEpoch: 7, seq: 1, endMs: 3 * hourMs });
  await series.commit(batch([late]));
  const added = await series.profilesByDevice(whole, specHash);
  await series.rollUp(9 * dayMs);
  expect(await series.profilesByDevice(whole, specHash)).toStrictEqual(added);
  expect(sql(`select count(*) as n from roll_ups where level_ms in (${quarterMs}, ${hourMs}) and device_no > 0 and at_ms < ${2 * dayMs}`)).toBe(0);
  await series.close();
});

test("hours that a version without quarters merged are all in the answer, also with what comes late", async () => {
  const { database, series, sql } = await opened();
  await series.commit(batch(stream));
  await series.rollUp(2 * dayMs + 7 * hourMs + 60_000);
  const before = await answers(series);
  database.driver.exec(`delete from roll_ups where level_ms = ${quarterMs}`);
  expect(await answers(series)).toStrictEqual(before);
  const late = makeWindow({ device: "cam-0", bootEpoch: 9, seq: 1, endMs: 8 * hourMs });
  await series.commit(batch([late]));
  const added = await answers(series);
  expect(added.devices.devices[0]?.windows).toBe((before.devices.devices[0]?.windows ?? 0) + 1);
  await series.rollUp(2 * dayMs + 7 * hourMs + 60_000);
  expect(sql(`select count(*) as n from roll_ups where level_ms = ${quarterMs}`)).toBeGreaterThan(0);
  expect(await answers(series)).toStrictEqual(added);
  // And the day of it, which is merged from one quarter and eighteen hours that have none.
  const day = await series.profilesByDevice({ toMs: dayMs }, specHash);
  const plain = new SqliteTimeSeriesStore(await openDatabase(":memory:"));
  await plain.commit(batch([...stream, late]));
  expect(await plain.profilesByDevice({ toMs: dayMs }, specHash)).toStrictEqual(day);
  await plain.close();
  await series.close();
});
