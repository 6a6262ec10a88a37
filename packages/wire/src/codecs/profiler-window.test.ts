import type { DeviceId, Sha256 } from "@kedge/core";
import type { Prediction } from "@kedge/inference";
import { createProfiler, type ProfileSpec } from "@kedge/profile";
import type { ReadingInput } from "@kedge/sensor";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeProfile, decodeWindow, encodeProfile, encodeWindow } from "../index.js";

const spec: ProfileSpec = {
  formatVersion: 1,
  recipe: {
    input: {
      kind: "tabular",
      columns: [
        { name: "heat", kind: "numeric" },
        { name: "mode", kind: "categorical" },
      ],
    },
    task: "anomaly",
  },
  features: [
    { kind: "numeric", name: "heat", role: "input", cuts: [0, 10, 20], low: -5, high: 25 },
    { kind: "categorical", name: "mode", role: "input", categories: ["idle", "run"] },
  ],
};

const value: fc.Arbitrary<ReadingInput> = fc.oneof(fc.double(), fc.constantFrom<ReadingInput>(null, "hot", "run", true, 1e200, -0, 3), fc.string());

test("whatever a device sees, its window arrives, with every count as it was", () => {
  fc.assert(
    fc.property(fc.array(fc.record({ heat: value, mode: value }), { maxLength: 40 }), fc.nat({ max: 3 }), (rows, errors) => {
      const profiler = createProfiler(spec, "ab".repeat(32));
      for (const inputs of rows) {
        const prediction: Prediction = { reading: { id: "r", atMs: 0, inputs }, outcome: { kind: "anomaly", score: 1 }, latencyMs: 1, bundleDigest: "" };
        profiler.add(prediction);
      }
      for (let i = 0; i < errors; i += 1) profiler.addError();
      const profile = profiler.take();
      const key = { deviceId: "cam" as DeviceId, bootEpoch: 1, seq: 1 };
      const window = { key, startMs: 1, endMs: 2, bundleDigest: "cd".repeat(32) as Sha256, profile, trigger: "interval" as const };
      const rounded = {
        mean: expect.any(Number) as number,
        m2: expect.any(Number) as number,
        min: expect.any(Number) as number,
        max: expect.any(Number) as number,
      };
      const features = profile.features.map((f) => (f.kind === "numeric" ? { ...f, ...rounded } : f));
      expect(decodeWindow(encodeWindow(window))).toEqual({ kind: "decoded", value: { ...window, profile: { ...profile, features } } });
      expect(decodeProfile(encodeProfile(profile))).toEqual({ kind: "decoded", value: { ...profile, features } });
    }),
    { seed: 10, numRuns: 200 },
  );
});
