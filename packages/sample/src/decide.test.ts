import { seededRandom } from "@kedge/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decide, samplingOff, type SamplingPolicy, samplingPolicySchema, startSampling } from "./index.js";

const hourMs = 3_600_000;
const policy: SamplingPolicy = {
  maxPerHour: 60,
  burst: 10,
  maxBytesPerDay: 1_000_000,
  maxBytesPerSample: 1_000,
  lowConfidenceBelow: 0.6,
  ordinaryShare: 0.25,
  balanceClasses: false,
  inputs: "all",
};

interface Asked {
  readonly atMs: number;
  readonly label?: string;
  readonly score?: number;
  readonly bytes?: number;
}

/** Asks for each prediction in turn; gives those that were taken, with the reason. */
function taken(under: SamplingPolicy, stream: Iterable<Asked>, seed = 1) {
  const random = seededRandom(seed);
  let state = startSampling(under, 0);
  const out: (Required<Asked> & { reason: string })[] = [];
  for (const asked of stream) {
    const candidate = { label: "a", score: 0.9, bytes: 100, ...asked };
    const answer = decide(state, candidate, { policy: under, nowMs: asked.atMs, random });
    state = answer.state;
    if (answer.decision.kind === "take") out.push({ ...candidate, reason: answer.decision.reason });
  }
  return out;
}

/** Predictions at a steady rate. */
function* steady(perSecond: number, hours: number, of: (i: number) => Partial<Asked> = () => ({})): Generator<Asked> {
  for (let i = 0; i < perSecond * hours * 3_600; i += 1) yield { atMs: (i * 1_000) / perSecond, ...of(i) };
}

/** The largest sum over any stretch of time of this length. */
function most(samples: readonly { atMs: number; bytes: number }[], spanMs: number, of: (s: { bytes: number }) => number): number {
  let largest = 0;
  for (const last of samples) {
    const inside = samples.filter((s) => s.atMs > last.atMs - spanMs && s.atMs <= last.atMs);
    largest = Math.max(
      largest,
      inside.reduce((sum, s) => sum + of(s), 0),
    );
  }
  return largest;
}

describe("caps", () => {
  test("nothing leaves by default", () => {
    expect(taken(samplingOff, steady(10, 0.1))).toEqual([]);
    const state = startSampling(samplingOff, 0);
    const answer = decide(state, { label: "a", score: 0, bytes: 0 }, { policy: samplingOff, nowMs: 9e9, random: () => 0 });
    expect(answer).toEqual({ state, decision: { kind: "skip", reason: "off" } });
  });

  test("no cap is ever exceeded, in any hour and any day, whatever comes when", () => {
    const stream = fc.array(
      fc.record({
        waitMs: fc.oneof(fc.nat({ max: 1_000 }), fc.nat({ max: 600_000 }), fc.nat({ max: 30 * hourMs })),
        score: fc.double(),
        bytes: fc.nat({ max: 1_500 }),
        label: fc.constantFrom("a", "b", "__proto__", "constructor"),
      }),
      { maxLength: 400 },
    );
    const anyPolicy = fc.record({
      maxPerHour: fc.nat({ max: 12 }),
      burst: fc.integer({ min: 1, max: 30 }),
      maxBytesPerDay: fc.nat({ max: 8_000 }),
      maxBytesPerSample: fc.nat({ max: 1_400 }),
      lowConfidenceBelow: fc.double({ min: 0, max: 1, noNaN: true }),
      ordinaryShare: fc.double({ min: 0.01, max: 1, noNaN: true }),
      balanceClasses: fc.boolean(),
      inputs: fc.constant("all" as const),
    });
    fc.assert(
      fc.property(anyPolicy, stream, fc.integer(), (under, steps, seed) => {
        let atMs = 0;
        const samples = taken(
          under,
          steps.map(({ waitMs, ...rest }) => {
            atMs += waitMs;
            return { ...rest, atMs };
          }),
          seed,
        );
        expect(most(samples, hourMs, () => 1)).toBeLessThanOrEqual(under.maxPerHour);
        expect(most(samples, 24 * hourMs, (s) => s.bytes)).toBeLessThanOrEqual(under.maxBytesPerDay);
        for (const { bytes } of samples) expect(bytes).toBeLessThanOrEqual(under.maxBytesPerSample);
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  test("a clock that is set back gives no budget back", () => {
    const lenient = { ...policy, ordinaryShare: 1, burst: 60 };
    const stream: Asked[] = [];
    for (let round = 0; round < 20; round += 1) for (let i = 0; i < 100; i += 1) stream.push({ atMs: (20 - round) * 5 * hourMs + i });
    expect(taken(lenient, stream).length).toBeLessThanOrEqual(60);
  });

  test("a clock that trembles stops nothing", () => {
    expect(
      taken(
        { ...policy, ordinaryShare: 1 },
        steady(5, 1, (i) => ({ atMs: i * 200 + (i % 2) * 900 })),
      ).length,
    ).toBeGreaterThan(55);
  });

  test("the state survives being stored, and keeps the caps over restarts", () => {
    const always = { ...policy, ordinaryShare: 1, burst: 60 };
    let state = startSampling(always, 0);
    let count = 0;
    for (let i = 0; i < 500; i += 1) {
      const answer = decide(
        JSON.parse(JSON.stringify(state)) as typeof state,
        { label: "a", score: 1, bytes: 1 },
        { policy: always, nowMs: i, random: () => 0 },
      );
      state = answer.state;
      count += answer.decision.kind === "take" ? 1 : 0;
    }
    expect(count).toBe(60);
  });

  test("a stricter policy holds at once", () => {
    let { state } = decide(startSampling(policy, 0), { label: "a", score: 0, bytes: 1 }, { policy, nowMs: 0, random: () => 0 });
    const strict = { ...policy, maxPerHour: 1, burst: 1 };
    const answer = decide(state, { label: "a", score: 0, bytes: 1 }, { policy: strict, nowMs: 1, random: () => 0 });
    expect(answer.decision).toMatchObject({ kind: "skip", reason: "hour-cap" });
    state = answer.state;
    expect(state.tokens).toBeLessThanOrEqual(1);
  });

  test("labels without end do not grow the state without end", () => {
    const always = { ...policy, maxPerHour: 100_000, burst: 10_000, ordinaryShare: 1, balanceClasses: true };
    let state = startSampling(always, 0);
    for (let i = 0; i < 5_000; i += 1) {
      state = decide(state, { label: `label ${i}`, score: 0, bytes: 1 }, { policy: always, nowMs: i, random: () => 0 }).state;
    }
    expect(Object.keys(state.byClass).length).toBeLessThanOrEqual(256);
    expect(JSON.stringify(state).length).toBeLessThan(20_000);
  });
});

describe("choice", () => {
  test.each([0.2, 5, 50])("at %d predictions a second the hour's budget is used, spread over the hour", (perSecond) => {
    const samples = taken(policy, steady(perSecond, 4));
    // 50 an hour come back after the first burst of 10; slow streams leave some of it.
    expect(samples.length).toBeGreaterThan(0.85 * 4 * 50);
    const perTwentyMinutes = Array.from({ length: 12 }, (_, k) => samples.filter((s) => Math.floor(s.atMs / 1_200_000) === k).length);
    expect(Math.max(...perTwentyMinutes.slice(1))).toBeLessThanOrEqual(30);
    expect(Math.min(...perTwentyMinutes)).toBeGreaterThan(5);
  });

  test("predictions that are not sure are taken four times as often, when ordinary ones count a quarter", () => {
    const samples = taken(
      policy,
      steady(10, 8, (i) => ({ score: i % 2 === 0 ? 0.3 : 0.9 })),
    );
    const unsure = samples.filter((s) => s.reason === "low-confidence");
    expect(unsure.every((s) => s.score < policy.lowConfidenceBelow)).toBe(true);
    // Of n samples a share of 4/5 is expected; five standard deviations either way.
    const sd = Math.sqrt(0.16 / samples.length);
    expect(Math.abs(unsure.length / samples.length - 0.8)).toBeLessThan(5 * sd);
  });

  test("a score that is no number is not sure", () => {
    expect(
      taken(
        { ...policy, ordinaryShare: 0.01 },
        steady(5, 1, () => ({ score: Number.NaN })),
      )[0]?.reason,
    ).toBe("low-confidence");
  });

  test("rare classes get more than their share when classes are balanced", () => {
    // A twentieth of the predictions: as chance has it, or near its geometric mean with a half.
    const random = seededRandom(12);
    const stream = () => steady(10, 8, () => ({ label: random() < 0.05 ? "rare" : "often" }));
    const share = (under: SamplingPolicy) => {
      const samples = taken({ ...under, ordinaryShare: 1 }, stream());
      return samples.filter((s) => s.label === "rare").length / samples.length;
    };
    expect(share(policy)).toBeLessThan(0.11);
    expect(share({ ...policy, balanceClasses: true })).toBeGreaterThan(0.14);
  });

  test("the same seed takes the same samples", () => {
    const stream = () => steady(10, 1, (i) => ({ score: (i % 10) / 10 }));
    expect(taken(policy, stream(), 7)).toEqual(taken(policy, stream(), 7));
    expect(taken(policy, stream(), 7)).not.toEqual(taken(policy, stream(), 8));
  });
});

describe("policies in configurations", () => {
  test("what is left out is modest, and nothing unknown is taken", () => {
    expect(samplingPolicySchema.parse({})).toMatchObject({ maxPerHour: 60, maxBytesPerDay: 16 * 1024 * 1024, inputs: "all" });
    for (const wrong of [
      { maxPerHour: -1 },
      { maxPerHour: 1e9 },
      { burst: 0 },
      { ordinaryShare: 0 },
      { lowConfidenceBelow: 2 },
      { perHour: 5 },
      { inputs: [""] },
    ]) {
      expect(samplingPolicySchema.safeParse(wrong).success, JSON.stringify(wrong)).toBe(false);
    }
  });
});
