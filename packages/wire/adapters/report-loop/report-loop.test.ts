import type { DeviceId, Log } from "@kedge/core";
import { expect, onTestFinished, test, vi } from "vitest";
import { decodeAck, encodeAck, type Link, type OutboxKey, topicFor } from "../../src/index.js";
import { MemoryBroker } from "../memory/memory-broker.js";
import { MemoryOutbox } from "../memory/memory-outbox.js";
import { ReportLoop } from "./report-loop.js";

const deviceId = "cam-1" as DeviceId;

/** A log that remembers its warnings. */
function memoryLog(): { readonly log: Log; readonly said: string[] } {
  const said: string[] = [];
  const note = (fields: object, message: string): void => void said.push(`${"code" in fields ? `${String(fields.code)} ` : ""}${message}`);
  return { log: { debug: () => {}, info: () => {}, warn: note, error: note }, said };
}

/** Lets everything happen that was begun: the memory broker delivers in microtasks. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Lab {
  readonly broker: MemoryBroker;
  readonly outbox: MemoryOutbox;
  readonly link: Link;
  readonly loop: ReportLoop;
  readonly said: string[];
  /** What the collector has got, as text. */
  readonly received: string[];
  readonly collector: Link;
  append(...texts: readonly string[]): Promise<void>;
  ack(key: OutboxKey): Promise<void>;
}

/** A device whose outbox is reported to a collector that acknowledges only when a test says so. */
async function lab(): Promise<Lab> {
  const broker = new MemoryBroker();
  const outbox = new MemoryOutbox({ bootEpoch: 7 });
  const received: string[] = [];
  const collector = broker.link({ clientId: "collector" });
  await collector.subscribe(topicFor(deviceId, "stats"), { qos: 1 }, ({ payload }) => void received.push(new TextDecoder().decode(payload)));
  await collector.connect();
  const { log, said } = memoryLog();
  const link = broker.link({ clientId: deviceId });
  const loop = new ReportLoop({ deviceId, outbox, link, log });
  await loop.start();
  onTestFinished(() => loop.stop());
  return {
    broker,
    outbox,
    link,
    loop,
    said,
    received,
    collector,
    async append(...texts) {
      for (const text of texts) await outbox.append("window", () => new TextEncoder().encode(text));
      loop.wake();
      await settle();
    },
    async ack(key) {
      await collector.publish(topicFor(deviceId, "ack"), encodeAck(key), { qos: 0 });
      await settle();
    },
  };
}

test("records are sent once, in order, and kept until they are acknowledged", async () => {
  const { append, ack, outbox, link, loop, received } = await lab();
  await link.connect();
  await append("a", "b", "c");
  loop.wake();
  await settle();
  expect(received).toEqual(["a", "b", "c"]);
  expect(outbox.stats().records).toBe(3);
  await ack({ bootEpoch: 7, seq: 2 });
  expect(outbox.stats().records).toBe(1);
  expect(loop.counters).toMatchObject({ sent: 3, acknowledged: 2, resent: 0 });
  await ack({ bootEpoch: 7, seq: 3 });
  expect(outbox.stats().records).toBe(0);
  expect(received).toEqual(["a", "b", "c"]);
});

test("what was counted before the first connection is sent when it comes", async () => {
  const { append, link, received } = await lab();
  await append("a", "b");
  expect(received).toEqual([]);
  await link.connect();
  await settle();
  expect(received).toEqual(["a", "b"]);
});

test("after a cut everything unacknowledged is sent again, and nothing that was acknowledged", async () => {
  const { append, ack, broker, link, loop, received } = await lab();
  await link.connect();
  await append("a", "b", "c");
  await ack({ bootEpoch: 7, seq: 1 });
  received.length = 0;
  broker.cut(deviceId);
  await settle();
  await settle();
  expect(received).toEqual(["b", "c"]);
  expect(loop.counters.resent).toBe(2);
});

test("a broker that goes away and comes back: nothing is lost, in order", async () => {
  const { append, ack, broker, outbox, link, received } = await lab();
  await link.connect();
  await append("a");
  broker.stop();
  await append("b", "c");
  expect(outbox.stats().records).toBe(3);
  received.length = 0;
  broker.start();
  await settle();
  await settle();
  expect(received).toEqual(["a", "b", "c"]);
  await ack({ bootEpoch: 7, seq: 3 });
  expect(outbox.stats().records).toBe(0);
});

test("an acknowledgement that cannot be read is ignored, with a warning; so is one of another epoch", async () => {
  const { append, ack, collector, outbox, link, said } = await lab();
  await link.connect();
  await append("a", "b");
  const bad = Uint8Array.of(0xff, 0xff, 0xff);
  expect(decodeAck(bad).kind).toBe("rejected");
  await collector.publish(topicFor(deviceId, "ack"), bad, { qos: 0 });
  await settle();
  expect(said).toHaveLength(1);
  expect(said[0]).toMatch(/^wire\/.*an acknowledgement was ignored/);
  await ack({ bootEpoch: 6, seq: 2 });
  expect(outbox.stats().records).toBe(2);
  await ack({ bootEpoch: 7, seq: 2 });
  expect(outbox.stats().records).toBe(0);
});

test("only so much is sent beyond the last acknowledgement; the rest follows it", async () => {
  const { append, ack, outbox, link, received } = await lab();
  await link.connect();
  await append(...Array.from({ length: 100 }, (_, i) => `w${i + 1}`));
  expect(received.length).toBe(64);
  await ack({ bootEpoch: 7, seq: 64 });
  expect(received.length).toBe(100);
  expect(received.at(-1)).toBe("w100");
  await ack({ bootEpoch: 7, seq: 100 });
  expect(outbox.stats().records).toBe(0);
});

test("records of an earlier start go first and are forgotten by their own epoch", async () => {
  const before = new MemoryOutbox({ bootEpoch: 7 });
  await before.append("window", () => Uint8Array.of(97));
  const outbox = before.restarted();
  await outbox.append("window", () => Uint8Array.of(98));
  const broker = new MemoryBroker();
  const received: number[] = [];
  const collector = broker.link({ clientId: "collector" });
  await collector.subscribe(topicFor(deviceId, "stats"), { qos: 1 }, ({ payload }) => void received.push(payload[0] ?? 0));
  await collector.connect();
  const link = broker.link({ clientId: deviceId });
  const loop = new ReportLoop({ deviceId, outbox, link, log: memoryLog().log });
  await loop.start();
  onTestFinished(() => loop.stop());
  await link.connect();
  await settle();
  expect(received).toEqual([97, 98]);
  await collector.publish(topicFor(deviceId, "ack"), encodeAck({ bootEpoch: 7, seq: 1 }), { qos: 0 });
  await settle();
  expect(outbox.held().filter((range) => range.nextSeq > range.oldestSeq)).toMatchObject([{ bootEpoch: outbox.bootEpoch }]);
});

test("draining waits for the acknowledgement of the last record, and no longer than asked", async () => {
  const { append, ack, link, loop } = await lab();
  await link.connect();
  await append("a");
  let isDrained = false;
  const drained = loop.drain(60_000).then(() => {
    isDrained = true;
  });
  await settle();
  expect(isDrained).toBe(false);
  await ack({ bootEpoch: 7, seq: 1 });
  await drained;
  await append("b");
  await loop.drain(1);
  expect(loop.counters.acknowledged).toBe(1);
});

test("answers that bring nothing new do not put off sending again what was lost", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
  onTestFinished(() => void vi.useRealTimers());
  const { append, ack, link, loop, received } = await lab();
  await link.connect();
  await append("a", "b");
  await ack({ bootEpoch: 7, seq: 1 });
  received.length = 0;
  for (let second = 0; second < 17; second += 1) {
    vi.advanceTimersByTime(1_000);
    await ack({ bootEpoch: 7, seq: 1 });
  }
  expect(received).toEqual(["b"]);
  expect(loop.counters.resent).toBe(1);
});
