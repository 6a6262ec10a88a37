import { type DeviceId, seededRandom, type Sha256, silentLog } from "@kedge/core";
import type { Window } from "@kedge/profile";
import { KedgeError } from "@kedge/core";
import type { MetricPoint, MetricStore } from "@kedge/store";
import { MemoryMetricStore } from "@kedge/store/adapters";
import { expect, test, vi } from "vitest";
import { bundles, makeWindow, streamSpec } from "../../../../packages/store/src/contract/stream.js";
import type { Look } from "../drift/look.js";
import type { BundleShelf, KnownBundle } from "../fleet/bundle-shelf.js";
import { MetricMirror, type MetricMirrorDeps } from "./metric-mirror.js";
import { SeriesBudget } from "./series-budget.js";
import { featureSeries } from "./window-points.js";

const hour = 1_790_001_000_000 - (1_790_001_000_000 % 3_600_000);
const known = { bundle: { manifest: { name: "clothes", version: "2.0.0" } }, reference: { spec: streamSpec } } as unknown as KnownBundle;
const shelf: Pick<BundleShelf, "find"> = { find: async (digest) => (digest === bundles[0] ? known : undefined) };

function mirrorOf(store: MetricStore, more: Partial<MetricMirrorDeps> = {}): MetricMirror {
  const clock = { nowMs: () => hour, monotonicMs: () => 0 };
  return new MetricMirror({
    store,
    shelf,
    labelsOf: () => ({ site: "oslo", "line.no": "3" }),
    maxSeries: 1_000,
    clock,
    random: () => 0,
    log: silentLog,
    gatherMs: 1,
    ...more,
  });
}

const windowAt = (seq: number, device = "cam-1"): Window => makeWindow({ device, seq, endMs: hour + seq * 60_000, random: seededRandom(seq) });

/** A store that fails until it is told not to. */
class Flaky extends MemoryMetricStore {
  isDown = true;
  tries = 0;
  override async write(points: readonly MetricPoint[]): Promise<void> {
    this.tries += 1;
    if (this.isDown) throw new KedgeError("store/unavailable", "nobody answers", { retryable: true });
    await super.write(points);
  }
}

const sumOf = async (store: MetricStore, name: string, value: string, labels = {}): Promise<number | undefined> =>
  (await store.range({ name, value, labels, aggregate: "sum", fromMs: hour, toMs: hour + 3_600_000, stepMs: 3_600_000 }))[0]?.points[0]?.value;

test("numbers of a window add up to what it counts, by device, feature and category", async () => {
  const store = new MemoryMetricStore();
  const mirror = mirrorOf(store);
  const windows = [1, 2, 3].flatMap((seq) => [windowAt(seq), windowAt(seq, "cam-2")]);
  mirror.offerWindows(windows);
  await vi.waitFor(() => expect(mirror.standing.windows).toBe(6));
  const total = (of: (w: Window) => number): number => windows.reduce((sum, w) => sum + of(w), 0);
  expect(await sumOf(store, "kedge_window", "rows")).toBe(total((w) => w.profile.rows));
  expect(await sumOf(store, "kedge_window", "errors")).toBe(total((w) => w.profile.errors));
  expect(await sumOf(store, "kedge_window", "rows", { device: "cam-2", model: "clothes", version: "2.0.0" })).toBe(total((w) => w.profile.rows) / 2);
  expect(await sumOf(store, "kedge_feature", "count", { feature: "n" })).toBe(total((w) => w.profile.features[0]?.count ?? 0));
  const mean = (w: Window): number => (w.profile.features[0]?.kind === "numeric" ? w.profile.features[0].mean * w.profile.features[0].count : 0);
  expect(await sumOf(store, "kedge_feature", "sum", { feature: "n" })).toBeCloseTo(total(mean), 6);
  expect(await sumOf(store, "kedge_category", "count", { feature: "c", category: "boot" })).toBe(
    total((w) => (w.profile.features[1]?.kind === "categorical" ? (w.profile.features[1].counts[0] ?? 0) : 0)),
  );
  // No quantiles of what goes into the model: they take series and do not add up.
  expect(await sumOf(store, "kedge_feature", "p95", { feature: "n" })).toBeUndefined();
  const labels = await store.range({
    name: "kedge_device",
    value: "info",
    aggregate: "max",
    by: ["device", "label_site", "label_line_no"],
    fromMs: hour,
    toMs: hour + 3_600_000,
    stepMs: 3_600_000,
  });
  expect(labels.map((l) => l.labels)).toEqual([
    { device: "cam-1", label_site: "oslo", label_line_no: "3" },
    { device: "cam-2", label_site: "oslo", label_line_no: "3" },
  ]);
});

test("when a device's labels change, what they were is over: it has one set at any time", async () => {
  const store = new MemoryMetricStore();
  let site = "oslo";
  const mirror = mirrorOf(store, { labelsOf: () => ({ site }) });
  await store.write(await mirror.pointsOf([windowAt(1), windowAt(2)]));
  site = "lyon";
  await store.write(await mirror.pointsOf([windowAt(3)]));
  const last = async (label: string) =>
    (
      await store.range({
        name: "kedge_device",
        value: "info",
        labels: { label_site: label },
        aggregate: "min",
        fromMs: hour,
        toMs: hour + 600_000,
        stepMs: 60_000,
      })
    )[0]?.points.at(-1);
  expect(await last("oslo")).toEqual({ atMs: hour + 180_000, value: 0 });
  expect(await last("lyon")).toEqual({ atMs: hour, value: 1 });
  expect((await mirror.pointsOf([windowAt(4)], () => false)).some((p) => p.name === "kedge_device")).toBe(false);
});

test("while the server is away all is tried again, and then there once; nobody waits", async () => {
  const store = new Flaky();
  const mirror = mirrorOf(store);
  mirror.offerWindows([windowAt(1), windowAt(2)]);
  await vi.waitFor(() => expect(store.tries).toBeGreaterThan(2), 5_000);
  expect(mirror.standing).toMatchObject({ windows: 0, waiting: 2, fault: "nobody answers" });
  mirror.offerWindows([windowAt(3)]);
  store.isDown = false;
  await vi.waitFor(() => expect(mirror.standing).toMatchObject({ windows: 3, waiting: 0, fault: null }), 5_000);
  expect(await sumOf(store, "kedge_window", "rows")).toBe([1, 2, 3].reduce((sum, seq) => sum + windowAt(seq).profile.rows, 0));
  await mirror.stop();
});

test("what finds no room is counted, and ending does not wait for a server that is away", async () => {
  const store = new Flaky();
  const mirror = mirrorOf(store);
  mirror.offerWindows(Array.from({ length: 6_000 }, () => windowAt(1)));
  expect(mirror.standing).toMatchObject({ waiting: 5_000, dropped: 1_000 });
  await mirror.stop();
  mirror.offerWindows([windowAt(1)]);
  expect(store.tries).toBeLessThan(20);
});

test("windows of a bundle that is not registered have no numbers", async () => {
  const store = new MemoryMetricStore();
  const mirror = mirrorOf(store);
  expect(await mirror.pointsOf([makeWindow({ seq: 1, bundle: 1 })])).toEqual([]);
});

test("verdicts of the fleet, cohorts and devices that drifted are written, of others none", async () => {
  const store = new MemoryMetricStore();
  const mirror = mirrorOf(store);
  const verdict = (scope: object, score: number, drifted: boolean) => ({ feature: "n", scope, score, limit: 0.1, drifted });
  const look = {
    bundle: { digest: bundles[0] as Sha256, name: "clothes", version: "2.0.0" },
    atMs: hour,
    rows: 900,
    deviceIds: ["cam-1"],
    causes: [{}],
    verdicts: [
      verdict({ kind: "device", deviceId: "cam-1" }, 0.4, true),
      verdict({ kind: "device", deviceId: "cam-2" }, 0.01, false),
      verdict({ kind: "fleet" }, 0.123456, true),
    ],
  } as unknown as Look;
  mirror.offerLook(look);
  await vi.waitFor(async () => expect(await sumOf(store, "kedge_verdict", "score", { scope: "fleet" })).toBe(0.1235));
  expect(await sumOf(store, "kedge_verdict", "drifted", { scope: "device:cam-1" })).toBe(1);
  expect(await sumOf(store, "kedge_verdict", "score", { scope: "device:cam-2" })).toBeUndefined();
  expect(await sumOf(store, "kedge_look", "causes")).toBe(1);
});

/** A window as far as a budget looks at it. */
const windowOfBundle = (device: number, bundle: string, atMs = 0) => ({
  key: { deviceId: `cam-${device}` as DeviceId, bootEpoch: 1, seq: 1 },
  bundleDigest: bundle as Sha256,
  endMs: atMs,
});

test("series stay within their bound: features of the first devices, lines of more, and nothing beyond; each device as before", () => {
  const features = featureSeries(streamSpec);
  expect(features).toBe(5 + 4);
  const budget = new SeriesBudget(100);
  const shares = Array.from({ length: 60 }, (_, i) => budget.admit(windowOfBundle(i, "b"), features));
  const count = (share: string) => shares.filter((s) => s === share).length;
  expect(count("all")).toBe(Math.floor(50 / (features + 3)));
  expect(count("line")).toBeGreaterThan(10);
  expect(count("none")).toBeGreaterThan(10);
  expect(budget.used).toBeLessThanOrEqual(100);
  expect(Array.from({ length: 60 }, (_, i) => budget.admit(windowOfBundle(i, "b", i), features))).toEqual(shares);
  expect(budget.used).toBeLessThanOrEqual(100);
});

test("after many rollouts devices still have as much as they had with the first bundle, not lines only", () => {
  const budget = new SeriesBudget(100);
  const round = (bundle: string, atMs: number) => Array.from({ length: 60 }, (_, i) => budget.admit(windowOfBundle(i, bundle, atMs), 9));
  const first = round("b0", 0);
  const used = budget.used;
  for (let n = 1; n <= 20; n += 1) {
    expect(round(`b${n}`, n)).toEqual(first);
    expect(budget.used).toBe(used);
  }
  // What comes late of bundles from before takes no room from those of now, nor do they come back by it.
  expect(round("b3", 3)).toEqual(first);
  expect(round("b20", 21)).toEqual(first);
  expect(budget.used).toBe(used);
});

test("a bundle with more features than there is room for has lines, and the next smaller one features again", () => {
  const budget = new SeriesBudget(100);
  const admit = (device: number, bundle: string, atMs: number, features: number) => budget.admit(windowOfBundle(device, bundle, atMs), features);
  expect([admit(1, "a", 0, 20), admit(2, "a", 0, 20)]).toEqual(["all", "all"]);
  expect([admit(1, "b", 1, 40), admit(2, "b", 1, 40)]).toEqual(["line", "all"]);
  expect(budget.used).toBe(3 + 43);
  expect([admit(2, "c", 2, 20), admit(1, "c", 2, 20)]).toEqual(["all", "all"]);
});

test("the features of a bundle are written that was rolled out after others had filled the bound", async () => {
  const store = new MemoryMetricStore();
  const mirror = mirrorOf(store, { maxSeries: 30, shelf: { find: async () => known } });
  for (let n = 1; n <= 6; n += 1) {
    const points = await mirror.pointsOf([{ ...windowAt(n), bundleDigest: `${n}`.repeat(64) as Sha256 }]);
    expect(points.map((p) => p.name)).toContain("kedge_feature");
  }
  expect(mirror.standing).toMatchObject({ series: 12, shortened: 0 });
});

test("a window that cannot be decoded is counted and told once, takes nothing else with it, and rejects nothing", async () => {
  const store = new Flaky();
  const errors: object[] = [];
  const mirror = mirrorOf(store, { log: { ...silentLog, error: (fields) => void errors.push(fields) } });
  const { profile, ...rest } = windowAt(2);
  const broken = { ...rest, rows: profile.rows, errors: profile.errors, encoded: new Uint8Array([0xff, 0xff, 0xff]) };
  mirror.offerWindows([windowAt(1), broken, windowAt(3)]);
  await vi.waitFor(() => expect(store.tries).toBeGreaterThan(1), 5_000);
  expect(mirror.standing).toMatchObject({ unreadable: 1, waiting: 2 });
  store.isDown = false;
  await vi.waitFor(() => expect(mirror.standing).toMatchObject({ windows: 2, waiting: 0, fault: null }), 5_000);
  expect(mirror.standing.unreadable).toBe(1);
  expect(errors).toEqual([expect.objectContaining({ deviceId: "cam-1", seq: 2 })]);
  // Also when it comes alone, and what is behind it.
  mirror.offerWindows([broken]);
  await vi.waitFor(() => expect(mirror.standing).toMatchObject({ unreadable: 2, waiting: 0 }));
  mirror.offerWindows([windowAt(4)]);
  await vi.waitFor(() => expect(mirror.standing.windows).toBe(3));
  await mirror.stop();
});
