import { Readable } from "node:stream";
import { type Clock, silentLog } from "@kedge/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Reading } from "../../src/index.js";
import { type Line, LineSplitter } from "./line-splitter.js";
import { stdinLines } from "./stdin-lines-source.js";

const clock: Clock = { nowMs: () => 77, monotonicMs: () => 0 };
const open = { aborted: false };

function sourceOf(chunks: readonly (string | Uint8Array)[], maxLineBytes = 1024) {
  const input = Readable.from(
    chunks.map((c) => Buffer.from(c)),
    { objectMode: false },
  );
  return stdinLines.create({ kind: "stdin-lines", maxLineBytes }, { clock, log: silentLog, input });
}

async function all(readings: AsyncIterable<Reading>): Promise<Reading[]> {
  const out: Reading[] = [];
  for await (const r of readings) out.push(r);
  return out;
}

describe("stdin-lines", () => {
  test("reads a reading a line, however the bytes are cut; the last line needs no end", async () => {
    const text = '{"inputs":{"a":1}}\n\n{"id":"x","inputs":{"b":"é"}}\r\n{"inputs":{}}';
    const bytes = Buffer.from(text);
    const expected = [
      { id: "line-1", atMs: 77, inputs: { a: 1 } },
      { id: "x", atMs: 77, inputs: { b: "é" } },
      { id: "line-4", atMs: 77, inputs: {} },
    ];
    for (const size of [1, 2, 7, 1000]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
      const source = sourceOf(chunks);
      expect(await all(source.readings(open))).toEqual(expected);
      expect(source.counts()).toEqual({ read: 3, skipped: 0, lastSkip: null });
    }
  });

  test("bad lines are skipped and counted with the reason, good ones around them come", async () => {
    const long = `{"inputs":{"a":"${"z".repeat(2000)}"}}`;
    const notUtf8 = Buffer.concat([Buffer.from('{"inputs":{"a":"'), Buffer.of(0xff, 0xfe), Buffer.from('"}}\n')]);
    const source = sourceOf(['{"inputs":{"a":1}}\n', "{nonsense\n", `${long}\n`, notUtf8, '{"input":{}}\n', '{"inputs":{"a":2}}\n']);
    expect((await all(source.readings(open))).map((r) => r.inputs["a"])).toEqual([1, 2]);
    expect(source.counts()).toMatchObject({ read: 2, skipped: 4, lastSkip: expect.stringContaining("sensor/bad-reading: reading.input: expected one of") });
  });

  test("each reason has its code", async () => {
    for (const [line, code] of [
      ["{\n", "sensor/not-json"],
      [`"${"x".repeat(3000)}"\n`, "sensor/line-too-long"],
      ["[]\n", "sensor/bad-reading"],
    ] as const) {
      const source = sourceOf([line]);
      await all(source.readings(open));
      expect(source.counts().lastSkip).toContain(code);
    }
  });

  test("an aborted signal ends it at the next line", async () => {
    const signal = { aborted: false };
    const got: string[] = [];
    for await (const r of sourceOf(['{"id":"a","inputs":{}}\n{"id":"b","inputs":{}}\n{"id":"c","inputs":{}}\n']).readings(signal)) {
      got.push(r.id);
      signal.aborted = true;
    }
    expect(got).toEqual(["a"]);
  });

  test("close ends an iteration that waits for a line; closing twice is harmless", async () => {
    const input = new Readable({ read() {} });
    const source = stdinLines.create({ kind: "stdin-lines", maxLineBytes: 1024 }, { clock, log: silentLog, input });
    const reading = all(source.readings(open));
    input.push('{"id":"a","inputs":{}}\n{"id"');
    await source.close();
    await source.close();
    expect((await reading).length).toBeLessThanOrEqual(1);
  });

  test("its configuration has a bounded line", () => {
    expect(stdinLines.config.parse({ kind: "stdin-lines" }).maxLineBytes).toBe(8 * 1024 * 1024);
    expect(stdinLines.config.safeParse({ kind: "stdin-lines", maxLineBytes: 1 }).success).toBe(false);
  });
});

test("a splitter gives the same lines however the bytes are cut, and never keeps more than its bound", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 8 }), fc.array(fc.nat(29), { maxLength: 10 }), (chunks, cuts) => {
      const lines = (parts: readonly Uint8Array[]): Line[] => {
        const splitter = new LineSplitter(20);
        return [...parts.flatMap((p) => [...splitter.push(p.map((b) => (b % 5 === 0 ? 10 : b)))]), ...splitter.end()];
      };
      const whole = new Uint8Array(chunks.flatMap((c) => [...c]));
      const pieces = [0, ...cuts.map((c) => c % (whole.length + 1)).sort((a, b) => a - b), whole.length];
      const cut = pieces.slice(1).map((end, i) => whole.subarray(pieces[i], end));
      expect(lines(cut)).toEqual(lines([whole]));
      for (const line of lines(cut)) if (line.kind === "line") expect(line.bytes.length).toBeLessThanOrEqual(20);
    }),
    { seed: 8 },
  );
});
