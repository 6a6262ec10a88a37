import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DeviceId, randomInt, seededRandom, type Sha256, shuffled, silentLog } from "@kedge/core";
import { decodeIngestState } from "@kedge/ingest";
import { type ReferenceProfile, specHash, sumOfProfiles, type Window } from "@kedge/profile";
import { createKeyPair, MemoryBundleStore, sha256, storePackedBundle } from "@kedge/registry/adapters";
import { openSqliteStore, type OpenStore } from "@kedge/store/adapters";
import { type Birth, decodeAck, encodeBirth, encodeReferenceProfile, encodeSample, encodeWindow } from "@kedge/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tinyBundle } from "../../packages/registry/src/tiny-bundle.fixture.js";
import { makeSample, makeWindow, streamSpec } from "../../packages/store/src/contract/stream.js";
import { allShards } from "../../apps/collector/src/cluster/shard-desk.js";
import { collections, type DriftModelRecord } from "../../apps/collector/src/collections.js";
import { FleetWatch } from "../../apps/collector/src/drift/fleet-watch.js";
import type { MemoryShard } from "../../apps/collector/src/drift/memory-keeper.js";
import type { ScoreHour } from "../../apps/collector/src/drift/score-history.js";
import { BundleShelf } from "../../apps/collector/src/fleet/bundle-shelf.js";
import { deviceRecord, report } from "../../apps/collector/src/fleet/device.fixture.js";
import { IngestLoop } from "../../apps/collector/src/ingest-loop.js";

const startMs = Date.UTC(2026, 9, 1);
const nowMs = startMs + 4 * 3_600_000;
const clock = { nowMs: () => nowMs, monotonicMs: () => performance.now() };
const deviceCount = 100;
/** Windows of a device: half of them in each of two boot epochs, over three hours. */
const windowsEach = 98;
const perEpoch = windowsEach / 2;
const ids = Array.from({ length: deviceCount }, (_, i) => `cam-${String(i).padStart(3, "0")}` as DeviceId);
const hash = specHash(streamSpec, { utf8: (text) => new TextEncoder().encode(text), sha256 });
const digestOf = (value: unknown): string => createHash("sha256").update(JSON.stringify(value)).digest("hex");

/** What a device says once, and a net may say more often. */
type Message =
  | { readonly kind: "birth"; readonly birth: Birth }
  | { readonly kind: "stats" | "sample"; readonly deviceId: DeviceId; readonly bytes: Uint8Array };

/** Everything that identifies what a collector knows of its fleet. Digests, since it is long. */
interface FleetState {
  readonly windows: string;
  readonly marks: string;
  readonly counts: unknown;
  readonly samples: string;
  readonly profiles: string;
  readonly fleet: string;
  readonly verdicts: string;
  readonly hours: string;
  readonly acknowledged: string;
}

let bundle: Sha256;
let shelf: BundleShelf;
let reference: ReferenceProfile;
let folder = "";

/** Ten thousand messages: windows, a sample of each device, and its births. Every tenth device sees something else in the last hour. */
function messages(): Message[] {
  const random = seededRandom(77);
  return ids.flatMap((deviceId, d) => {
    const windows = Array.from({ length: windowsEach }, (_, w): Window => {
      const [bootEpoch, seq] = w < perEpoch ? [1, w + 1] : [2, w - perEpoch + 1];
      const endMs = startMs + Math.floor(((w + 1) / windowsEach) * 3 * 3_600_000);
      const made = makeWindow({ device: deviceId, bootEpoch, seq, startMs: endMs - 60_000, endMs, spec: hash, random });
      const moved = d % 10 === 0 && w > (windowsEach * 2) / 3;
      const features = made.profile.features.map((f) => (moved && f.kind === "categorical" ? { ...f, counts: [f.count, 0] } : f));
      return { ...made, bundleDigest: bundle, profile: { ...made.profile, features } };
    });
    const said = { deviceId, labels: {}, agentVersion: "0.1.0", bundleDigest: bundle, platform: "test" };
    const births: Birth[] = [
      { ...said, bootEpoch: 1, oldestSeq: 1, nextSeq: 1 },
      { ...said, bootEpoch: 2, oldestSeq: 1, nextSeq: 1, backlog: [{ bootEpoch: 1, oldestSeq: 1, nextSeq: perEpoch + 1 }] },
    ];
    const sample = makeSample(perEpoch + 1, { device: deviceId, atMs: startMs + 60_000 });
    return [
      ...births.map((birth): Message => ({ kind: "birth", birth })),
      ...windows.map((w): Message => ({ kind: "stats", deviceId, bytes: new Uint8Array(encodeWindow(w)) })),
      { kind: "sample", deviceId, bytes: new Uint8Array(encodeSample({ ...sample, key: { ...sample.key, bootEpoch: 2 } })) } as const,
    ];
  });
}

/** In another order, half of them twice, some four times. */
function permuted(all: readonly Message[], seed: number): readonly Message[] {
  const random = seededRandom(seed);
  const times = () => (randomInt(random, 2) === 0 ? 1 : randomInt(random, 8) === 0 ? 4 : 2);
  return shuffled(
    all.flatMap((message) => Array.from({ length: times() }, () => message)),
    random,
  );
}

async function verdictsOf(store: OpenStore): Promise<string> {
  const documents = {
    driftModels: store.records.documents<DriftModelRecord>(collections.driftModels),
    driftMemories: store.records.documents<MemoryShard>(collections.driftMemories),
    driftScores: store.records.documents<ScoreHour>(collections.driftScores),
    seasonHours: store.records.documents(collections.seasonHours),
    incidents: store.records.documents(collections.incidents),
  };
  const watch = new FleetWatch({ shelf, series: store.series, documents, clock, log: silentLog });
  const devices = ids.map((id) => ({ ...deviceRecord(id, { site: "oslo" }), isOnline: true, reported: report(id, "IDLE", bundle) }));
  const looks = [];
  for (const atMs of [startMs + 2 * 3_600_000, startMs + 3 * 3_600_000])
    looks.push(await watch.lookAt({ digest: bundle, devices, atMs, lookBackMs: 30 * 60_000, isOtherVersionClean: false }));
  expect(looks[1]?.causes.length, "devices that see something else are found").toBeGreaterThan(0);
  return digestOf(looks);
}

async function stateOf(store: OpenStore, acks: ReadonlyMap<string, number>): Promise<FleetState> {
  const { series } = store;
  const byKey = (a: Window, b: Window) => (JSON.stringify(a.key) < JSON.stringify(b.key) ? -1 : 1);
  const marks = (await series.ingestMarks()).map(({ deviceId, state }) => [deviceId, decodeIngestState(JSON.stringify(state))] as const);
  const windows = [...(await series.windows({}))].sort(byKey);
  const profiles = digestOf(await series.profilesByDevice({ bundleDigest: bundle }, hash));
  const fleet = digestOf(await series.fleetProfile({ bundleDigest: bundle }, hash));
  const verdicts = await verdictsOf(store);
  await series.rollUp(nowMs + 86_400_000);
  return {
    windows: digestOf(windows),
    marks: digestOf(marks.sort(([a], [b]) => (a < b ? -1 : 1))),
    counts: { ...(await series.counts()), deadLetters: 0 },
    samples: digestOf(await series.samples({})),
    profiles,
    fleet,
    verdicts,
    hours: digestOf(await series.profilesByDevice({ bundleDigest: bundle, fromMs: startMs, toMs: startMs + 2 * 3_600_000 }, hash)),
    acknowledged: digestOf([...acks].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** All of it through the collector's ingest loop into SQLite. */
async function ingested(order: readonly Message[], name: string): Promise<FleetState> {
  const store = await openSqliteStore(join(folder, `${name}.db`), clock);
  const acks = new Map<string, number>();
  try {
    const loop = new IngestLoop({
      series: store.series,
      publish: async (topic, payload) => {
        const ack = decodeAck(payload);
        if (ack.kind === "decoded") acks.set(`${topic} ${ack.value.bootEpoch}`, Math.max(ack.value.seq, acks.get(`${topic} ${ack.value.bootEpoch}`) ?? 0));
      },
      clock,
      log: silentLog,
      fenceOf: () => ({ name: "00", epoch: 1, holder: "col" }),
      ownShards: () => allShards,
      specHashOf: (digest) => shelf.specHashOf(digest),
      onEvents: () => undefined,
      onWindows: () => undefined,
      onFault: (message) => expect(message).toBeUndefined(),
    });
    await loop.load();
    const takes = order.map((m) => (m.kind === "birth" ? loop.born(m.birth, encodeBirth(m.birth)) : loop.take(m.deviceId, m.kind, m.bytes)));
    await Promise.all(takes);
    // Births of an epoch that is over by then are late repeats; they are kept to be looked at, since a device that lost its memory looks the same.
    const { "ingest/epoch-regressed": late, ...refused } = loop.counters.refused;
    expect((await store.series.counts()).deadLetters).toBe(late);
    expect(Object.values(refused).reduce((sum, n) => sum + n, 0)).toBe(0);
    expect(loop.gaps()).toEqual({ lost: 0, awaited: 0 });
    return await stateOf(store, acks);
  } finally {
    await store.close();
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kedge-permuted-"));
  const random = seededRandom(3);
  const usual = Array.from({ length: 60 }, (_, i) => makeWindow({ seq: i + 1, spec: hash, random }).profile);
  const sum = sumOfProfiles(usual);
  if (sum === undefined) throw new Error("no profile");
  reference = { spec: streamSpec, cohorts: [{ selector: "", profile: sum, rows: sum.rows }] };
  const bundles = new MemoryBundleStore(clock);
  const packed = await tinyBundle(createKeyPair().signer, sha256, { reference: encodeReferenceProfile(reference) });
  await storePackedBundle(packed, bundles);
  bundle = packed.digest;
  shelf = new BundleShelf(bundles);
  await shelf.find(bundle);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("10,000 messages", () => {
  test("permuted and duplicated: store, marks, merged profiles, hours and drift verdicts are the same to the bit", { timeout: 180_000 }, async () => {
    const all = messages();
    expect(all.length).toBeGreaterThanOrEqual(10_000);
    const straight = await ingested(all, "straight");
    expect(straight.counts).toMatchObject({ stored: deviceCount * windowsEach, distinct: deviceCount * windowsEach, samples: deviceCount, deadLetters: 0 });
    for (const seed of [1, 2, 3]) {
      const order = permuted(all, seed);
      expect(order.length).toBeGreaterThan(1.4 * all.length);
      expect(await ingested(order, `seed-${seed}`), `seed ${seed}`).toEqual(straight);
    }
  });
});
