import { normal, type Random } from "@kedge/core";

/** Draws one value of a distribution. */
export type Draw = (random: Random) => number;

/** 1 with probability `share`, else 0. */
export function bernoulli(share: number): Draw {
  return (random) => (random() < share ? 1 : 0);
}

/** Normal values of a mean and standard deviation. */
export function gaussian(mean = 0, sd = 1): Draw {
  return (random) => mean + sd * normal(random);
}

/** `length` values that follow `before` up to row `changeAt` and `after` from there on. */
export function abruptStream(before: Draw, after: Draw, at: { readonly length: number; readonly changeAt: number }, random: Random): number[] {
  return Array.from({ length: at.length }, (_, i) => (i < at.changeAt ? before : after)(random));
}

/** A stationary AR(1) series of mean 0 and sd 1: x ← ρ x + √(1−ρ²) ε. Rows of a real sensor are about so. */
export function autoregressiveStream(length: number, rho: number, random: Random): number[] {
  let x = normal(random);
  return Array.from({ length }, () => {
    const now = x;
    x = rho * x + Math.sqrt(1 - rho * rho) * normal(random);
    return now;
  });
}
