import { MemoryOutbox } from "@kedge/wire/adapters";
import { expect, test } from "vitest";
import { LedgerOutbox } from "./ledger-outbox.js";

function opened(maxBytes = 1_000_000) {
  const counts = { produced: 0, acknowledged: 0, dropped: 0 };
  const latencies: number[] = [];
  const outbox = new LedgerOutbox(new MemoryOutbox({ bootEpoch: 5, maxBytes }), { counts, onAcknowledged: (ms) => latencies.push(ms) });
  return { counts, latencies, outbox };
}

const append = async (outbox: LedgerOutbox, kind: "window" | "event", count: number, bytes = 10): Promise<void> => {
  for (let i = 0; i < count; i += 1) await outbox.append(kind, () => new Uint8Array(bytes));
};

test("windows are counted when they are put in and when they are acknowledged, once, and events are not", async () => {
  const { counts, latencies, outbox } = opened();
  outbox.stamp(performance.now() - 1_000);
  await append(outbox, "window", 3);
  await append(outbox, "event", 2);
  await outbox.ackThrough({ bootEpoch: 5, seq: 2 });
  await outbox.ackThrough({ bootEpoch: 5, seq: 1 });
  await outbox.ackThrough({ bootEpoch: 4, seq: 9 });
  expect(counts).toEqual({ produced: 3, acknowledged: 2, dropped: 0 });
  await outbox.ackThrough({ bootEpoch: 5, seq: 5 });
  expect(counts).toEqual({ produced: 3, acknowledged: 3, dropped: 0 });
  expect(latencies.length).toBe(3);
  for (const ms of latencies) expect(ms).toBeGreaterThanOrEqual(1_000);
  expect(outbox.stats().records).toBe(0);
});

test("a restart has a higher boot epoch, and what was waiting is still counted under its old key", async () => {
  const { counts, outbox } = opened();
  await append(outbox, "window", 2);
  const again = outbox.restarted();
  expect(again.bootEpoch).toBe(6);
  await append(again, "window", 1);
  await again.ackThrough({ bootEpoch: 5, seq: 2 });
  expect(counts).toEqual({ produced: 3, acknowledged: 2, dropped: 0 });
  expect((await again.peek(9)).map((r) => [r.bootEpoch, r.seq])).toEqual([[6, 1]]);
});

test("what made way for newer windows is dropped, and no acknowledgement makes it acknowledged", async () => {
  const { counts, outbox } = opened(45);
  await append(outbox, "window", 10);
  expect(counts).toEqual({ produced: 10, acknowledged: 0, dropped: 6 });
  await outbox.ackThrough({ bootEpoch: 5, seq: 10 });
  expect(counts).toEqual({ produced: 10, acknowledged: 4, dropped: 6 });
});
