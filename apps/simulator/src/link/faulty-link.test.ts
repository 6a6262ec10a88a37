import { type DeviceId, seededRandom, silentLog } from "@kedge/core";
import { ackFor, admit, emptyIngestState, type IngestState } from "@kedge/ingest";
import { encodeAck, type Link, topicFor } from "@kedge/wire";
import { MemoryBroker, MemoryOutbox, ReportLoop } from "@kedge/wire/adapters";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FaultyLink, type LinkFaults } from "./faulty-link.js";

const deviceId = "sim-1" as DeviceId;
const none: LinkFaults = { loss: 0, duplication: 0, reordering: 0, delay: [0, 0] };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance", "Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A collector that stores what it admits, and acknowledges as the real one does. */
class Store {
  readonly stored: string[] = [];
  repeats = 0;
  #state: IngestState = emptyIngestState;

  async open(broker: MemoryBroker): Promise<void> {
    const link = broker.link({ clientId: "collector" });
    await link.subscribe(topicFor(deviceId, "stats"), { qos: 1 }, ({ payload }) => this.#take(link, Buffer.from(payload).toString()));
    await link.connect();
  }

  #take(link: Link, text: string): void {
    const [bootEpoch = 0, seq = 0] = text.split("/").map(Number);
    const admitted = admit(this.#state, { bootEpoch, seq });
    if (admitted.kind === "admitted") {
      this.#state = admitted.state;
      this.stored.push(text);
    } else this.repeats += 1;
    const ack = ackFor(this.#state, bootEpoch);
    if (ack !== undefined) void link.publish(topicFor(deviceId, "ack"), encodeAck(ack), { qos: 0 });
  }
}

async function deliver(windows: number, faults: LinkFaults, seed: number, cutEvery: number) {
  const broker = new MemoryBroker();
  const store = new Store();
  await store.open(broker);
  const counts = { lost: 0, duplicated: 0, reordered: 0, delayed: 0 };
  const link = new FaultyLink(broker.link({ clientId: deviceId }), faults, { random: seededRandom(seed), counts });
  const outbox = new MemoryOutbox({ bootEpoch: 3 });
  const loop = new ReportLoop({ deviceId, outbox, link, log: silentLog });
  await loop.start();
  await link.connect();
  for (let i = 0; i < windows; i += 1) {
    await outbox.append("window", ({ bootEpoch, seq }) => new TextEncoder().encode(`${bootEpoch}/${seq}`));
    loop.wake();
    if (cutEvery > 0 && i % cutEvery === cutEvery - 1) broker.cut(deviceId);
    await vi.advanceTimersByTimeAsync(500);
  }
  // Waits between tries double up to an hour; half of all lost, a few are enough.
  for (let hours = 0; hours < 48 && outbox.stats().records > 0; hours += 1) await vi.advanceTimersByTimeAsync(3_600_000);
  loop.stop();
  await link.close();
  return { store, outbox, counts };
}

describe("over a link that loses, doubles, delays and reorders", () => {
  test("everything arrives, and is stored once, as long as anything gets through", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.record({
          loss: fc.double({ min: 0, max: 0.5, noNaN: true }),
          duplication: fc.double({ min: 0, max: 1, noNaN: true }),
          reordering: fc.double({ min: 0, max: 1, noNaN: true }),
          delay: fc.tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 100, max: 3_000 })),
        }),
        fc.nat(),
        fc.integer({ min: 0, max: 5 }),
        async (windows, faults, seed, cutEvery) => {
          const { store, outbox } = await deliver(windows, faults, seed, cutEvery);
          expect(outbox.stats().records).toBe(0);
          expect([...store.stored].sort()).toEqual(Array.from({ length: windows }, (_, i) => `3/${i + 1}`).sort());
        },
      ),
      { numRuns: 40 },
    );
  });

  test("each fault is made about as often as it was asked for, and counted", async () => {
    const { store, counts } = await deliver(400, { loss: 0.1, duplication: 0.2, reordering: 0.3, delay: [1, 50] }, 5, 0);
    expect(store.repeats).toBeGreaterThan(0);
    const all = counts.lost + counts.delayed;
    for (const [count, share] of [
      [counts.lost, 0.1],
      [counts.duplicated, 0.9 * 0.2],
      [counts.reordered, 0.9 * 0.3],
    ] as const)
      expect(Math.abs(count - share * all)).toBeLessThan(5 * Math.sqrt(share * (1 - share) * all));
  });
});

test("without faults it is the link itself: same order, nothing twice", async () => {
  const { store, counts } = await deliver(100, none, 1, 0);
  expect(store.stored).toEqual(Array.from({ length: 100 }, (_, i) => `3/${i + 1}`));
  expect(store.repeats).toBe(0);
  expect(counts).toEqual({ lost: 0, duplicated: 0, reordered: 0, delayed: 0 });
});

test("what MQTT alone repairs is left alone", async () => {
  const broker = new MemoryBroker();
  const link = new FaultyLink(
    broker.link({ clientId: deviceId }),
    { ...none, loss: 1 },
    { random: seededRandom(1), counts: { lost: 0, duplicated: 0, reordered: 0, delayed: 0 } },
  );
  const heard: string[] = [];
  const other = broker.link({ clientId: "other" });
  await other.subscribe("kedge/1/#", { qos: 1 }, ({ topic }) => void heard.push(topic));
  await Promise.all([other.connect(), link.connect()]);
  for (const leaf of ["birth", "stats", "death", "evt"] as const) await link.publish(topicFor(deviceId, leaf), Uint8Array.of(1), { qos: 1 });
  await vi.advanceTimersByTimeAsync(10_000);
  expect(heard).toEqual([topicFor(deviceId, "birth"), topicFor(deviceId, "death")]);
  await link.close();
});

test("closed while a message waits, nobody waits for ever", async () => {
  const broker = new MemoryBroker();
  const link = new FaultyLink(
    broker.link({ clientId: deviceId }),
    { ...none, delay: [60_000, 60_000] },
    { random: seededRandom(1), counts: { lost: 0, duplicated: 0, reordered: 0, delayed: 0 } },
  );
  await link.connect();
  const sent = link.publish(topicFor(deviceId, "stats"), Uint8Array.of(1), { qos: 1 });
  await link.close();
  expect(await sent).toMatchObject({ kind: "retryable", code: "wire/link-closed" });
});
