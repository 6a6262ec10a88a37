import { join } from "node:path";
import type { DeviceId, Sha256 } from "@kedge/core";
import type { Profile, Window } from "@kedge/profile";
import { createKeyPair } from "@kedge/registry/adapters";
import { encodeWindow, type Link, topicFor } from "@kedge/wire";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { mirroredMetrics } from "../../apps/collector/src/metrics/mirrored-metrics.js";
import { read } from "../support/repository.js";
import { type RunningServer, startInflux, startVictoria } from "../support/running-server.js";
import { hasProgram } from "../support/services.js";
import { emptyProfile, tinyModel } from "./brokers/tiny-model.fixture.js";
import { CliFixture } from "./cli/cli-fixture.js";
import { CollectorLab, type CollectorProgram, deviceLink, enrolDevice, isBuilt } from "./collector-program.fixture.js";

if (!isBuilt) process.stderr.write("metrics-mirror: skipped, apps/collector is not built (run `npm run build`)\n");
const isThere = hasProgram("/usr/bin/victoria-metrics", "VictoriaMetrics") && isBuilt;

vi.setConfig({ testTimeout: 90_000 });

const lab = new CollectorLab();
const cli = new CliFixture();
const cam = "cam-1" as DeviceId;
const hourMs = 3_600_000;
const thisHour = Math.floor(Date.now() / hourMs) * hourMs;
let victoria: RunningServer;
let collector: CollectorProgram;
let digest: Sha256;
let link: Link;

/** Five predictions, three of the first class. */
const profile: Profile = {
  ...emptyProfile,
  rows: 5,
  errors: 1,
  features: emptyProfile.features.map((f) =>
    f.kind === "categorical"
      ? { ...f, counts: [3, 2], count: 5 }
      : f.kind === "numeric"
        ? { ...f, counts: f.counts.map((_, i) => (i === 0 ? 5 : 0)), count: 5, mean: 0.25, m2: 0, min: 0.25, max: 0.25 }
        : f,
  ),
};

const windowAt = (seq: number, endMs: number): Window => ({
  key: { deviceId: cam, bootEpoch: 1, seq },
  startMs: endMs - 60_000,
  endMs,
  bundleDigest: digest,
  trigger: "interval",
  profile,
});

async function send(...windows: readonly Window[]): Promise<void> {
  for (const window of windows) await link.publish(topicFor(cam, "stats"), encodeWindow(window), { qos: 1 });
}

/** What Grafana would ask. */
async function ask(
  query: string,
  atMs = Date.now(),
): Promise<{ readonly metric: Readonly<Record<string, string>>; readonly value: readonly [number, string] }[]> {
  await fetch(`http://127.0.0.1:${victoria.port}/internal/force_flush`);
  const response = await fetch(
    `http://127.0.0.1:${victoria.port}/api/v1/query?${new URLSearchParams({ query, time: String(atMs / 1_000), nocache: "1" }).toString()}`,
  );
  expect(response.status, query).toBe(200);
  return ((await response.json()) as { readonly data: { readonly result: Awaited<ReturnType<typeof ask>> } }).data.result;
}
const numberOf = async (query: string): Promise<number | undefined> => {
  const [found] = await ask(query);
  return found === undefined ? undefined : Number(found.value[1]);
};

async function kedge(...argv: readonly string[]): Promise<string> {
  const { code, out, err } = await cli.run(argv, { env: { KEDGE_URL: collector.url, KEDGE_TOKEN_FILE: join(collector.dataDir, "admin-token") } });
  expect(err).not.toContain("error:");
  expect(code).toBe(0);
  return out;
}

const range = ["--from", new Date(thisHour - 5 * hourMs).toISOString(), "--to", new Date(thisHour).toISOString()];

beforeAll(async () => {
  if (!isThere) return;
  await cli.start();
  victoria = await startVictoria();
  const metrics = JSON.stringify({ kind: "victoriametrics", port: victoria.port });
  collector = await lab.start(await lab.directory(), "--set", `store.metrics=${metrics}`, "--set", "drift.tickMs=1000");
  const { signer, publicPem } = createKeyPair();
  const packed = await tinyModel(signer);
  await collector.call("POST", "/v1/keys", { name: "tests", publicKey: publicPem });
  for (const file of Object.values(packed.manifest.files))
    await collector.call("PUT", `/v1/blobs/${file.sha256}`, packed.files.get(file.path) ?? new Uint8Array());
  expect((await collector.call("POST", "/v1/models", { envelope: packed.envelope })).status).toBe(201);
  digest = packed.digest;
  link = await deviceLink(collector, await enrolDevice(collector, await lab.directory(), cam));
}, 120_000);
afterAll(async () => {
  await link?.close();
  await collector?.stop();
  await victoria?.remove();
  if (isThere) await cli.stop();
  await lab.close();
});

describe.skipIf(!isThere)("numbers in VictoriaMetrics", () => {
  test("are there soon after windows are committed, and add up as Grafana asks for them", async () => {
    const from = thisHour - 3 * hourMs;
    await send(...[1, 2, 3, 4].map((seq) => windowAt(seq, from + seq * 60_000)));
    const sum = (metric: string): string => `sum(sum_over_time(${metric}[5h]))`;
    await vi.waitFor(async () => expect(await numberOf(sum("kedge_window_rows"))).toBe(20), 30_000);
    expect(await numberOf(sum("kedge_window_errors"))).toBe(4);
    expect(await numberOf(sum('kedge_category_count{category="dark"}'))).toBe(12);
    const mean = `${sum('kedge_feature_sum{feature!=""}')} / ${sum("kedge_feature_count")}`;
    expect(await numberOf(mean)).toBeGreaterThan(0);
    const bySite = await ask(
      "sum by (label_site) (sum_over_time(kedge_window_rows[5h]) * on(device) group_left(label_site) max by (device, label_site) (last_over_time(kedge_device_info[5h])))",
    );
    expect(bySite).toMatchObject([{ metric: { label_site: "lyon" }, value: [expect.any(Number), "20"] }]);
    expect(await kedge("metrics", "status")).toMatch(/written +4 windows, \d+ points[\s\S]*state +well/);
    expect((await collector.call("GET", "/metrics")).body).toContain('kedge_mirrored_windows_total{fate="written"} 4');
    expect(await kedge("metrics", "gaps", ...range)).toContain("no gap in the one hour");
  });

  test("every question of the dashboard is one that it understands, about numbers that are written", async () => {
    interface Panel {
      readonly title: string;
      readonly targets: readonly { readonly expr: string }[];
    }
    interface Dashboard {
      readonly panels: readonly Panel[];
      readonly templating: { readonly list: readonly { readonly name: string; readonly query: string }[] };
    }
    const { panels, templating } = JSON.parse(read("deploy/grafana/kedge.json")) as Dashboard;
    const known = new Set(mirroredMetrics);
    const filled = (text: string): string =>
      text
        .replaceAll("$__interval", "5h")
        .replaceAll("$by", "label_site")
        .replaceAll(/\$(model|feature|scope)/g, ".*");
    const named = (text: string): string[] => text.match(/kedge_[a-z0-9_]+/g) ?? [];
    for (const { title, targets } of panels) {
      for (const { expr } of targets) {
        for (const name of named(expr)) expect(known, `${title}: ${name}`).toContain(name);
        expect(await ask(filled(expr)), title).toBeInstanceOf(Array);
      }
    }
    for (const { query } of templating.list) for (const name of named(query)) expect(known).toContain(name);
    // Labels are looked for in the hour before.
    const predictions = await ask(filled(panels[0]?.targets[0]?.expr ?? ""), thisHour - 2.5 * hourMs);
    expect(predictions).toMatchObject([{ metric: { label_site: "lyon" }, value: [expect.any(Number), "20"] }]);
    const shares = await ask(filled(panels.find((p) => p.title.startsWith("Share of each category"))?.targets[0]?.expr ?? ""));
    expect(shares.map(({ metric, value }) => `${metric["category"]} ${value[1]}`).sort()).toEqual(["dark 0.6", "light 0.4"]);
    // And nothing is written that is not in the list.
    const response = await fetch(`http://127.0.0.1:${victoria.port}/api/v1/label/__name__/values`);
    const { data } = (await response.json()) as { readonly data: readonly string[] };
    expect(data.filter((name) => name.startsWith("kedge_") && !known.has(name))).toEqual([]);
  });

  test("while it is away everything is acknowledged; what was missed is found and filled, and filling twice changes nothing", async () => {
    await victoria.stop("SIGKILL");
    const from = thisHour - 2 * hourMs;
    await send(...[5, 6, 7].map((seq) => windowAt(seq, from + seq * 60_000)));
    await vi.waitFor(async () => expect((await collector.call("GET", "/v1/counters")).body.windows.stored).toBe(7), 30_000);
    await vi.waitFor(async () => expect(await kedge("metrics", "status")).toMatch(/waiting +3[\s\S]*writes failed, the last/), 30_000);
    expect((await collector.call("GET", "/readyz")).status).toBe(200);
    const refused = await collector.call("GET", `/v1/metrics/hours?from=${thisHour - 5 * hourMs}&to=${thisHour}`);
    expect(refused.body).toMatchObject({ code: "store/unavailable" });
    // A collector that ends now loses what waited: that is the gap. What the server had not yet written to its disk may be one, too.
    const { dataDir } = collector;
    await link.close();
    expect((await collector.stop()).code).toBe(0);
    await victoria.start();
    collector = await lab.start(dataDir, "--set", `store.metrics=${JSON.stringify({ kind: "victoriametrics", port: victoria.port })}`);
    await vi.waitFor(async () => expect(await kedge("metrics", "gaps", ...range)).toMatch(/STORED +WRITTEN\n[\s\S]* +15 +0\n/), 30_000);
    for (const all of [[], ["--all"]]) {
      const out = await kedge("metrics", "backfill", ...range, ...all);
      expect(out).toMatch(all.length === 0 ? /^[37] windows written again/ : /^7 windows written again/);
      await ask("up");
      expect(await kedge("metrics", "gaps", ...range)).toContain("no gap in 2 hours");
      expect(await numberOf("sum(sum_over_time(kedge_window_rows[5h]))")).toBe(35);
    }
    expect(JSON.stringify((await collector.call("GET", "/v1/audit")).body)).toContain("metrics.backfill");
  });

  test("drift scores from before those that a collector keeps are read from it", async () => {
    const dayMs = 24 * hourMs;
    const old = thisHour - 60 * dayMs;
    const line = (scope: string, score: number, atMs: number): string =>
      `kedge_verdict,model=clothes,version=1.0.0,feature=class,scope=${scope} score=${score} ${atMs}`;
    const lines = [line("fleet", 0.25, old), line("fleet", 0.75, old + 600_000), line("cohort:site\\=lyon", 0.5, old), line("fleet", 0.1, old + dayMs)];
    // Beyond what is asked for, and before what is kept.
    lines.push(line("fleet", 0.9, old + 9 * dayMs));
    expect((await fetch(`http://127.0.0.1:${victoria.port}/write?db=kedge&precision=ms`, { method: "POST", body: lines.join("\n") })).status).toBe(204);
    await ask("up");
    const asked = (more: string) =>
      collector.call("GET", `/v1/series?stat=score&feature=class&model=clothes&bucketMs=${dayMs}&from=${old - dayMs}&to=${old + 3 * dayMs}${more}`);
    const start = Math.floor(old / dayMs) * dayMs;
    expect((await asked("")).body).toMatchObject({ times: [start, start + dayMs], lines: [{ label: "all", values: [0.5, 0.1] }] });
    expect((await asked("&groupBy=site")).body).toMatchObject({ times: [start], lines: [{ label: "lyon", values: [0.5] }] });
  });

  test.skipIf(!hasProgram("/usr/bin/influxd", "InfluxDB"))("InfluxDB takes the same, and is filled from the same windows", async () => {
    const influx = await startInflux();
    const { dataDir } = collector;
    expect((await collector.stop()).code).toBe(0);
    collector = await lab.start(dataDir, "--set", `store.metrics=${JSON.stringify({ kind: "influxdb", port: influx.port })}`);
    expect(await kedge("metrics", "backfill", ...range)).toContain("7 windows written again");
    expect(await kedge("metrics", "gaps", ...range)).toContain("no gap in 2 hours");
    const q = "select sum(\"count\") from kedge_category where category = 'dark'";
    const response = await fetch(`http://127.0.0.1:${influx.port}/query?${new URLSearchParams({ db: "kedge_metrics", q }).toString()}`);
    expect(JSON.stringify(await response.json())).toContain('"1970-01-01T00:00:00Z",21]');
    await influx.remove();
  });

  test("a collector without one says so, and what to set", async () => {
    const plain = await lab.start(await lab.directory());
    const { status, body } = await plain.call("GET", "/v1/metrics/standing");
    expect(status).toBe(409);
    expect(body).toMatchObject({ code: "collector/no-metrics", hint: expect.stringContaining("store.metrics") });
    await plain.stop();
  });
});
