import type { SamplingPolicy } from "@kedge/sample";
import { decodeSample, decodeWindow, type WireWindow } from "@kedge/wire";
import type { MemoryOutbox } from "@kedge/wire/adapters";
import { expect, test } from "vitest";
import { frame, tinySense, tinySlot } from "./tiny-slot.fixture.js";

async function windowsIn(outbox: MemoryOutbox): Promise<WireWindow[]> {
  const records = await outbox.peek(1_000);
  return records.flatMap((record) => {
    if (record.kind !== "window") return [];
    const decoded = decodeWindow(record.bytes);
    if (decoded.kind === "rejected") throw new Error(decoded.message);
    return [decoded.value];
  });
}

const everything: SamplingPolicy = {
  maxPerHour: 1_000,
  burst: 1_000,
  maxBytesPerDay: 1_000_000,
  maxBytesPerSample: 1_000,
  lowConfidenceBelow: 0,
  ordinaryShare: 1,
  balanceClasses: false,
  inputs: "all",
};

test("without a model a reading is answered as such, and nothing is counted", async () => {
  const { sense, outbox } = tinySense();
  expect(await sense.predict(frame(9))).toEqual({ kind: "no-model" });
  await sense.stop();
  expect(outbox.stats().records).toBe(0);
});

test("predictions are counted into windows, each once; an empty window is not sent", async () => {
  const lab = tinySense();
  const { sense, outbox } = lab;
  const slot = await tinySlot();
  sense.start();
  await sense.serve(slot);
  for (const brightness of [0, 10, 250]) expect(await sense.predict(frame(brightness))).toMatchObject({ kind: "predicted" });
  lab.nowMs = 2_000;
  sense.closeWindow("interval");
  lab.nowMs = 3_000;
  sense.closeWindow("interval");
  await sense.predict(frame(7));
  lab.nowMs = 4_000;
  await sense.stop();
  const windows = await windowsIn(outbox);
  expect(windows.map(({ key, startMs, endMs, profile, trigger }) => ({ seq: key.seq, startMs, endMs, rows: profile.rows, trigger }))).toEqual([
    { seq: 1, startMs: 1_000, endMs: 2_000, rows: 3, trigger: "interval" },
    { seq: 2, startMs: 3_000, endMs: 4_000, rows: 1, trigger: "shutdown" },
  ]);
  expect(windows.every((w) => w.bundleDigest === slot.digest)).toBe(true);
  expect(sense.counters).toMatchObject({ windows: 2, predictions: 4, errors: 0, samples: 0 });
  await sense.serve(undefined);
});

test("observe = false is answered, and neither counted, sampled nor held for or against the model", async () => {
  const { sense, outbox, outcomes } = tinySense();
  sense.setSampling(everything);
  await sense.serve(await tinySlot());
  expect(await sense.predict(frame(250), false)).toMatchObject({ kind: "predicted", prediction: { outcome: { label: "light" } } });
  await sense.stop();
  expect(outbox.stats().records).toBe(0);
  expect(outcomes).toEqual([]);
  expect(sense.counters.predictions).toBe(0);
  await sense.serve(undefined);
});

test("a reading of the wrong shape is an error of the window, and does not speak against the model", async () => {
  const { sense, outbox, outcomes } = tinySense();
  await sense.serve(await tinySlot());
  const wrong = { id: "w", atMs: 1, inputs: { image: { type: "uint8" as const, dims: [4], values: new Uint8Array(4) } } };
  expect(await sense.predict(wrong)).toMatchObject({ kind: "rejected", code: "inference/wrong-shape" });
  await sense.predict(frame(1));
  await sense.stop();
  expect((await windowsIn(outbox)).map(({ profile }) => [profile.rows, profile.errors])).toEqual([[1, 1]]);
  expect(outcomes).toEqual([true]);
  await sense.serve(undefined);
});

test("when the model is exchanged, the window under way ends under the bundle that it was counted by", async () => {
  const { sense, outbox } = tinySense();
  const [first, second] = [await tinySlot("1.0.0"), await tinySlot("2.0.0")];
  expect(first.digest).not.toBe(second.digest);
  await sense.serve(first);
  await sense.predict(frame(1));
  await sense.predict(frame(2));
  await sense.serve(second);
  await sense.predict(frame(3));
  await sense.stop();
  expect((await windowsIn(outbox)).map((w) => [w.bundleDigest, w.profile.rows])).toEqual([
    [first.digest, 2],
    [second.digest, 1],
  ]);
  await sense.serve(undefined);
});

test("no reading is kept unless sampling is on; then it is, as it was", async () => {
  const { sense, outbox } = tinySense();
  await sense.serve(await tinySlot());
  await sense.predict(frame(1));
  sense.setSampling(everything);
  await sense.predict(frame(200));
  sense.setSampling(null);
  await sense.predict(frame(3));
  await sense.stop();
  const samples = (await outbox.peek(100)).filter((record) => record.kind === "sample").map((record) => decodeSample(record.bytes));
  expect(samples).toHaveLength(1);
  expect(samples[0]).toMatchObject({ kind: "decoded", value: { predictedLabel: "light", inputs: [{ name: "image", bytes: new Uint8Array(3).fill(200) }] } });
  await sense.serve(undefined);
});
