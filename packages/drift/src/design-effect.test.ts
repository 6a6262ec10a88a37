import { normal, seededRandom } from "@kedge/core";
import { normalQuantile } from "@kedge/stats";
import { describe, expect, test } from "vitest";
import { designEffectsOf, type Effects, lookEffectOf, nextSpread, noSpread, pooledEffect, type Spread } from "./design-effect.js";

const expected = [0.1, 0.3, 0.5, 0.7, 0.9];
const cuts = expected.map(normalQuantile);
const rows = 200;

/** Spreads of devices whose rows follow x ← ρ x + √(1 − ρ²) ε, and which step by `step` sd in the middle. */
function spreadsOf(rho: number, devices: number, windows: number, step = 0): Spread[] {
  const random = seededRandom(5);
  return Array.from({ length: devices }, () => {
    let x = normal(random);
    let spread = noSpread;
    let pooled: Effects = pooledEffect([]);
    for (let window = 0; window < windows; window += 1) {
      const below = cuts.map(() => 0);
      for (let row = 0; row < rows; row += 1) {
        x = rho * x + Math.sqrt(1 - rho * rho) * normal(random);
        const value = x + (window >= windows / 2 ? step : 0);
        for (let j = 0; j < cuts.length; j += 1) if (value <= (cuts[j] as number)) below[j] = (below[j] ?? 0) + 1;
      }
      const shares = below.map((c) => c / rows);
      spread = nextSpread(spread, shares, rows, { expected, isOrdered: true, pooled });
      pooled = pooledEffect([spread]);
    }
    return spread;
  });
}

describe("design effects", () => {
  test("of independent rows are 1", () => {
    const { cuts: own, level } = pooledEffect(spreadsOf(0, 40, 60));
    for (const effect of [own, level]) expect(Math.abs(effect - 1)).toBeLessThan(0.12);
  });

  test("of a slow sensor: its level tells as much as one row in 18, a single share as one in 11", () => {
    const { cuts: own, level } = pooledEffect(spreadsOf(0.9, 40, 60));
    expect(own).toBeGreaterThan(8.5);
    expect(own).toBeLessThan(13);
    expect(level).toBeGreaterThan(13);
    expect(level).toBeLessThan(20);
  });

  test("a step of the level is taken for a change, and hardly for rows that hang together", () => {
    for (const spread of spreadsOf(0, 5, 60, 3)) expect(designEffectsOf(spread, { cuts: 1, level: 1 }).level).toBeLessThan(2);
  });

  test("are never below 1, and careful while little is known", () => {
    const quiet: Spread = { ...noSpread, rows: 10, pairs: 100 };
    expect(designEffectsOf(quiet, { cuts: 0.2, level: 0 })).toEqual({ cuts: 1, level: 1 });
    expect(designEffectsOf(noSpread, pooledEffect([])).level).toBeGreaterThan(4);
  });

  test("a look takes a fleet that nothing is known of for one of slow sensors, and soon believes its windows", () => {
    expect(lookEffectOf(noSpread, pooledEffect([]))).toBeGreaterThan(17);
    const known = spreadsOf(0, 6, 10);
    const effects = known.map((spread) => lookEffectOf(spread, pooledEffect(known)));
    expect(effects.reduce((a, b) => a + b, 0) / known.length).toBeLessThan(2);
  });

  test("words have no level", () => {
    let spread = noSpread;
    const step = { expected: [0.4, 0.3, 0.3], isOrdered: false, pooled: pooledEffect([]) };
    for (const shares of [
      [0.4, 0.3, 0.3],
      [0.1, 0.6, 0.3],
      [0.4, 0.3, 0.3],
    ])
      spread = nextSpread(spread, shares, 100, step);
    expect(spread.level).toBe(0);
    expect(spread.sum).toBeGreaterThan(2);
  });
});
