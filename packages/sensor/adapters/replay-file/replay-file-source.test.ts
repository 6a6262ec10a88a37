import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type Clock, silentLog } from "@kedge/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Reading } from "../../src/index.js";
import { readIdxFile } from "./read-idx-file.js";
import { replayFile } from "./replay-file-source.js";

const clock: Clock = { nowMs: () => 5, monotonicMs: () => performance.now() };
const idx = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6);
const lines = '{"id":"a","inputs":{"t":1}}\nbroken\n{"inputs":{"t":2}}\n';
let dir = "";

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "kedge-replay-"));
  await writeFile(join(dir, "frames"), idx);
  await writeFile(join(dir, "frames.gz"), gzipSync(idx));
  await writeFile(join(dir, "short.gz"), gzipSync(idx).subarray(0, 20));
  await writeFile(join(dir, "lines.ndjson"), lines);
  await writeFile(join(dir, "lines.ndjson.gz"), gzipSync(lines));
  await writeFile(join(dir, "empty.ndjson"), "nothing\n");
});
afterAll(() => rm(dir, { recursive: true }));

const sourceOf = (file: string, options: Readonly<Record<string, unknown>> = {}) =>
  replayFile.create(replayFile.config.parse({ kind: "replay-file", path: join(dir, file), perSecond: 10_000, ...options }), { clock, log: silentLog });

async function take(readings: AsyncIterable<Reading>, most = 100): Promise<Reading[]> {
  const out: Reading[] = [];
  for await (const r of readings) if (out.push(r) === most) break;
  return out;
}

const open = { aborted: false };

describe("IDX", () => {
  test.each(["frames", "frames.gz"])("plays the items of %s in order", async (file) => {
    const source = sourceOf(file, { input: "frame" });
    const readings = await take(source.readings(open));
    expect(readings.map((r) => r.id)).toEqual([`${file}-0`, `${file}-1`, `${file}-2`]);
    expect(readings[2]).toEqual({ id: `${file}-2`, atMs: 5, inputs: { frame: { type: "uint8", dims: [1, 2], values: Uint8Array.of(5, 6) } } });
    expect(source.counts()).toEqual({ read: 3, skipped: 0, lastSkip: null });
  });

  test("plays a part, for ever, with ids that differ by pass", async () => {
    const readings = await take(sourceOf("frames", { first: 1, count: 2, loop: true }).readings(open), 5);
    expect(readings.map((r) => r.id)).toEqual(["frames-1", "frames-2", "frames-1.1", "frames-2.1", "frames-1.2"]);
  });

  test("a file cut short fails by name", async () => {
    await expect(take(sourceOf("short.gz").readings(open))).rejects.toMatchObject({
      code: "sensor/file-unreadable",
      message: expect.stringContaining("short.gz"),
    });
  });

  test("unpacking stops at the bound", async () => {
    await writeFile(join(dir, "bomb.gz"), gzipSync(new Uint8Array(1_000_000)));
    await expect(readIdxFile(join(dir, "bomb.gz"), 1000)).rejects.toMatchObject({ code: "sensor/file-unreadable" });
  });
});

describe("lines", () => {
  test.each(["lines.ndjson", "lines.ndjson.gz"])("plays %s and skips what is no reading", async (file) => {
    const source = sourceOf(file);
    expect((await take(source.readings(open))).map((r) => [r.id, r.atMs, r.inputs["t"]])).toEqual([
      ["a", 5, 1],
      [`${file}-2`, 5, 2],
    ]);
    expect(source.counts()).toMatchObject({ read: 2, skipped: 1, lastSkip: expect.stringContaining("sensor/not-json") });
  });

  test("loops, but not over a file without a reading", async () => {
    expect((await take(sourceOf("lines.ndjson", { loop: true }).readings(open), 3)).map((r) => r.id)).toEqual(["a", "lines.ndjson-2", "a.1"]);
    expect(await take(sourceOf("empty.ndjson", { loop: true }).readings(open))).toEqual([]);
  });
});

test("keeps its rate", async () => {
  const started = performance.now();
  await take(sourceOf("frames", { perSecond: 50, loop: true }).readings(open), 6);
  expect(performance.now() - started).toBeGreaterThan(95);
});

test("close ends a long wait, an aborted signal ends the iteration", async () => {
  const source = sourceOf("frames", { perSecond: 0.001 });
  const reading = take(source.readings(open));
  await Promise.resolve();
  await source.close();
  expect((await reading).length).toBeLessThanOrEqual(1);
  expect(await take(sourceOf("frames").readings({ aborted: true }))).toEqual([]);
});

test("a file that is not there is refused when the source is made", () => {
  expect(() => sourceOf("none.gz")).toThrow(expect.objectContaining({ code: "sensor/file-unreadable", context: expect.objectContaining({ exit: "config" }) }));
});

test("unknown configuration keys are refused", () => {
  expect(replayFile.config.safeParse({ kind: "replay-file", path: "x", speed: 2 }).success).toBe(false);
});
