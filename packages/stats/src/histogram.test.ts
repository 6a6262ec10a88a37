import { normal, seededRandom } from "@kedge/core";
import { nastyFloats } from "@kedge/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { binIndex, quantileCuts } from "./cut-points.js";
import { HistogramBank, type HistogramSpec, type HistogramSummary, mergeHistograms, valueStates } from "./histogram.js";
import { addToMoments, emptyMoments } from "./moments.js";

fc.configureGlobal({ seed: 20_260_101 });

const specOf = (reference: readonly number[], bins = 32): HistogramSpec => {
  const finite = reference.filter((v) => Math.abs(v) <= 1e150);
  return { cuts: quantileCuts(reference, bins), low: Math.min(...finite), high: Math.max(...finite) };
};

function of(spec: HistogramSpec, values: readonly number[]): HistogramSummary {
  const bank = new HistogramBank([spec]);
  for (const value of values) bank.add(0, value);
  return bank.summary(0);
}

const near = (a: number, b: number, scale: number): boolean => Object.is(a, b) || Math.abs(a - b) <= 1e-9 * (Math.abs(a) + Math.abs(b) + scale) + 1e-300;

describe("a bank", () => {
  test("counts as binIndex says, whatever the cuts and values", () => {
    fc.assert(
      fc.property(nastyFloats(100), nastyFloats(100), fc.integer({ min: 2, max: 40 }), (reference, values, bins) => {
        const spec = specOf(reference, bins);
        const expected = new Array<number>(spec.cuts.length + 1).fill(0);
        const usable = values.filter((v) => Math.abs(v) <= 1e150);
        for (const value of usable) expected[binIndex(spec.cuts, value)] = (expected[binIndex(spec.cuts, value)] ?? 0) + 1;
        const summary = of(spec, values);
        expect(summary.counts).toEqual(expected);
        expect(summary.notANumber).toBe(values.length - usable.length);
        expect([summary.under, summary.over]).toEqual([usable.filter((v) => v < spec.low).length, usable.filter((v) => v > spec.high).length]);
      }),
    );
  });

  test("its moments are those of Welford", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 100 }), (values) => {
        const expected = emptyMoments();
        for (const value of values) addToMoments(expected, value);
        const summary = of(specOf(values.slice(0, 20)), values);
        const scale = Math.max(Math.abs(expected.min), Math.abs(expected.max));
        expect([summary.count, summary.min, summary.max]).toEqual([expected.count, expected.min, expected.max]);
        expect(near(summary.mean, expected.mean, scale)).toBe(true);
        expect(near(summary.m2, expected.m2, scale * scale * values.length)).toBe(true);
      }),
    );
  });

  test("features do not disturb one another, and clearing forgets the window only", () => {
    const random = seededRandom(1);
    const samples = [1, 10, 1_000].map((scale) => Array.from({ length: 500 }, () => scale * normal(random)));
    const specs = samples.map((sample, i) => specOf(sample, 8 * (i + 1)));
    const bank = new HistogramBank(specs);
    for (const round of [1, 2]) {
      for (let i = 0; i < 500; i += 1) {
        samples.forEach((sample, feature) => {
          bank.add(feature, sample[i] as number);
        });
      }
      bank.addMissing(1);
      bank.addWrongType(2);
      const summaries = specs.map((_, feature) => bank.summary(feature));
      expect(summaries[0], `round ${round}`).toEqual(of(specs[0] as HistogramSpec, samples[0] as number[]));
      expect(summaries[1]).toEqual({ ...of(specs[1] as HistogramSpec, samples[1] as number[]), missing: 1 });
      expect(summaries[2]).toEqual({ ...of(specs[2] as HistogramSpec, samples[2] as number[]), wrongType: 1 });
      bank.clear();
    }
    expect(bank.summary(0)).toEqual(of(specs[0] as HistogramSpec, []));
  });

  test("a row counts as its values do one by one; a place of −1 is missing", () => {
    const value = fc.oneof(fc.constantFrom(0, -0, 1e200, Number.NaN, Number.POSITIVE_INFINITY), fc.double({ min: -9, max: 9, noNaN: true }));
    fc.assert(
      fc.property(fc.array(fc.array(fc.tuple(value, fc.nat({ max: 2 })), { minLength: 3, maxLength: 3 }), { maxLength: 60 }), (rows) => {
        const specs = [0, 1, 2].map((i) => specOf([-3, -1, 0, 0, 1, 2, 5, 9].map((v) => v + i)));
        const [whole, single] = [new HistogramBank(specs), new HistogramBank(specs)];
        const places = Int32Array.of(2, -1, 0);
        for (const row of rows) {
          whole.addRow({ numbers: Float64Array.from(row, ([v]) => v), states: Uint8Array.from(row, ([, state]) => state) }, places);
          places.forEach((place, feature) => {
            const [v, state] = row[place] ?? [0, valueStates.missing];
            if (state === valueStates.present) single.add(feature, v);
            else if (state === valueStates.missing) single.addMissing(feature);
            else single.addWrongType(feature);
          });
        }
        for (const feature of [0, 1, 2]) expect(whole.summary(feature)).toEqual(single.summary(feature));
        expect(whole.summary(1)).toMatchObject({ count: 0, missing: rows.length });
      }),
    );
  });

  test("a feature without cuts has one bin", () => {
    expect(of({ cuts: [], low: 0, high: 1 }, [0.5, 2])).toMatchObject({ counts: [2], over: 1, mean: 1.25 });
  });
});

describe("merging", () => {
  const spec = specOf([-3, -1, 0, 0, 1, 2, 5, 9]);
  const merge = (a: HistogramSummary, b: HistogramSummary): HistogramSummary => {
    const merged = mergeHistograms(a, b);
    if (merged.kind !== "decoded") throw new Error(merged.message);
    return merged.value;
  };
  const counts = ({ counts: c, under, over, missing, notANumber, wrongType, count, min, max }: HistogramSummary): unknown => [
    c,
    under,
    over,
    missing,
    notANumber,
    wrongType,
    count,
    min + 0,
    max + 0,
  ];

  test("is the histogram of all values, commutes and associates", () => {
    fc.assert(
      fc.property(nastyFloats(), nastyFloats(), nastyFloats(), (a, b, c) => {
        const [x, y, z] = [of(spec, a), of(spec, b), of(spec, c)];
        expect(counts(merge(x, y))).toEqual(counts(of(spec, [...a, ...b])));
        expect(merge(x, y)).toEqual(merge(y, x));
        expect(counts(merge(merge(x, y), z))).toEqual(counts(merge(x, merge(y, z))));
        expect(merge(x, of(spec, []))).toEqual(x);
      }),
    );
  });

  test("histograms of different bins are refused by name", () => {
    expect(mergeHistograms(of(spec, [1]), of({ ...spec, cuts: [1] }, [1]))).toMatchObject({ kind: "rejected", code: "stats/incompatible" });
  });
});
