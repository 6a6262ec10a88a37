import { type DeviceId, type Random, randomInt, type Sha256 } from "@kedge/core";
import type { ProfileSpec, Window } from "@kedge/profile";
import type { Sample } from "@kedge/wire";

/** The spec that the windows of {@link makeWindow} count by, and another. */
export const specHash = "5".repeat(64);
export const otherSpec = "6".repeat(64);
export const bundles = ["a", "b"].map((c) => c.repeat(64) as Sha256);

/** What of a window a test decides. */
export interface WindowFacts {
  readonly device?: string;
  readonly bootEpoch?: number;
  readonly seq: number;
  readonly startMs?: number;
  readonly endMs?: number;
  readonly bundle?: number;
  readonly spec?: string;
  readonly random?: Random;
}

/** A window of one numeric and one categorical feature that survives the wire as it is. */
export function makeWindow(facts: WindowFacts): Window {
  const { device = "cam-1", bootEpoch = 1, seq, random = () => 0.5 } = facts;
  const endMs = facts.endMs ?? seq * 1_000;
  const counts = [randomInt(random, 50), randomInt(random, 50), 1 + randomInt(random, 50)];
  const rows = counts.reduce((sum, n) => sum + n, 0);
  const words = randomInt(random, rows);
  return {
    key: { deviceId: device as DeviceId, bootEpoch, seq },
    startMs: facts.startMs ?? endMs - 1_000,
    endMs,
    bundleDigest: bundles[facts.bundle ?? 0] ?? ("a".repeat(64) as Sha256),
    trigger: "interval",
    profile: {
      specHash: facts.spec ?? specHash,
      rows,
      errors: randomInt(random, 3),
      features: [
        {
          kind: "numeric",
          counts,
          under: 0,
          over: 0,
          missing: 0,
          notANumber: 0,
          wrongType: 0,
          count: rows,
          mean: random() / 3,
          m2: Math.fround(random() * rows),
          min: -1,
          max: 2,
        },
        { kind: "categorical", counts: [words, rows - words], other: 0, missing: 0, wrongType: 0, count: rows },
      ],
    },
  };
}

/** The spec that {@link specHash} stands for. */
export const streamSpec: ProfileSpec = {
  formatVersion: 1,
  recipe: { input: { kind: "none" }, task: "classification" },
  features: [
    { kind: "numeric", name: "n", role: "input", cuts: [0, 1], low: 0, high: 1 },
    { kind: "categorical", name: "c", role: "output", categories: ["boot", "shirt"] },
  ],
};

/** Windows of several devices: epochs, late ones, long ones, two bundles; one every `everyMs`. In the order in which they were made. */
export function makeStream(random: Random, devices: number, windows: number, everyMs = 100): Window[] {
  return Array.from({ length: devices }, (_, d) =>
    Array.from({ length: windows }, (_w, w) => {
      const bootEpoch = w < windows / 2 ? 1 : 2;
      const endMs = 1_000 + w * everyMs + randomInt(random, 80);
      const startMs = endMs - 1 - randomInt(random, w % 7 === 0 ? 900 : 100);
      return makeWindow({ device: `cam-${d}`, bootEpoch, seq: w + 1, startMs, endMs, bundle: w % 5 === 0 ? 1 : 0, random });
    }),
  ).flat();
}

/** A sample of a two-pixel image. */
export function makeSample(seq: number, facts: { readonly device?: string; readonly atMs?: number; readonly bytes?: number } = {}): Sample {
  return {
    key: { deviceId: (facts.device ?? "cam-1") as DeviceId, bootEpoch: 1, seq },
    atMs: facts.atMs ?? seq * 1_000,
    bundleDigest: "a".repeat(64) as Sha256,
    inputs: [{ name: "image", type: "uint8", dims: [facts.bytes ?? 2], bytes: new Uint8Array(facts.bytes ?? 2).fill(seq) }],
    predictedLabel: "boot",
    score: 0.5,
    reason: "incident",
    contentSha256: seq.toString(16).padStart(64, "0") as Sha256,
  };
}
