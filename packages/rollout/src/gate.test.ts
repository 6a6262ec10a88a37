import { seededRandom } from "@kedge/core";
import { describe, expect, test } from "vitest";
import { errorEvidence, type GateEvidence, gateOnPredictions, overall } from "./index.js";

const options = { minRows: 500, maxErrorShare: 0.02 };
const judge = (evidence: Partial<GateEvidence>) => overall(gateOnPredictions({ rows: 0, errors: 0, outputs: [], ...evidence }, options));
const output = (drifted: boolean, score = 0.1) => ({ feature: "class", score, limit: 0.2, drifted });

describe("the gate", () => {
  test.each<readonly [string, Partial<GateEvidence>, string]>([
    ["no data is no success", {}, "waiting"],
    ["too little data, all of it fine", { rows: 499, outputs: [output(false)] }, "waiting"],
    ["drift in too little data is no failure yet", { rows: 499, outputs: [output(true)] }, "waiting"],
    ["enough data, all fine", { rows: 500, outputs: [output(false)] }, "passed"],
    ["a score above its limit that chance explains", { rows: 500, outputs: [output(false, 0.3)] }, "passed"],
    ["one output of two drifted", { rows: 500, outputs: [output(false), output(true)] }, "failed"],
    ["one error in twenty proves nothing", { rows: 19, errors: 1 }, "waiting"],
    ["a model that never answers has failed long before there are rows enough", { rows: 0, errors: 3 }, "failed"],
    ["errors within the limit", { rows: 4_900, errors: 100, outputs: [output(false)] }, "passed"],
    ["errors far beyond the limit", { rows: 900, errors: 100, outputs: [output(false)] }, "failed"],
  ])("%s", (_, evidence, expected) => {
    expect(judge(evidence)).toBe(expected);
  });

  test("says what each verdict rests on", () => {
    for (const v of gateOnPredictions({ rows: 100, errors: 2, outputs: [output(true)] }, options)) {
      expect(v.detail.length).toBeGreaterThan(0);
      expect([v.value, v.limit, v.rows].every(Number.isFinite)).toBe(true);
    }
  });

  test("nothing to judge by is not passed", () => {
    expect(overall([])).toBe("waiting");
  });
});

describe("evidence of errors", () => {
  /** Looks after every reading; at which one the gate fails, or undefined within `most`. */
  function firstFailure(share: number, most: number, random: () => number): number | undefined {
    let errors = 0;
    for (let n = 1; n <= most; n += 1) {
      if (random() >= share) continue;
      errors += 1;
      // A good reading only ever weakens the evidence.
      if (errorEvidence(errors, n, 0.02) >= 100) return n;
    }
    return undefined;
  }

  test("a model at the limit is condemned in at most 1 of 100 rollouts, though it is looked at after every reading", () => {
    const random = seededRandom(41);
    const runs = 1_500;
    let alarms = 0;
    for (let i = 0; i < runs; i += 1) if (firstFailure(0.02, 400, random) !== undefined) alarms += 1;
    // α plus three standard errors.
    expect(alarms / runs).toBeLessThanOrEqual(0.01 + 3 * Math.sqrt((0.01 * 0.99) / runs));
  });

  test("a model that fails one reading in five is found within 60 readings in nine of ten rollouts", () => {
    const random = seededRandom(42);
    const found = Array.from({ length: 500 }, () => firstFailure(0.2, 5_000, random) ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
    expect(found[250]).toBeLessThanOrEqual(30);
    expect(found[450]).toBeLessThanOrEqual(60);
  });

  test("is monotonic, and neither zero trials nor a million break it", () => {
    expect([errorEvidence(0, 0, 0.02), errorEvidence(0, 1e6, 0.02), errorEvidence(5, 5, 1)]).toEqual([1, 1, 1]);
    expect(errorEvidence(1, 10, 0)).toBe(Number.POSITIVE_INFINITY);
    for (let errors = 1; errors < 50; errors += 1) expect(errorEvidence(errors + 1, 100, 0.02)).toBeGreaterThan(errorEvidence(errors, 100, 0.02));
    expect(errorEvidence(1e6, 1e6, 0.02)).toBeGreaterThan(1e100);
    expect(errorEvidence(10_000, 1e6, 0.02)).toBeLessThan(1);
  });
});
