import type { Counts } from "../counts.js";
import { cauchyCombination } from "../multiplicity.js";
import { normalSf } from "../special/normal.js";
import { chiSquareHomogeneity } from "./chi-square.js";
import { largestCell } from "./largest-cell.js";
import { neymanSmooth } from "./neyman-smooth.js";

/** Named p-values and their combination. */
export interface CombinedResult {
  readonly pValue: number;
  readonly parts: Readonly<Record<string, number>>;
}

function combine(parts: Readonly<Record<string, number>>): CombinedResult {
  return { pValue: cauchyCombination(Object.values(parts)), parts };
}

/**
 * The rule for counts on ordered bins: location, scale, tails, all four smooth components together, and the largest single cell, combined
 * after Cauchy. Each part sees what the others miss; at n = 500 on 32 bins the whole has more power than chi-square or Neyman's test alone
 * against every alternative tried (shift, spread, stuck value, outliers, bimodality), and false alarms stay below the level.
 */
export function combinedOrderedTest(a: Counts, b: Counts): CombinedResult {
  const smooth = neymanSmooth(a, b);
  const component = (k: number): number => 2 * normalSf(Math.abs(smooth.components[k] ?? 0));
  const cell = largestCell(a, b).pValue;
  if (smooth.components.length < 2) return combine({ location: component(0), cell });
  const parts = { location: component(0), scale: component(1), smooth: smooth.pValue, cell };
  return combine(smooth.components.length < 4 ? parts : { ...parts, tails: component(3) });
}

/** The rule for counts of categories: chi-square of homogeneity and the largest single cell, combined after Cauchy. */
export function combinedNominalTest(a: Counts, b: Counts): CombinedResult {
  return combine({ chiSquare: chiSquareHomogeneity(a, b, { cells: "nominal" }).pValue, cell: largestCell(a, b).pValue });
}
