import { type DeviceId, InvariantError, randomInt, seededRandom, silentLog } from "@kedge/core";
import type { Window } from "@kedge/profile";
import type { TimeSeriesStore } from "@kedge/store";
import { openSqliteStore, type OpenStore } from "@kedge/store/adapters";
import { type Ack, type Birth, decodeAck, encodeWindow } from "@kedge/wire";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bundles, makeWindow, otherSpec, specHash } from "../../../packages/store/src/contract/stream.js";
import { allShards } from "./cluster/shard-desk.js";
import { IngestLoop } from "./ingest-loop.js";

const nowMs = 1_790_000_000_000;
const cam = "cam-1" as DeviceId;
const fence = { name: "00", epoch: 1, holder: "col" };

let store: OpenStore;
const clock = { nowMs: () => nowMs, monotonicMs: () => 0 };
const faults: (string | undefined)[] = [];
const acks: { readonly topic: string; readonly ack: Ack }[] = [];

/** The store, but for its commit. */
function withCommit(commit: TimeSeriesStore["commit"]): TimeSeriesStore {
  return new Proxy<TimeSeriesStore>(store.series, {
    get(target, name) {
      const member: unknown = name === "commit" ? commit : Reflect.get(target, name, target);
      return typeof member === "function" ? (member.bind(target) as unknown) : member;
    },
  });
}

function openLoop(series: TimeSeriesStore = store.series): IngestLoop {
  return new IngestLoop({
    series,
    publish: async (topic, payload) => {
      const ack = decodeAck(payload);
      if (ack.kind === "decoded") acks.push({ topic, ack: ack.value });
    },
    clock,
    log: silentLog,
    fenceOf: () => fence,
    ownShards: () => allShards,
    specHashOf: (digest) => (digest === bundles[0] ? specHash : undefined),
    onEvents: () => undefined,
    onWindows: () => undefined,
    onFault: (message) => faults.push(message),
    retryMs: 0,
  });
}

function windowAt(seq: number, more: { readonly device?: string; readonly spec?: string; readonly bundle?: number } = {}): Window {
  return makeWindow({ seq, endMs: nowMs - 60_000 + seq * 10, random: seededRandom(seq), ...more });
}

beforeEach(async () => {
  store = await openSqliteStore(":memory:", clock);
  acks.length = 0;
  faults.length = 0;
});
afterEach(() => store.close());

describe("a window", () => {
  test("is acknowledged after it is committed, and what is taken settles then", async () => {
    const steps: string[] = [];
    const series = withCommit(async (batch) => {
      const committed = await store.series.commit(batch);
      steps.push(`committed ${batch.windows.length}, acknowledged ${acks.length}, as it came: ${batch.windows.every((w) => "encoded" in w)}`);
      return committed;
    });
    const taken = openLoop(series).take(cam, "stats", encodeWindow(windowAt(1)));
    expect(acks).toEqual([]);
    await taken;
    expect(steps).toEqual(["committed 1, acknowledged 0, as it came: true"]);
    expect(acks).toMatchObject([{ topic: expect.stringContaining("/cam-1/ack"), ack: { bootEpoch: 1, seq: 1 } }]);
    expect(await store.series.windows({})).toEqual([windowAt(1)]);
  });

  test("counts once, however often and in whatever order it comes", async () => {
    for (let seed = 1; seed <= 5; seed += 1) {
      const random = seededRandom(seed);
      const device = `cam-${seed}`;
      const windows = Array.from({ length: 40 }, (_, i) => windowAt(i + 1, { device }));
      const sent = [...windows, ...windows.filter(() => randomInt(random, 2) === 0)].map((w) => ({ w, at: random() })).sort((a, b) => a.at - b.at);
      const loop = openLoop();
      await loop.load();
      await Promise.all(sent.map(({ w }) => loop.take(device as DeviceId, "stats", encodeWindow(w))));
      expect(await store.series.counts([device])).toMatchObject({ stored: 40, distinct: 40, rows: windows.reduce((sum, w) => sum + w.profile.rows, 0) });
      expect(loop.counters).toMatchObject({ received: sent.length, repeated: sent.length - 40 });
      expect(loop.gaps([device as DeviceId])).toEqual({ lost: 0, awaited: 0 });
      expect(acks.at(-1)?.ack).toMatchObject({ bootEpoch: 1, seq: 40 });
    }
  });

  test("that came before a restart is a repeat after it", async () => {
    await openLoop().take(cam, "stats", encodeWindow(windowAt(1)));
    const loop = openLoop();
    await loop.load();
    await loop.take(cam, "stats", encodeWindow(windowAt(1)));
    expect(loop.counters.repeated).toBe(1);
    expect(acks.map((a) => a.ack.seq)).toEqual([1, 1]);
  });

  test("that cannot be read is kept as a dead letter and counted, and the next is taken", async () => {
    const loop = openLoop();
    await loop.take(cam, "stats", Uint8Array.of(255, 1, 2, 3));
    await loop.take(cam, "stats", encodeWindow(windowAt(1)));
    expect(loop.counters.refused).toMatchObject({ "ingest/undecodable": 1 });
    expect(await store.series.deadLetters({ limit: 10 })).toMatchObject([
      { deviceId: cam, leaf: "stats", reason: "ingest/undecodable", bytes: Uint8Array.of(255, 1, 2, 3) },
    ]);
    expect(await store.series.counts()).toMatchObject({ stored: 1, deadLetters: 1 });
    expect(acks.map((a) => a.ack.seq)).toEqual([1]);
  });

  test("that cannot be taken is not acknowledged while its letter cannot be kept: it would be gone without a trace", async () => {
    let isFull = true;
    const series = new Proxy<TimeSeriesStore>(store.series, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name, target);
        if (name === "addDeadLetter" && isFull) return () => Promise.reject(new Error("the disk is full"));
        return typeof member === "function" ? (member.bind(target) as unknown) : member;
      },
    });
    const loop = openLoop(series);
    const strange = encodeWindow(windowAt(1, { bundle: 1 }));
    await loop.take(cam, "stats", strange);
    expect(acks).toEqual([]);
    isFull = false;
    await loop.take(cam, "stats", strange);
    expect(acks.at(-1)?.ack.seq).toBe(1);
    expect(await store.series.deadLetters({ limit: 10 })).toHaveLength(1);
  });

  test("of a bundle or spec that is not known is settled, so that what is behind it counts", async () => {
    const loop = openLoop();
    await loop.take(cam, "stats", encodeWindow(windowAt(1, { bundle: 1 })));
    await loop.take(cam, "stats", encodeWindow(windowAt(2, { spec: otherSpec })));
    await loop.take(cam, "stats", encodeWindow(windowAt(3)));
    expect(loop.counters.refused).toMatchObject({ "ingest/unknown-bundle": 1, "ingest/unknown-spec": 1 });
    expect((await store.series.windows({})).map((w) => w.key.seq)).toEqual([3]);
    expect(acks.at(-1)?.ack.seq).toBe(3);
  });

  describe.each([
    ["1970", 30_000],
    ["2038", Date.UTC(2038, 0, 19)],
  ])("of a device whose clock says %s", (_, clockMs) => {
    const uptimeMs = 120_000;
    const astray = (seq: number, bootEpoch = 1) => {
      const { profile, bundleDigest, trigger } = windowAt(seq);
      const key = { deviceId: cam, bootEpoch, seq };
      return encodeWindow({ key, startMs: clockMs, endMs: clockMs + 60_000, bundleDigest, trigger, profile, uptimeMs });
    };
    const birth = (bootEpoch: number, more: Partial<Birth> = {}): Birth => ({
      deviceId: cam,
      bootEpoch,
      labels: {},
      agentVersion: "0",
      bundleDigest: null,
      platform: "test",
      oldestSeq: 1,
      nextSeq: 4,
      atMs: clockMs,
      uptimeMs: 300_000,
      ...more,
    });
    const isFirstMissing = async (loop: IngestLoop) => {
      expect(acks).toEqual([]);
      expect(loop.gaps()).toEqual({ lost: 0, awaited: 1 });
      expect(await store.series.counts()).toMatchObject({ stored: 1, deadLetters: 0 });
    };

    test("read before the birth that tells where it belongs, is neither acknowledged nor given up, and is put there when it comes again", async () => {
      const loop = openLoop();
      await loop.load();
      for (let again = 0; again < 3; again += 1) await loop.take(cam, "stats", astray(1));
      await loop.take(cam, "stats", encodeWindow(windowAt(2)));
      await isFirstMissing(loop);
      expect(loop.counters).toMatchObject({ unplaced: 3, refused: { "ingest/past-timestamp": 0, "ingest/future-timestamp": 0 } });
      // A restart of the collector changes nothing of it.
      const later = openLoop();
      await later.load();
      await isFirstMissing(later);
      await later.born(birth(1), new Uint8Array(0));
      expect(acks).toEqual([]);
      for (let again = 0; again < 2; again += 1) await later.take(cam, "stats", astray(1));
      expect(acks.at(-1)?.ack).toMatchObject({ bootEpoch: 1, seq: 2 });
      const [placed] = await store.series.windows({});
      expect(placed).toMatchObject({ key: { seq: 1 }, startMs: nowMs - 240_000, endMs: nowMs - 180_000 });
      expect(await store.series.counts()).toMatchObject({ stored: 2, distinct: 2, deadLetters: 0 });
    });

    test("of a start that nobody ever heard of, is kept as a dead letter once a later one was heard", async () => {
      const loop = openLoop();
      await loop.load();
      await loop.take(cam, "stats", astray(1));
      await loop.born(birth(2, { backlog: [{ bootEpoch: 1, oldestSeq: 1, nextSeq: 2 }] }), new Uint8Array(0));
      expect(acks).toEqual([]);
      await loop.take(cam, "stats", astray(1));
      expect(await store.series.counts()).toMatchObject({ stored: 0, deadLetters: 1 });
      expect(acks.at(-1)?.ack).toMatchObject({ bootEpoch: 1, seq: 1 });
    });
  });

  test("of another device is refused, and changes nothing of that device", async () => {
    const loop = openLoop();
    await loop.take("cam-2" as DeviceId, "stats", encodeWindow(windowAt(1)));
    expect(loop.counters.refused).toMatchObject({ "ingest/wrong-device": 1 });
    expect(acks).toEqual([]);
    await loop.take(cam, "stats", encodeWindow(windowAt(1)));
    expect(loop.counters.repeated).toBe(0);
    expect(await store.series.counts([cam])).toMatchObject({ stored: 1 });
  });
});

describe("a store that fails", () => {
  function failing(times: number): TimeSeriesStore {
    let left = times;
    return withCommit(async (batch) => {
      left -= 1;
      if (left >= 0) throw new Error("the disk is full");
      return await store.series.commit(batch);
    });
  }

  test("has nothing acknowledged, and what is sent again is stored once", async () => {
    const loop = openLoop(failing(1));
    const windows = [1, 2, 3].map((seq) => windowAt(seq));
    const send = () => Promise.all(windows.map((w) => loop.take(cam, "stats", encodeWindow(w))));
    await send();
    expect(acks).toEqual([]);
    expect(await store.series.counts()).toMatchObject({ stored: 0 });
    await send();
    expect(await store.series.counts()).toMatchObject({ stored: 3, distinct: 3 });
    expect(loop.counters.repeated).toBe(0);
    expect(acks.at(-1)?.ack.seq).toBe(3);
  });

  test("is told as a fault until it stores again", async () => {
    const loop = openLoop(failing(1));
    await loop.take(cam, "stats", encodeWindow(windowAt(1)));
    expect(faults).toEqual(["the disk is full"]);
    await loop.take(cam, "stats", encodeWindow(windowAt(1)));
    expect(faults.at(-1)).toBeUndefined();
  });

  test("does not have what was stored before forgotten", async () => {
    await openLoop().take(cam, "stats", encodeWindow(windowAt(1)));
    const loop = openLoop(failing(1));
    await loop.load();
    await loop.take(cam, "stats", encodeWindow(windowAt(2)));
    // Sent while the loop still finds out what the store holds: judged against that, and not against nothing.
    await Promise.all([loop.take(cam, "stats", encodeWindow(windowAt(1))), loop.take(cam, "stats", encodeWindow(windowAt(2)))]);
    expect(loop.counters.repeated).toBe(1);
    expect(await store.series.counts()).toMatchObject({ stored: 2, distinct: 2 });
    expect(acks.at(-1)?.ack).toMatchObject({ bootEpoch: 1, seq: 2 });
  });
});

test("a message that no store takes becomes a dead letter, and those beside it are stored", async () => {
  const unstorable = withCommit(async (batch) => {
    if (batch.windows.some((w) => w.key.seq === 2)) throw new InvariantError("a count of -1");
    return await store.series.commit(batch);
  });
  const loop = openLoop(unstorable);
  await Promise.all([1, 2, 3].map((seq) => loop.take(cam, "stats", encodeWindow(windowAt(seq)))));
  expect((await store.series.windows({})).map((w) => w.key.seq)).toEqual([1, 3]);
  expect(await store.series.deadLetters({ limit: 10 })).toMatchObject([
    { deviceId: cam, reason: "ingest/unstorable", message: "a count of -1", bytes: encodeWindow(windowAt(2)) },
  ]);
  expect(acks.at(-1)?.ack.seq).toBe(3);
  const again = openLoop(unstorable);
  await again.load();
  await again.take(cam, "stats", encodeWindow(windowAt(2)));
  expect(again.counters.repeated).toBe(1);
});

test("a device that does not read its acknowledgements holds up nobody else", async () => {
  let release: () => void = () => undefined;
  const stuck = new Promise<void>((resolve) => {
    release = resolve;
  });
  const loop = new IngestLoop({
    series: store.series,
    publish: (topic) => (topic.includes("slow") ? stuck : Promise.resolve()),
    clock,
    log: silentLog,
    fenceOf: () => fence,
    ownShards: () => allShards,
    specHashOf: () => specHash,
    onEvents: () => undefined,
    onWindows: () => undefined,
    onFault: () => undefined,
  });
  let isSlowDone = false;
  const slow = loop.take("slow" as DeviceId, "stats", encodeWindow(windowAt(1, { device: "slow" }))).then(() => {
    isSlowDone = true;
  });
  for (let seq = 1; seq <= 5; seq += 1) await loop.take(cam, "stats", encodeWindow(windowAt(seq)));
  expect(isSlowDone).toBe(false);
  release();
  await slow;
  expect(await store.series.counts()).toMatchObject({ stored: 6 });
});

describe("what was refused before it came here", () => {
  const head = (seq: number) => encodeWindow(windowAt(seq)).subarray(0, 40);
  const oversize = { deviceId: cam, leaf: "stats", size: 9_000_000, code: "ingest/oversize", message: "too large" } as const;

  test("is counted and kept with its size; the device's own is settled, so that it goes on behind it", async () => {
    const loop = openLoop();
    await loop.refuse({ ...oversize, payload: head(1), isOwn: true });
    await loop.take(cam, "stats", encodeWindow(windowAt(2)));
    expect(acks.at(-1)?.ack).toMatchObject({ bootEpoch: 1, seq: 2 });
    expect(loop.counters).toMatchObject({ received: 2, refused: { "ingest/oversize": 1 } });
    expect(await store.series.deadLetters({ limit: 9 })).toMatchObject([{ reason: "ingest/oversize", size: 9_000_000, bytes: head(1) }]);
  });

  test("settles nothing where it is not known who sent it", async () => {
    const loop = openLoop();
    await loop.refuse({ ...oversize, payload: head(1), isOwn: false });
    expect(acks).toEqual([]);
    expect(loop.counters.refused).toMatchObject({ "ingest/oversize": 1 });
    await loop.take(cam, "stats", encodeWindow(windowAt(1)));
    expect(await store.series.counts()).toMatchObject({ stored: 1, deadLetters: 1 });
  });

  test("while the store is asked what it holds, acknowledges nothing of what was lost with a failed batch", async () => {
    let isFirst = true;
    const loop = openLoop(
      withCommit(async (batch) => {
        if (!isFirst) return await store.series.commit(batch);
        isFirst = false;
        throw new Error("the disk is full");
      }),
    );
    await loop.take(cam, "stats", encodeWindow(windowAt(1)));
    await loop.refuse({ ...oversize, payload: head(2), isOwn: true });
    expect(acks.filter(({ ack }) => ack.seq > 0)).toEqual([]);
    await loop.take(cam, "stats", encodeWindow(windowAt(1)));
    expect(await store.series.counts()).toMatchObject({ stored: 1 });
    expect(acks.at(-1)?.ack).toMatchObject({ bootEpoch: 1, seq: 2 });
  });
});
