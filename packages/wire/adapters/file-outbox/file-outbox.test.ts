import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { seededRandom } from "@kedge/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { outboxContract } from "../../contract/outbox-contract.js";
import type { OutboxRecord } from "../../src/index.js";
import { type FileOutboxOptions, openFileOutbox } from "./file-outbox.js";
import { segmentHeader, segmentRecord } from "./segment-format.js";

const segmentsIn = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name.startsWith("segment-"))
    .sort();

for (const sync of ["always", "interval"] as const) {
  outboxContract(`file, sync ${sync}`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "kedge-outbox-"));
    const open: { close(): Promise<void> }[] = [];
    return {
      open: async (bounds) => {
        const outbox = await openFileOutbox({ folder: join(folder, "outbox"), sync, firstEpoch: 1, syncEveryMs: 5, ...bounds });
        open.push(outbox);
        return outbox;
      },
      close: async () => {
        for (const outbox of open) await outbox.close();
        rmSync(folder, { recursive: true });
      },
    };
  });
}

describe("an outbox in files", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "kedge-outbox-"));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const open = (changes: Partial<FileOutboxOptions> = {}) => openFileOutbox({ folder: join(root, "outbox"), firstEpoch: 1, ...changes });
  const seqs = (records: readonly OutboxRecord[]) => records.map((r) => `${r.bootEpoch}/${r.seq}`);

  /** A folder with `count` records of different lengths in one segment; gives where each record ends. */
  async function filled(count: number): Promise<{ folder: string; segment: string; ends: number[] }> {
    const folder = join(root, "filled");
    const outbox = await open({ folder });
    const ends: number[] = [];
    for (let i = 1; i <= count; i += 1) {
      await outbox.append("window", ({ seq }) => new Uint8Array(10 + 7 * i).fill(seq));
      ends.push(statSync(join(folder, segmentsIn(folder)[0] ?? "")).size);
    }
    await outbox.close();
    return { folder, segment: segmentsIn(folder)[0] ?? "", ends };
  }

  /** Copies a folder, damages the copy, opens it, and gives what it holds. */
  async function reopened(folder: string, damage: (path: string) => void, segment: string) {
    const copy = mkdtempSync(join(root, "copy-"));
    cpSync(folder, copy, { recursive: true });
    damage(join(copy, segment));
    const outbox = await open({ folder: copy });
    const found = await outbox.peek(100);
    for (const { bytes, seq } of found) expect(bytes).toEqual(new Uint8Array(10 + 7 * seq).fill(seq));
    return { outbox, found, copy };
  }

  test("cut at every byte, it holds every record that was whole, and goes on", { timeout: 30_000 }, async () => {
    const { folder, segment, ends } = await filled(3);
    for (let size = 0; size <= (ends.at(-1) ?? 0); size += 1) {
      const { outbox, found } = await reopened(folder, (path) => truncateSync(path, size), segment);
      const whole = ends.filter((end) => end <= size).length;
      expect(seqs(found), `cut at ${size}`).toEqual([1, 2, 3].slice(0, whole).map((seq) => `1/${seq}`));
      expect(outbox.bootEpoch).toBe(2);
      if (size % 8 === 0) {
        await outbox.append("event", () => new Uint8Array(3));
        expect(seqs(await outbox.peek(100)).at(-1)).toBe("2/1");
      }
      await outbox.close();
    }
  });

  test("wherever it was cut, it is whole again after one opening", { timeout: 30_000 }, async () => {
    const { folder, segment, ends } = await filled(3);
    for (let size = 0; size <= (ends.at(-1) ?? 0); size += 11) {
      const { outbox, found, copy } = await reopened(folder, (path) => truncateSync(path, size), segment);
      await outbox.append("window", () => new Uint8Array(17));
      await outbox.close();
      const again = await open({ folder: copy });
      expect(again.stats()).toMatchObject({ damagedRecords: 0, records: found.length + 1 });
      await again.close();
    }
  });

  test("a flipped bit anywhere costs at most the record it is in, and is counted", { timeout: 30_000 }, async () => {
    const { folder, segment, ends } = await filled(4);
    const size = ends.at(-1) ?? 0;
    for (let at = 0; at < size; at += 5) {
      const { outbox, found } = await reopened(
        folder,
        (path) => {
          const file = readFileSync(path);
          file[at] = (file[at] ?? 0) ^ 0x10;
          writeFileSync(path, file);
        },
        segment,
      );
      const hit = at < 20 ? 0 : ends.findIndex((end) => at < end) + 1;
      expect(seqs(found), `bit at ${at}`).toEqual([1, 2, 3, 4].filter((seq) => seq !== hit).map((seq) => `1/${seq}`));
      expect(outbox.stats()).toMatchObject({ damagedRecords: 1 });
      await outbox.close();
    }
  });

  test("garbage in place of a record is skipped, and told as a hole", async () => {
    const { folder, segment, ends } = await filled(4);
    const garbage = (path: string) => {
      const file = readFileSync(path);
      writeFileSync(path, Buffer.concat([file.subarray(0, ends[0]), Buffer.alloc(1_000, 0x4b), file.subarray(ends[1])]));
    };
    const { outbox, found } = await reopened(folder, garbage, segment);
    expect(seqs(found)).toEqual(["1/1", "1/3", "1/4"]);
    expect(outbox.held()).toEqual([
      { bootEpoch: 1, oldestSeq: 1, nextSeq: 2 },
      { bootEpoch: 1, oldestSeq: 3, nextSeq: 5 },
      { bootEpoch: 2, oldestSeq: 1, nextSeq: 1 },
    ]);
    await outbox.close();
  });

  test("a record that is inside another one's payload is not taken for a record", async () => {
    const outbox = await open();
    const inner = segmentRecord(7, { key: { bootEpoch: 9, seq: 9 }, kind: "window", bytes: new Uint8Array(4) });
    await outbox.append("sample", () => inner);
    await outbox.close();
    const path = join(root, "outbox", segmentsIn(join(root, "outbox"))[0] ?? "");
    const file = readFileSync(path);
    file[24] = (file[24] ?? 0) ^ 1;
    writeFileSync(path, file);
    const again = await open();
    expect(await again.peek(10)).toEqual([]);
    await again.close();
  });

  test("random damage never throws, and never invents a record", { timeout: 30_000 }, async () => {
    const { folder, segment } = await filled(6);
    const random = seededRandom(5);
    const int = (below: number) => Math.floor(random() * below);
    for (let round = 0; round < 60; round += 1) {
      const damage = (path: string) => {
        const file = Array.from(readFileSync(path));
        for (let times = 1 + int(4); times > 0; times -= 1) file.splice(int(file.length), int(40), ...Array.from({ length: int(40) }, () => int(256)));
        writeFileSync(path, Uint8Array.from(file));
      };
      const { outbox, found } = await reopened(folder, damage, segment);
      expect(found.length).toBeLessThanOrEqual(6);
      await outbox.close();
    }
  });

  test("a process that is killed loses nothing that was appended", async () => {
    const outbox = await open();
    for (let i = 0; i < 5; i += 1) await outbox.append("window", () => new Uint8Array(100));
    // Not closed: what a kill leaves is what is in the files now.
    cpSync(join(root, "outbox"), join(root, "killed"), { recursive: true });
    const after = await open({ folder: join(root, "killed") });
    expect(seqs(await after.peek(10))).toEqual(["1/1", "1/2", "1/3", "1/4", "1/5"]);
    await after.close();
    await outbox.close();
  });

  test("acknowledged segments are removed from the disk", async () => {
    const outbox = await open({ maxBytes: 65_536, segmentBytes: 4_096 });
    for (let i = 0; i < 40; i += 1) await outbox.append("window", () => new Uint8Array(1_000));
    expect(segmentsIn(join(root, "outbox")).length).toBeGreaterThan(8);
    await outbox.ackThrough({ bootEpoch: 1, seq: 39 });
    expect(segmentsIn(join(root, "outbox"))).toHaveLength(1);
    await outbox.ackThrough({ bootEpoch: 1, seq: 40 });
    for (let seq = 41; seq <= 340; seq += 1) {
      expect(await outbox.append("window", () => new Uint8Array(100))).toMatchObject({ kind: "appended", key: { seq } });
      if (seq % 100 === 0) await outbox.ackThrough({ bootEpoch: 1, seq });
    }
    expect(outbox.stats()).toMatchObject({ droppedRecords: 0, records: 40 });
    await outbox.close();
  });

  test("its files never exceed the bound", async () => {
    const folder = join(root, "outbox");
    const outbox = await open({ maxBytes: 20_000, segmentBytes: 4_000 });
    for (let i = 0; i < 100; i += 1) {
      await outbox.append("window", () => new Uint8Array(1 + ((i * 379) % 3_000)));
      expect(segmentsIn(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)).toBeLessThanOrEqual(20_000);
    }
    await outbox.close();
  });

  test.each(["", "garbage", "-5\n", "99999999999999\n"])("a boot epoch file with %j is made up for by the records", async (content) => {
    const { folder } = await filled(1);
    writeFileSync(join(folder, "boot-epoch"), content);
    const outbox = await open({ folder });
    expect(outbox.bootEpoch).toBe(2);
    await outbox.close();
    expect(readFileSync(join(folder, "boot-epoch"), "utf8")).toBe("2\n");
  });

  test("the boot epoch grows with every start, also when nothing is written", async () => {
    for (let epoch = 1; epoch <= 4; epoch += 1) {
      const outbox = await open();
      expect(outbox.bootEpoch).toBe(epoch);
      await outbox.close();
    }
    writeFileSync(join(root, "outbox", "boot-epoch"), "4294967295\n");
    await expect(open()).rejects.toMatchObject({ code: "wire/outbox-unreadable" });
  });

  test("a segment of a newer format is left alone", async () => {
    const folder = join(root, "outbox");
    mkdirSync(folder);
    const header = segmentHeader(1);
    header.writeUInt32LE(2, 8);
    header.writeUInt32LE(crc32(header.subarray(0, 16)), 16);
    writeFileSync(join(folder, "segment-0000000001.kob"), header);
    await expect(open()).rejects.toMatchObject({ code: "wire/outbox-unknown-format", context: { exit: "storage" } });
    expect(readFileSync(join(folder, "segment-0000000001.kob"))).toEqual(header);
    expect(existsSync(join(folder, "boot-epoch"))).toBe(false);
  });

  test("a record that goes bad while the outbox is open is given up and counted", async () => {
    const folder = join(root, "outbox");
    const outbox = await open();
    for (let i = 0; i < 3; i += 1) await outbox.append("window", () => new Uint8Array(50));
    const path = join(folder, segmentsIn(folder)[0] ?? "");
    const file = readFileSync(path);
    file[20 + 74 + 40] = 0xff;
    writeFileSync(path, file);
    expect(seqs(await outbox.peek(10))).toEqual(["1/1", "1/3"]);
    expect(outbox.stats()).toMatchObject({ records: 2, damagedRecords: 1 });
    await outbox.close();
  });

  test("a folder that cannot be used is named, with what to do", async () => {
    writeFileSync(join(root, "file"), "");
    await expect(open({ folder: join(root, "file", "outbox") })).rejects.toMatchObject({
      code: "wire/outbox-unreadable",
      message: expect.stringContaining(join(root, "file", "outbox")) as string,
      hint: expect.stringContaining("folder") as string,
      context: { exit: "storage" },
    });
  });

  test("when the files cannot be written an append fails as retryable, and uses no number", async () => {
    const folder = join(root, "outbox");
    const outbox = await open();
    rmSync(folder, { recursive: true });
    await expect(outbox.append("window", () => new Uint8Array(1))).rejects.toMatchObject({ code: "wire/outbox-unwritable", retryable: true });
    mkdirSync(folder);
    expect(await outbox.append("window", () => new Uint8Array(1))).toMatchObject({ kind: "appended", key: { seq: 1 } });
    await outbox.close();
  });

  test.each([{ maxBytes: 100 }, { maxBytes: 10_000, segmentBytes: 9_000 }, { maxBytes: 10_000, segmentBytes: 0 }])(
    "bounds %j make no sense",
    async (bounds) => {
      await expect(open(bounds)).rejects.toMatchObject({ code: "wire/invalid-options", context: { exit: "config" } });
    },
  );

  test("closed, it does nothing more", async () => {
    const outbox = await open();
    await outbox.close();
    await outbox.close();
    await expect(outbox.append("window", () => new Uint8Array(1))).rejects.toMatchObject({ code: "wire/outbox-closed" });
  });
});
