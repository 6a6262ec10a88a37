import { defaultIncidentPolicy } from "@kedge/alert";
import { type DeviceId, type Random, seededRandom, type Sha256, silentLog } from "@kedge/core";
import { type Profile, type ProfileSpec, type ReferenceProfile, specHash, type Window } from "@kedge/profile";
import { inferSchema, type InputSchema } from "@kedge/sensor";
import { createKeyPair, MemoryBundleStore, sha256, storePackedBundle } from "@kedge/registry/adapters";
import { openSqliteStore, type OpenStore } from "@kedge/store/adapters";
import { encodeReferenceProfile } from "@kedge/wire";
import { afterEach, beforeEach, expect, test } from "vitest";
import { tinyBundle } from "../../../../packages/registry/src/tiny-bundle.fixture.js";
import { collections, type DriftModelRecord } from "../collections.js";
import { BundleShelf } from "../fleet/bundle-shelf.js";
import { deviceRecord, report } from "../fleet/device.fixture.js";
import { FleetWatch } from "./fleet-watch.js";
import type { MemoryShard } from "./memory-keeper.js";
import { replayHistory } from "./replay.js";
import { isOfGroup, type ScoreHour } from "./score-history.js";
import { isQuiet } from "./season-keeper.js";

const minute = 60_000;
const startMs = 1_790_000_000_000;
const clock = { nowMs: () => startMs, monotonicMs: () => 0 };
const spec: ProfileSpec = {
  formatVersion: 1,
  recipe: { input: { kind: "none" }, task: "classification" },
  features: [{ kind: "categorical", name: "class", role: "output", categories: ["no", "yes"] }],
};
const hash = specHash(spec, { utf8: (text) => new TextEncoder().encode(text), sha256 });
const names = ["cam-1", "cam-2", "cam-3"];

function profile(yes: number, rows: number): Profile {
  return { specHash: hash, rows, errors: 0, features: [{ kind: "categorical", counts: [rows - yes, yes], other: 0, missing: 0, wrongType: 0, count: rows }] };
}

const reference: ReferenceProfile = { spec, cohorts: [{ selector: "", profile: profile(2_000, 4_000), rows: 4_000 }] };
let store: OpenStore;
let shelf: BundleShelf;
let bundle: Sha256;

const devices = () =>
  names.map((id) => ({ ...deviceRecord(id as DeviceId, { site: "oslo" }), isOnline: true, reported: report(id as DeviceId, "IDLE", bundle) }));

function openWatch(): FleetWatch {
  const documents = {
    driftModels: store.records.documents<DriftModelRecord>(collections.driftModels),
    driftMemories: store.records.documents<MemoryShard>(collections.driftMemories),
    driftScores: store.records.documents<ScoreHour>(collections.driftScores),
    seasonHours: store.records.documents(collections.seasonHours),
    incidents: store.records.documents(collections.incidents),
  };
  return new FleetWatch({ shelf, series: store.series, documents, clock, log: silentLog });
}

/** An hour of history, looked at every three minutes. */
const planOf = (schema?: InputSchema) => ({
  model: "tiny",
  bundles: [{ digest: bundle, reference, schema }],
  devices: devices().map((d) => ({ ...d, lookBackMs: 10 * minute })),
  fromMs: startMs,
  toMs: startMs + 60 * minute,
  stepMs: 3 * minute,
  lookBackMs: 10 * minute,
  policy: defaultIncidentPolicy,
  seasonsOf: () => undefined,
});

/** A minute of every device, the `n`-th; of cam-2 with a share of its own. */
async function minuteOf(n: number, random: Random, shareOfTwo = 0.5, brokenOfTwo = 0): Promise<void> {
  const windows = names.map((id): Window => {
    const share = id === "cam-2" ? shareOfTwo : 0.5;
    const yes = Array.from({ length: 100 }, () => random()).filter((r) => r < share).length;
    const key = { deviceId: id as DeviceId, bootEpoch: 1, seq: n + 1 };
    const from = startMs + n * minute;
    const anomalies = { pairs: [{ field: "x", rule: "above" as const, count: brokenOfTwo }], overflow: 0 };
    const seen = id === "cam-2" && brokenOfTwo > 0 ? { ...profile(yes, 100), anomalies } : profile(yes, 100);
    return { key, startMs: from, endMs: from + minute, bundleDigest: bundle, profile: seen, trigger: "interval" };
  });
  await store.series.commit({ windows, samples: [], marks: [] });
}

const lookAfter = (watch: FleetWatch, n: number) =>
  watch.lookAt({ digest: bundle, devices: devices(), atMs: startMs + (n + 1) * minute, lookBackMs: 10 * minute, isOtherVersionClean: false });

beforeEach(async () => {
  store = await openSqliteStore(":memory:", clock);
  const bundles = new MemoryBundleStore(clock);
  const packed = await tinyBundle(createKeyPair().signer, sha256, { reference: encodeReferenceProfile(reference) });
  await storePackedBundle(packed, bundles);
  bundle = packed.digest;
  shelf = new BundleShelf(bundles);
});
afterEach(() => store.close());

test("a restart forgets nothing: what was kept is read, and what came since is taken in again", async () => {
  const random = seededRandom(1);
  const watch = openWatch();
  for (let n = 0; n < 12; n += 1) await minuteOf(n, random);
  await lookAfter(watch, 5);
  await watch.save();
  const again = openWatch();
  await again.load();
  // Five minutes after the look-back of that look: the devices' earlier windows are not in the next one any more.
  for (let n = 12; n < 24; n += 1) await minuteOf(n, random);
  await lookAfter(again, 23);
  await again.save();
  const [shard] = await store.records.documents<MemoryShard>(collections.driftMemories).list();
  const [memory] = Object.values(shard?.body.memories ?? {});
  expect(memory?.last.seq).toBe(24);
  expect(memory?.features[0]?.windows).toBe(24);
});

test("scores of looks are kept, and found by node and time", async () => {
  const random = seededRandom(2);
  const watch = openWatch();
  for (let n = 0; n < 6; n += 1) {
    await minuteOf(n, random);
    await lookAfter(watch, n);
  }
  const points = await openWatch().scores.read([bundle], "class", { fromMs: startMs, toMs: startMs + 3_600_000 });
  expect(points).toEqual([]);
  const found = await watch.scores.read([bundle], "class", { fromMs: startMs, toMs: startMs + 3_600_000 });
  expect(found.filter((p) => isOfGroup(p.scope, undefined))).toHaveLength(6);
  expect(found.every((p) => p.score >= 0 && p.score <= 1)).toBe(true);
  await watch.save();
  expect(await openWatch().scores.read([bundle], "class", { fromMs: startMs, toMs: startMs + 3_600_000 })).toEqual(found);
});

test("a vouched stretch takes the place of the reference, and survives a restart", async () => {
  const random = seededRandom(3);
  const watch = openWatch();
  for (let n = 0; n < 20; n += 1) await minuteOf(n, random, 0.9);
  expect((await lookAfter(watch, 19))?.causes.map((c) => c.deviceIds)).toEqual([["cam-2"]]);
  // Hours on both sides of the look, since what is usual is drawn from one to the next.
  const stretches = [0, 3_600_000, -3_600_000].map((shift) => ({ shift }));
  for (const { shift } of stretches) {
    const windows = names.map((id, i): Window => {
      const key = { deviceId: id as DeviceId, bootEpoch: 2, seq: Math.abs(shift) / 1_000 + (shift < 0 ? 1 : 2) };
      return {
        key,
        startMs: startMs + shift,
        endMs: startMs + shift + minute,
        bundleDigest: bundle,
        profile: profile(i === 1 ? 900 : 500, 1_000),
        trigger: "interval",
      };
    });
    await store.series.commit({ windows, samples: [], marks: [] });
  }
  const stretch = { fromMs: startMs - 7_200_000, toMs: startMs + 7_200_000, digest: bundle };
  const taken = await watch.learn("tiny", reference, devices(), { ...stretch, isVouched: true });
  expect(taken.rows).toBeGreaterThan(9_000);
  const again = openWatch();
  await again.load();
  expect(again.seasons.known("tiny", reference)).toMatchObject([{ selector: "", inForce: true }]);
  // As a collector does that hears of each hour which another one has learnt.
  const other = openWatch();
  for (const { id } of await store.records.documents(collections.seasonHours).list()) await other.seasons.refresh(id);
  expect(other.seasons.known("tiny", reference)).toEqual(again.seasons.known("tiny", reference));
});

test("an hour in which an incident was under way is not learnt, from its onset on", () => {
  const incident = { openedAtMs: 500, onsetMs: 100, createdAtMs: 400, state: "RESOLVED", resolvedAtMs: 4_000_000 } as never;
  expect(isQuiet(0, [incident])).toBe(false);
  expect(isQuiet(3_600_000, [incident])).toBe(false);
  expect(isQuiet(7_200_000, [incident])).toBe(true);
  expect(isQuiet(0, [{ ...(incident as object), openedAtMs: null } as never])).toBe(true);
});

test("a replay counts the incidents that each setting would have opened", async () => {
  const random = seededRandom(4);
  for (let n = 0; n < 60; n += 1) await minuteOf(n, random, n >= 30 ? 0.75 : 0.5);
  const replayed = await replayHistory(store.series, planOf(), [{ effectLimit: 0.1 }, { effectLimit: 0.4 }]);
  expect(replayed.map((r) => r.alarms)).toEqual([1, 0]);
});

test("a replay counts readings that broke the schema as the collector does", async () => {
  const random = seededRandom(5);
  for (let n = 0; n < 60; n += 1) await minuteOf(n, random, 0.5, n >= 30 ? 40 : 0);
  const { schema } = inferSchema(Array.from({ length: 500 }, (_, i) => ({ id: `r${i}`, atMs: startMs + i, inputs: { x: random() } })));
  const alarmsUnder = async (given: InputSchema | undefined) => (await replayHistory(store.series, planOf(given), [{}])).map((r) => r.alarms);
  expect([await alarmsUnder(schema), await alarmsUnder(undefined)]).toEqual([[1], [0]]);
});
