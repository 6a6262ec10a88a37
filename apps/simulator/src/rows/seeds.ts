import { type Random, seededRandom } from "@kedge/core";

/** One seed of several numbers: every bit of each of them changes it (the finaliser of MurmurHash3 after each). */
export function seedOf(...parts: readonly number[]): number {
  let hash = 0x9747b28c;
  for (const part of parts) {
    hash = Math.imul(hash ^ (part >>> 0), 0xcc9e2d51);
    hash ^= hash >>> 16;
    hash = Math.imul(hash, 0x85ebca6b);
    hash ^= hash >>> 13;
    hash = Math.imul(hash, 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return hash >>> 0;
}

/** What chance is drawn for: streams of one seed that have nothing to do with one another. */
export const lots = { rows: 1, link: 2, clock: 3, crash: 4, update: 5, phase: 6, pool: 7, connect: 8, stuck: 9 } as const;

/** Chance for one purpose, of the scenario's seed. */
export function lotOf(seed: number, purpose: (typeof lots)[keyof typeof lots], ...which: readonly number[]): Random {
  return seededRandom(seedOf(seed, purpose, ...which));
}
