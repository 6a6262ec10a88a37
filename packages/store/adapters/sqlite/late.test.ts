import { seededRandom } from "@kedge/core";
import { expect, test } from "vitest";
import { makeStream, makeWindow, specHash, streamSpec } from "../../src/contract/stream.js";
import { dayMs, hourMs, type TimeSeriesStore } from "../../src/index.js";
import { openDatabase } from "./open-database.js";
import { SqliteTimeSeriesStore } from "./sqlite-time-series-store.js";

const rowsOf = async (series: TimeSeriesStore, bucketMs: number): Promise<number> => {
  const question = { spec: streamSpec, hash: specHash, feature: "", statistic: "rows", bucketMs } as const;
  return (await series.series({}, question)).reduce((sum, { rows }) => sum + rows, 0);
};
const all = async (series: TimeSeriesStore) => ({
  fleet: (await series.fleetProfile({}, specHash)).merged?.profile.rows,
  devices: (await series.profilesByDevice({}, specHash)).devices.reduce((sum, d) => sum + d.profile.rows, 0),
  byHour: await rowsOf(series, hourMs),
  byTenMinutes: await rowsOf(series, 600_000),
  byDay: await rowsOf(series, dayMs),
});

test.each([0, 5])("a window that comes late to hour %i of a day whose hours are gone adds to what is known of the fleet, at every moment", async (hour) => {
  const stream = makeStream(seededRandom(21), 3, 400, 600_000).map((w) => ({ ...w, profile: { ...w.profile, specHash } }));
  const series = new SqliteTimeSeriesStore(await openDatabase(":memory:"));
  await series.commit({ windows: stream, samples: [], marks: [] });
  const kept = { windowsMs: 2 * dayMs, hoursMs: 2 * dayMs };
  await series.deleteBefore(kept);
  const rows = stream.reduce((sum, w) => sum + w.profile.rows, 0);
  expect.soft(await all(series), "before").toEqual({ fleet: rows, devices: rows, byHour: rows, byTenMinutes: rows, byDay: rows });
  const late = makeWindow({ device: "cam-1", bootEpoch: 7, seq: 1, endMs: hour * hourMs + 60_000 });
  await series.commit({ windows: [late], samples: [], marks: [] });
  const more = rows + late.profile.rows;
  const expected = { fleet: more, devices: more, byHour: more, byTenMinutes: more, byDay: more };
  expect.soft(await all(series), "not merged").toEqual(expected);
  await series.rollUp(9 * dayMs);
  expect.soft(await all(series), "merged").toEqual(expected);
  await series.deleteBefore(kept);
  expect.soft(await all(series), "kept").toEqual(expected);
  await series.close();
});
