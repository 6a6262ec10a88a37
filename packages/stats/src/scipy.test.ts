import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import * as stats from "./index.js";

type Args = readonly (number | readonly number[])[];
type Written = number | string;
const table = JSON.parse(readFileSync(new URL("../vectors/scipy-table.json", import.meta.url), "utf8")) as {
  readonly cases: readonly (readonly [name: string, args: Args, expected: Written | readonly Written[]])[];
};

const n = (args: Args, i: number): number => args[i] as number;
const v = (args: Args, i: number): readonly number[] => args[i] as readonly number[];
const tested = (r: stats.TestResult): number[] => [r.statistic, r.degrees, r.pValue];
/** Cells are taken as they come: SciPy pools none. */
const asIs = { minExpected: 0 };

const ours: Readonly<Record<string, (a: Args) => number | readonly number[]>> = {
  logGamma: (a) => stats.logGamma(n(a, 0)),
  gammaP: (a) => stats.gammaP(n(a, 0), n(a, 1)),
  gammaQ: (a) => stats.gammaQ(n(a, 0), n(a, 1)),
  chiSquareSf: (a) => stats.chiSquareSf(n(a, 0), n(a, 1)),
  betaI: (a) => stats.betaI(n(a, 0), n(a, 1), n(a, 2)),
  betaQuantile: (a) => stats.betaQuantile(n(a, 0), n(a, 1), n(a, 2)),
  normalCdf: (a) => stats.normalCdf(n(a, 0)),
  normalSf: (a) => stats.normalSf(n(a, 0)),
  normalQuantile: (a) => stats.normalQuantile(n(a, 0)),
  studentSf: (a) => stats.studentSf(n(a, 0), n(a, 1)),
  kolmogorovSf: (a) => stats.kolmogorovSf(n(a, 0)),
  binomialPmf: (a) => stats.binomialPmf(n(a, 0), n(a, 1), n(a, 2)),
  chiSquareHomogeneity: (a) => tested(stats.chiSquareHomogeneity(v(a, 0), v(a, 1), asIs)),
  chiSquareFit: (a) => tested(stats.chiSquareFit(v(a, 0), v(a, 1))),
  kullbackLeibler: (a) => stats.kullbackLeibler(v(a, 0), v(a, 1)),
  jensenShannon: (a) => stats.jensenShannon(v(a, 0), v(a, 1)),
  hellinger: (a) => stats.hellinger(v(a, 0), v(a, 1)),
  wasserstein: (a) => stats.wasserstein(v(a, 0), v(a, 1), v(a, 2)),
  populationStability: (a) => stats.populationStability(v(a, 0), v(a, 1)),
  fisherExact: (a) => {
    const f = stats.fisherExact(n(a, 0), n(a, 1), n(a, 2), n(a, 3));
    return [f.pTwoSided, f.pLess, f.pGreater];
  },
  kolmogorovSmirnov: (a) => {
    const x = stats.orderedSample(v(a, 0));
    const y = stats.orderedSample(v(a, 1));
    // The limit law; the exact one has an entry of its own.
    const d = stats.cdfDistance(x, y);
    return [stats.kolmogorovSmirnov(x, y).statistic, stats.kolmogorovSf(d * Math.sqrt((x.rows * y.rows) / (x.rows + y.rows)))];
  },
  kolmogorovSmirnovExact: (a) => stats.exactKolmogorovSf(n(a, 0), n(a, 1), n(a, 2)),
  isotonic: (a) => stats.isotonicRegression(v(a, 0), v(a, 1)),
  exactInterval: (a) => stats.exactInterval(n(a, 0), n(a, 1)),
  wilsonInterval: (a) => stats.wilsonInterval(n(a, 0), n(a, 1)),
  benjaminiHochberg: (a) => stats.benjaminiHochberg(v(a, 0), 0.05).adjusted,
  benjaminiYekutieli: (a) => stats.benjaminiYekutieli(v(a, 0), 0.05).adjusted,
  cauchyCombination: (a) => stats.cauchyCombination(v(a, 0)),
};

/** Relative 1e-9, tails included; below 1e-300 doubles lose their bits. */
function agree(found: number, expected: number): boolean {
  if (Object.is(found, expected)) return true;
  return Math.abs(found - expected) <= 1e-9 * Math.abs(expected) + 1e-300;
}

describe("agrees with SciPy to 1e-9", () => {
  const names = [...new Set(table.cases.map(([name]) => name))];

  test("every function of the table is known here", () => {
    expect(names.filter((name) => ours[name] === undefined)).toEqual([]);
  });

  test.each(names)("%s", (name) => {
    for (const [, args, expected] of table.cases.filter(([other]) => other === name)) {
      const found = [ours[name]?.(args) ?? Number.NaN].flat() as number[];
      const wanted = [expected].flat().map(Number);
      const apart = wanted.map((w, i) => [found[i] ?? Number.NaN, w]).filter(([f, w]) => !agree(f as number, w as number));
      expect(apart, `${name}(${JSON.stringify(args).slice(0, 200)})`).toEqual([]);
    }
  });
});
