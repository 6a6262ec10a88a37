import { type DeviceId, type Random, seededRandom } from "@kedge/core";
import type { DetectedBox, Prediction } from "@kedge/inference";
import { buildSpec, createProfiler, type Profile, profileOf, type Recipe, type ReferenceProfile } from "@kedge/profile";
import { expect, test } from "vitest";
import { evaluateFleet, scopeKey } from "./index.js";
import { countsOf } from "./feature-counts.js";

const recipe: Recipe = { input: { kind: "none" }, task: "detection" };

/** A crowd: the boxes of a frame are all nearly of one size, so that a frame is hardly more evidence than one box. */
function frame(random: Random, grown: number): Prediction {
  const size = 0.1 + 0.3 * random();
  const boxes = Array.from({ length: 12 }, (): DetectedBox => {
    const width = grown * (size + 0.01 * random());
    return { classIndex: 0, label: "person", score: 0.5 + size, x: 0, y: 0, width, height: width };
  });
  return { reading: { id: "r", atMs: 0, inputs: {} }, outcome: { kind: "detection", boxes, dropped: 0 }, latencyMs: 1, bundleDigest: "" };
}

const random = seededRandom(31);
const frames = (n: number, grown = 1): Prediction[] => Array.from({ length: n }, () => frame(random, grown));
const held = frames(2_000);
const spec = buildSpec(recipe, held, ["person"]);
const reference: ReferenceProfile = { spec, cohorts: [{ selector: "", profile: profileOf(spec, "s", held), rows: held.length }] };
const seen = (n: number, grown = 1): Profile => {
  const profiler = createProfiler(spec, "s");
  for (const prediction of frames(n, grown)) profiler.add(prediction);
  return profiler.take();
};
const look = (grown: (device: number) => number) =>
  evaluateFleet({
    reference,
    devices: Array.from({ length: 4 }, (_, i) => ({
      deviceId: `cam-${i}` as DeviceId,
      labels: { site: i < 2 ? "oslo" : "lyon" },
      profile: seen(120, grown(i)),
    })),
  });

test("boxes of one frame count for one frame and no more", () => {
  const at = spec.features.findIndex((f) => f.name === "box_area");
  const profile = seen(50);
  expect(profile.features[at]?.count).toBe(600);
  const counts = countsOf(profile, at);
  // Cells are rounded one by one.
  expect(Math.abs((counts?.rows ?? 0) - 50)).toBeLessThanOrEqual(16);
});

test("crowds that do not change raise no alarm, 40 times over", () => {
  for (let i = 0; i < 40; i += 1) expect(look(() => 1).causes).toEqual([]);
});

test("a camera that came nearer is found where it is", () => {
  const { causes } = look((device) => (device < 2 ? 1.6 : 1));
  expect(causes.map((c) => scopeKey(c.scope))).toEqual(["cohort:site=oslo"]);
  expect(causes[0]?.features.map((f) => f.feature)).toContain("box_area");
});
