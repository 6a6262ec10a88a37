import type { Span } from "./input-schema.js";

/**
 * Units by name, and what a value in each can be at all: absolute zero, shares of a whole, angles, and generous ceilings beyond what
 * sensors measure. Not what is usual: that is for the range.
 */
const limits: Readonly<Record<string, Span>> = {
  celsius: { min: -273.15, max: 2_000 },
  fahrenheit: { min: -459.67, max: 3_632 },
  kelvin: { min: 0, max: 2_273.15 },
  percent: { min: 0, max: 100 },
  share: { min: 0, max: 1 },
  degree: { min: -360, max: 360 },
  hectopascal: { min: 0, max: 1e7 },
  pascal: { min: 0, max: 1e9 },
  lux: { min: 0, max: 1e7 },
  ppm: { min: 0, max: 1_000_000 },
};

/** What a value in a unit can be at all; `undefined` for a unit of which nothing is known. */
export function plausibleSpan(unit: string): Span | undefined {
  return Object.hasOwn(limits, unit) ? limits[unit] : undefined;
}
