import { seededRandom } from "@kedge/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { compareKeys, type Outbox, type OutboxKey, type OutboxKind, type OutboxRecord } from "../src/index.js";

/** Opens an outbox, and opens the same store again as a restart would. */
export interface OutboxStage {
  open(bounds?: { readonly maxBytes?: number; readonly maxRecordBytes?: number }): Promise<Outbox>;
  close(): Promise<void>;
}

const text = (record: OutboxRecord) => Buffer.from(record.bytes).toString();
const nameOf = (key: OutboxKey) => `${key.bootEpoch}/${key.seq}`;
const named = (label: string) => (key: OutboxKey) => new Uint8Array(Buffer.from(`${label} ${nameOf(key)}`));
const all = 1_000_000;

/** Everything that waits, over as many peeks as it takes. */
async function drain(outbox: Outbox): Promise<OutboxRecord[]> {
  const out: OutboxRecord[] = [];
  for (;;) {
    const more = await outbox.peek(all, out.at(-1));
    if (more.length === 0) return out;
    out.push(...more);
  }
}

/** The laws of {@link Outbox}. */
export function outboxContract(name: string, start: () => Promise<OutboxStage>): void {
  describe(`outbox laws: ${name}`, () => {
    let stage: OutboxStage;
    beforeEach(async () => {
      stage = await start();
    });
    afterEach(() => stage.close());

    test("numbers count from 1 within a boot epoch, and are in the record before it is kept", async () => {
      const outbox = await stage.open();
      const kinds: OutboxKind[] = ["window", "sample", "event"];
      for (const kind of kinds) await outbox.append(kind, named(kind));
      const epoch = outbox.bootEpoch;
      const records = await outbox.peek(10);
      expect(records.map(({ kind, bootEpoch, seq }) => [kind, bootEpoch, seq])).toEqual([
        ["window", epoch, 1],
        ["sample", epoch, 2],
        ["event", epoch, 3],
      ]);
      expect(records.map(text)).toEqual([`window ${epoch}/1`, `sample ${epoch}/2`, `event ${epoch}/3`]);
      expect(outbox.stats()).toMatchObject({ records: 3, bytes: records.reduce((sum, r) => sum + r.bytes.length, 0), droppedRecords: 0, damagedRecords: 0 });
    });

    test("appends made at the same time get different numbers", async () => {
      const outbox = await stage.open();
      const outcomes = await Promise.all(Array.from({ length: 50 }, () => outbox.append("window", named("w"))));
      expect(outcomes.map((o) => (o.kind === "appended" ? o.key.seq : 0))).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
      expect((await drain(outbox)).map((r) => text(r))).toEqual(Array.from({ length: 50 }, (_, i) => `w ${outbox.bootEpoch}/${i + 1}`));
    });

    test("when encoding fails nothing has changed", async () => {
      const outbox = await stage.open();
      await expect(
        outbox.append("window", () => {
          throw new RangeError("no");
        }),
      ).rejects.toThrow("no");
      expect(await outbox.append("window", named("w"))).toMatchObject({ kind: "appended", key: { seq: 1 } });
    });

    test("a record larger than any may be is refused, counted, and uses no number", async () => {
      const outbox = await stage.open({ maxBytes: 8_192, maxRecordBytes: 1_000 });
      expect(await outbox.append("sample", () => new Uint8Array(1_001))).toMatchObject({ kind: "refused", code: "wire/record-too-large" });
      expect(await outbox.append("sample", () => new Uint8Array(1_000))).toMatchObject({ kind: "appended", key: { seq: 1 } });
      expect(outbox.stats()).toMatchObject({ refused: 1, records: 1, bytes: 1_000 });
    });

    test("peek gives what lies behind a key, and removes nothing", async () => {
      const outbox = await stage.open();
      for (let i = 0; i < 10; i += 1) await outbox.append("window", named("w"));
      const { bootEpoch } = outbox;
      expect((await outbox.peek(3)).map((r) => r.seq)).toEqual([1, 2, 3]);
      expect((await outbox.peek(3, { bootEpoch, seq: 3 })).map((r) => r.seq)).toEqual([4, 5, 6]);
      expect((await outbox.peek(3, { bootEpoch: bootEpoch - 1, seq: 99 })).map((r) => r.seq)).toEqual([1, 2, 3]);
      expect(await outbox.peek(3, { bootEpoch, seq: 10 })).toEqual([]);
      expect(await outbox.peek(0)).toEqual([]);
    });

    test("an acknowledgement drops what it covers, may be repeated, and never what comes later", async () => {
      const outbox = await stage.open();
      const { bootEpoch } = outbox;
      for (let i = 0; i < 5; i += 1) await outbox.append("window", named("w"));
      await outbox.ackThrough({ bootEpoch, seq: 3 });
      await outbox.ackThrough({ bootEpoch, seq: 3 });
      await outbox.ackThrough({ bootEpoch, seq: 1 });
      await outbox.ackThrough({ bootEpoch: bootEpoch + 7, seq: 99 });
      expect((await drain(outbox)).map((r) => r.seq)).toEqual([4, 5]);
      await outbox.ackThrough({ bootEpoch, seq: 100 });
      expect(await drain(outbox)).toEqual([]);
      expect(outbox.stats()).toMatchObject({ records: 0, bytes: 0 });
      // Acknowledged beyond its end (by a collector that remembers another life of this device), it keeps what is new.
      await outbox.append("window", named("w"));
      expect((await drain(outbox)).map((r) => r.seq)).toEqual([6]);
    });

    test("a restart has a higher epoch, and keeps what waits under its old keys, first", async () => {
      const first = await stage.open();
      for (let i = 0; i < 4; i += 1) await first.append("window", named("old"));
      await first.ackThrough({ bootEpoch: first.bootEpoch, seq: 1 });
      await first.close();
      const second = await stage.open();
      expect(second.bootEpoch).toBe(first.bootEpoch + 1);
      await second.append("event", named("new"));
      expect((await drain(second)).map(text)).toEqual([2, 3, 4].map((seq) => `old ${first.bootEpoch}/${seq}`).concat(`new ${second.bootEpoch}/1`));
      await second.ackThrough({ bootEpoch: second.bootEpoch, seq: 1 });
      expect((await drain(second)).map((r) => r.bootEpoch)).toEqual([first.bootEpoch, first.bootEpoch, first.bootEpoch]);
      await second.close();
      const third = await stage.open();
      expect(third.bootEpoch).toBe(second.bootEpoch + 1);
      expect((await drain(third)).map(text)).toEqual([2, 3, 4].map((seq) => `old ${first.bootEpoch}/${seq}`));
    });

    test("what is held is told in ranges, the present epoch last", async () => {
      const first = await stage.open();
      expect(first.held()).toEqual([{ bootEpoch: first.bootEpoch, oldestSeq: 1, nextSeq: 1 }]);
      for (let i = 0; i < 4; i += 1) await first.append("window", named("w"));
      await first.ackThrough({ bootEpoch: first.bootEpoch, seq: 2 });
      expect(first.held()).toEqual([{ bootEpoch: first.bootEpoch, oldestSeq: 3, nextSeq: 5 }]);
      await first.close();
      const second = await stage.open();
      expect(second.held()).toEqual([
        { bootEpoch: first.bootEpoch, oldestSeq: 3, nextSeq: 5 },
        { bootEpoch: second.bootEpoch, oldestSeq: 1, nextSeq: 1 },
      ]);
      await second.append("window", named("w"));
      await second.ackThrough({ bootEpoch: first.bootEpoch, seq: 4 });
      await second.ackThrough({ bootEpoch: second.bootEpoch, seq: 1 });
      expect(second.held()).toEqual([{ bootEpoch: second.bootEpoch, oldestSeq: 2, nextSeq: 2 }]);
    });

    test("its size is bounded: the oldest records go, and are counted", async () => {
      const outbox = await stage.open({ maxBytes: 16_384, maxRecordBytes: 2_000 });
      for (let i = 0; i < 100; i += 1) expect(await outbox.append("window", () => new Uint8Array(1_000).fill(i))).toMatchObject({ kind: "appended" });
      const left = await drain(outbox);
      const { droppedRecords, droppedBytes, bytes, records } = outbox.stats();
      expect(bytes).toBeLessThanOrEqual(16_384);
      expect(records).toBeGreaterThanOrEqual(8);
      expect(left.map((r) => r.seq)).toEqual(Array.from({ length: records }, (_, i) => 101 - records + i));
      expect([droppedRecords, droppedBytes]).toEqual([100 - records, 1_000 * (100 - records)]);
      expect(outbox.held()).toEqual([{ bootEpoch: outbox.bootEpoch, oldestSeq: 101 - records, nextSeq: 101 }]);
    });

    test("what was acknowledged is not counted as dropped", async () => {
      const outbox = await stage.open({ maxBytes: 16_384, maxRecordBytes: 2_000 });
      for (let i = 1; i <= 100; i += 1) {
        await outbox.append("window", () => new Uint8Array(1_000));
        await outbox.ackThrough({ bootEpoch: outbox.bootEpoch, seq: i });
      }
      expect(outbox.stats()).toMatchObject({ droppedRecords: 0, records: 0 });
    });

    test("any history leaves what a list in memory would hold", { timeout: 30_000 }, async () => {
      const random = seededRandom(11);
      const int = (below: number) => Math.floor(random() * below);
      let outbox = await stage.open();
      let waiting: (OutboxKey & { bytes: Uint8Array })[] = [];
      for (let step = 0; step < 300; step += 1) {
        const what = int(20);
        if (what < 12) {
          const bytes = Uint8Array.from({ length: int(200) }, () => int(256));
          const outcome = await outbox.append("window", () => bytes);
          if (outcome.kind === "appended") waiting.push({ ...outcome.key, bytes });
        } else if (what < 17) {
          const { bootEpoch, seq } = waiting[int(waiting.length)] ?? { bootEpoch: outbox.bootEpoch, seq: int(10) };
          await outbox.ackThrough({ bootEpoch, seq });
          waiting = waiting.filter((r) => r.bootEpoch !== bootEpoch || r.seq > seq);
        } else if (what < 18) {
          await outbox.close();
          outbox = await stage.open();
        } else {
          const after = waiting[int(waiting.length)];
          const wanted = waiting.filter((r) => after === undefined || compareKeys(r, after) > 0).slice(0, 7);
          expect((await outbox.peek(7, after)).map((r) => [nameOf(r), r.bytes])).toEqual(wanted.map((r) => [nameOf(r), r.bytes]));
        }
        expect(outbox.stats()).toMatchObject({ records: waiting.length, bytes: waiting.reduce((sum, r) => sum + r.bytes.length, 0), damagedRecords: 0 });
      }
      expect((await drain(outbox)).map((r) => [nameOf(r), r.bytes])).toEqual(waiting.map((r) => [nameOf(r), r.bytes]));
    });
  });
}
