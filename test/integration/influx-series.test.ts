import { setTimeout as sleep } from "node:timers/promises";
import type { DeviceId } from "@kedge/core";
import { openInfluxSeries, openSqliteStore } from "@kedge/store/adapters";
import { makeWindow, seriesLaws } from "@kedge/store/contract";
import { manualClock } from "@kedge/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningServer, startInflux } from "../support/running-server.js";
import { hasProgram } from "../support/services.js";

const isThere = hasProgram("/usr/bin/influxd", "InfluxDB");
const clock = manualClock(1_770_000_000_000);
let server: RunningServer;
let databases = 0;

beforeAll(async () => {
  if (isThere) server = await startInflux();
}, 120_000);
afterAll(() => server?.remove());

const place = (port: number) => ({ host: "127.0.0.1", port, protocol: "http", database: `kedge_${++databases}` }) as const;

describe.skipIf(!isThere)("the law of series: InfluxDB", () => {
  test.each(seriesLaws)("$name", async (law) => {
    const at = place(server.port);
    const own = await openSqliteStore(":memory:", clock);
    try {
      await law.check({
        records: own.records,
        series: await openInfluxSeries(at, own.series),
        reopen: async () => ({ records: own.records, series: await openInfluxSeries(at, own.series) }),
      });
    } finally {
      await own.close();
    }
  });
});

describe.skipIf(!isThere)("series in InfluxDB", () => {
  test("a window longer than a field holds comes back exactly, and text that InfluxQL would read does no harm", async () => {
    const own = await openSqliteStore(":memory:", clock);
    const series = await openInfluxSeries(place(server.port), own.series);
    const long = makeWindow({ seq: 1 });
    const counts = Array.from({ length: 250 }, (_, i) => 70_000 + i);
    const rows = counts.reduce((a, b) => a + b, 0);
    const [numeric] = long.profile.features;
    if (numeric?.kind !== "numeric") throw new Error("the stream's first feature is numeric");
    const features = Array.from({ length: 120 }, () => ({ ...numeric, counts, count: rows }));
    const window = { ...long, profile: { ...long.profile, rows, features } };
    await series.commit({ windows: [window], samples: [], marks: [] });
    expect(await series.windows({})).toEqual([window]);
    expect(await series.windows({ deviceIds: ["x' or '1'='1", 'a"b', "; drop database kedge_1"] })).toEqual([]);
    await own.close();
  });

  test("what was acknowledged survives kill -9 of the server, and what was not comes again without being counted twice", { timeout: 180_000 }, async () => {
    const server = await startInflux();
    try {
      const at = place(server.port);
      const own = await openSqliteStore(":memory:", clock);
      const series = await openInfluxSeries(at, own.series);
      let next = 1;
      for (let round = 0; round < 4; round += 1) {
        let acknowledged = next - 1;
        const writing = (async () => {
          for (;;) {
            const seqs = Array.from({ length: 20 }, (_, i) => acknowledged + 1 + i);
            const mark = { deviceId: "cam-1" as DeviceId, state: { through: seqs.at(-1) } };
            const outcome = await series
              .commit({ windows: seqs.map((seq) => makeWindow({ seq })), samples: [], marks: [mark] })
              .catch((error: unknown) => error);
            if (outcome instanceof Error) {
              expect(outcome).toMatchObject({ name: "KedgeError", code: "store/unavailable", retryable: true });
              return;
            }
            acknowledged += seqs.length;
          }
        })();
        await new Promise((resolve) => setTimeout(resolve, 300 + 200 * round));
        await server.stop("SIGKILL");
        await writing;
        await server.start();
        const after = await openInfluxSeries(at, own.series);
        const seqs = (await after.windows({})).map((w) => w.key.seq);
        expect(seqs.length).toBeGreaterThanOrEqual(acknowledged);
        expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, i) => i + 1));
        // The device was not answered, so it sends what was under way again.
        const again = Array.from({ length: 20 }, (_, i) => makeWindow({ seq: acknowledged + 1 + i }));
        while (
          await series.commit({ windows: again, samples: [], marks: [] }).then(
            () => false,
            (error: { retryable?: boolean }) => error.retryable,
          )
        )
          await sleep(50);
        expect((await series.counts()).stored).toBe(acknowledged + 20);
        expect((await series.windows({})).map((w) => w.key.seq)).toEqual(Array.from({ length: acknowledged + 20 }, (_, i) => i + 1));
        next = acknowledged + 21;
      }
      expect(next).toBeGreaterThan(100);
      await own.close();
    } finally {
      await server.remove();
    }
  });
});
