import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InfluxMetricStore, VictoriaMetricStore } from "@kedge/store/adapters";
import { type MetricFixture, metricLaws } from "@kedge/store/contract";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type RunningServer, startInflux, startVictoria } from "../support/running-server.js";
import { hasProgram } from "../support/services.js";

const isVictoriaThere = hasProgram("/usr/bin/victoria-metrics", "VictoriaMetrics");
const isInfluxThere = hasProgram("/usr/bin/influxd", "InfluxDB");
let victoria: RunningServer | undefined;
let influx: RunningServer | undefined;
let databases = 0;
const hourMs = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 48 * 3_600_000;

vi.setConfig({ testTimeout: 60_000 });

beforeAll(async () => {
  [victoria, influx] = await Promise.all([isVictoriaThere ? startVictoria() : undefined, isInfluxThere ? startInflux() : undefined]);
}, 120_000);
afterAll(async () => {
  await victoria?.remove();
  await influx?.remove();
});

const place = (port: number) => ({ host: "127.0.0.1", port, protocol: "http", database: `metrics_${++databases}` }) as const;

/** What was written to VictoriaMetrics is seen a second later by itself, and at once when it is told to. */
const seen = async (server: RunningServer | undefined): Promise<void> => {
  expect((await fetch(`http://127.0.0.1:${server?.port}/internal/force_flush`)).ok).toBe(true);
};

const kinds: readonly { readonly title: string; readonly isThere: boolean; readonly make: () => MetricFixture }[] = [
  {
    title: "VictoriaMetrics",
    isThere: isVictoriaThere,
    make: () => {
      const at = place(victoria?.port ?? 0);
      return { store: new VictoriaMetricStore(at), hourMs, settle: () => seen(victoria), reopen: () => new VictoriaMetricStore(at) };
    },
  },
  {
    title: "InfluxDB",
    isThere: isInfluxThere,
    make: () => {
      const at = place(influx?.port ?? 0);
      return { store: new InfluxMetricStore(at), hourMs, settle: async () => undefined, reopen: () => new InfluxMetricStore(at) };
    },
  },
];

describe.each(kinds)("the law of metrics: $title", ({ isThere, make }) => {
  test.skipIf(!isThere).each(metricLaws)("$name", async (law) => {
    await law.check(make());
  });
});

const question = { name: "kedge_test", value: "rows", aggregate: "sum", fromMs: hourMs, toMs: hourMs + 60_000, stepMs: 60_000 } as const;
const point = { name: "kedge_test", labels: { device: "cam-1" }, atMs: hourMs, values: { rows: 1 } };

test.skipIf(!isInfluxThere)("a point that is older than InfluxDB keeps holds up no other", async () => {
  const at = place(influx?.port ?? 0);
  const store = new InfluxMetricStore(at);
  await store.write([point]);
  const shorter = new URLSearchParams({ q: `alter retention policy autogen on ${at.database} duration 100h shard duration 1h` });
  expect((await fetch(`http://127.0.0.1:${at.port}/query`, { method: "POST", body: shorter })).ok).toBe(true);
  await store.write([
    { ...point, atMs: hourMs - 400 * 3_600_000 },
    { ...point, atMs: hourMs + 1 },
  ]);
  expect(await store.range(question)).toEqual([{ labels: {}, points: [{ atMs: hourMs, value: 2 }] }]);
});

describe.skipIf(!isVictoriaThere)("metrics in VictoriaMetrics", () => {
  test("a server that would count repeats twice is refused, with the flag that mends it", async () => {
    const careless = await startVictoria([]);
    const store = new VictoriaMetricStore(place(careless.port));
    await expect(store.write([point])).rejects.toMatchObject({
      code: "store/keeps-repeats",
      retryable: true,
      hint: expect.stringContaining("-dedup.minScrapeInterval=1ms"),
    });
    await careless.remove();
  });

  test("a server that is away is told by name and may be tried again, and is found when it is back", async () => {
    const own = await startVictoria();
    const store = new VictoriaMetricStore(place(own.port));
    await store.write([point]);
    await own.stop();
    await expect(store.write([point])).rejects.toMatchObject({ code: "store/unavailable", retryable: true });
    await expect(store.range(question)).rejects.toMatchObject({ code: "store/unavailable" });
    await own.start();
    await vi.waitFor(() => store.write([{ ...point, atMs: hourMs + 1 }]), 20_000);
    await seen(own);
    expect(await store.range(question)).toEqual([{ labels: {}, points: [{ atMs: hourMs, value: 2 }] }]);
    await own.remove();
  });

  test("name and password are sent with what is written and asked; a wrong one is told", async () => {
    const own = await startVictoria(["-dedup.minScrapeInterval=1ms", "-httpAuth.username=kedge", "-httpAuth.password=se:cret"]);
    const folder = await mkdtemp(join(tmpdir(), "kedge-password-"));
    const passwordFile = join(folder, "password");
    await writeFile(passwordFile, "wrong\n");
    const store = new VictoriaMetricStore({ ...place(own.port), user: "kedge", passwordFile });
    await expect(store.write([point])).rejects.toMatchObject({ code: "store/unavailable" });
    await writeFile(passwordFile, "se:cret\n");
    await store.write([point]);
    await vi.waitFor(async () => expect(await store.range(question)).toEqual([{ labels: {}, points: [{ atMs: hourMs, value: 1 }] }]), 20_000);
    await own.remove();
    await rm(folder, { recursive: true });
  });
});
