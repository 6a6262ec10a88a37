import type { Sha256 } from "@kedge/core";
import type { ModelSignature, Preprocessing } from "@kedge/inference";
import type { StoredSample } from "@kedge/store";
import { describe, expect, test } from "vitest";
import { nextVersion } from "./candidate.js";
import { classesOf, concatFrames, distinct, frameInputOf, framesOfSamples, frameTensor } from "./labelled-readings.js";

const classes = ["boot", "shirt"];
const input = { from: "image", type: "uint8", dims: [2] } as const;

function sample(seq: number, label: string | null, bytes: readonly number[], content = seq): StoredSample {
  return {
    id: `cam-1.1.${seq}`,
    label,
    labelledMs: label === null ? null : 1,
    sample: {
      key: { deviceId: "cam-1" as StoredSample["sample"]["key"]["deviceId"], bootEpoch: 1, seq },
      atMs: seq,
      bundleDigest: "a".repeat(64) as Sha256,
      inputs: [{ name: "image", type: "uint8", dims: [bytes.length], bytes: Uint8Array.from(bytes) }],
      predictedLabel: "boot",
      score: 0.5,
      reason: "ordinary",
      contentSha256: content.toString(16).padStart(64, "0") as Sha256,
    },
  };
}

describe("a candidate's version", () => {
  test.each([
    ["1.0.4", "1.0.5"],
    ["1.0.9", "1.0.10"],
    ["7", "8"],
    ["winter", "winter.1"],
    ["winter.1", "winter.2"],
    ["2.0-rc", "2.0-rc.1"],
  ])("follows %s as %s", (version, next) => expect(nextVersion(version)).toBe(next));
});

describe("labelled readings", () => {
  test("of one content count once, with the last label and at the first place", () => {
    const found = distinct([sample(1, "boot", [1, 2], 7), sample(2, "shirt", [3, 4], 8), sample(3, "shirt", [1, 2], 7)]);
    expect(found.map((s) => [s.id, s.label])).toEqual([
      ["cam-1.1.3", "shirt"],
      ["cam-1.1.2", "shirt"],
    ]);
  });

  test("become frames; what has another shape, no label or a label that is no class is left out", () => {
    const frames = framesOfSamples(
      [sample(1, "shirt", [1, 2]), sample(2, "boot", [1, 2, 3]), sample(3, null, [5, 6]), sample(4, "hat", [5, 6]), sample(5, "boot", [7, 8])],
      input,
      classes,
    );
    expect(frames).toEqual({ type: "uint8", dims: [2], classes, values: Uint8Array.of(1, 2, 7, 8), labels: Uint16Array.of(1, 0) });
    expect(frameTensor(frames, 1)).toEqual({ type: "uint8", dims: [2], values: Uint8Array.of(7, 8) });
  });

  test("of two sets are joined in order", () => {
    const of = (...samples: StoredSample[]) => framesOfSamples(samples, input, classes);
    const joined = concatFrames(of(sample(1, "shirt", [1, 2])), of(sample(2, "boot", [3, 4]), sample(3, "shirt", [5, 6])));
    expect(joined).toMatchObject({ values: Uint8Array.of(1, 2, 3, 4, 5, 6), labels: Uint16Array.of(1, 0, 1) });
  });
});

describe("a model that cannot be retrained here is refused by what it is", () => {
  const raw = { type: "uint8", dims: [28, 28] } as const;
  const one: Preprocessing = { inputs: { x: { from: "image", raw, steps: [] } } };

  test("by its inputs", () => {
    expect(frameInputOf(one)).toEqual({ from: "image", type: "uint8", dims: [28, 28] });
    const refused: Preprocessing[] = [
      { inputs: {} },
      { inputs: { ...one.inputs, y: { from: "mask", raw, steps: [] } } },
      { inputs: { x: { from: ["a", "b"], raw: null, steps: [] } } },
      { inputs: { x: { from: "image", raw: { type: "string", dims: [1] }, steps: [] } } },
    ];
    for (const preprocessing of refused)
      expect(() => frameInputOf(preprocessing)).toThrow(
        expect.objectContaining({ code: "collector/not-retrainable", hint: expect.stringContaining("kedge model push") }),
      );
  });

  test("by its task", () => {
    const signature: ModelSignature = { inputs: [], outputs: [], task: { kind: "regression", output: "y" } };
    expect(() => classesOf(signature)).toThrow(expect.objectContaining({ code: "collector/not-retrainable" }));
  });
});
