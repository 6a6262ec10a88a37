import { createProfiler } from "@kedge/profile";
import { expect, test } from "vitest";
import { type Bar, meets } from "../support/figure.js";
import { profileFigures } from "./figures.js";
import { numericRows, numericSpec } from "./rows.js";
import { measureProfiling } from "./simulate.js";

const seed = 11;

test("a window keeps its size, and every figure is measured", () => {
  // Without a forced collection memory is only read, not judged; the benchmark itself judges it, and time.
  const { figures } = measureProfiling({ features: 32, repeats: 5, seed, collect: () => undefined });
  expect(Object.keys(figures)).toEqual(profileFigures.map((f) => f.key));
  for (const { key, bar } of profileFigures.filter((f) => f.key === "bytesPerFeature" || f.key === "windowBytes")) {
    expect(meets(figures[key] as number, bar as Bar), `${key}: ${figures[key]}`).toBe(true);
  }
});

test("counting does not slow down with odd values: rows of NaN, infinities and texts take no longer than ten times", () => {
  const spec = numericSpec(32, seed);
  const plain = numericRows(32, 500, seed);
  const odd = plain.map((p, i) => ({
    ...p,
    reading: { ...p.reading, inputs: { ...p.reading.inputs, sensor_0: [Number.NaN, 1e300, "x", null][i % 4] ?? null } },
  }));
  const time = (rows: typeof plain): number => {
    const profiler = createProfiler(spec, "");
    const once = (): number => {
      const started = performance.now();
      for (const row of rows) profiler.add(row);
      return performance.now() - started;
    };
    return Math.min(...Array.from({ length: 20 }, once));
  };
  expect(time(odd)).toBeLessThan(10 * time(plain));
});
