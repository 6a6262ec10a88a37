import type { Sha256 } from "@kedge/core";

/** Two halves of a set of samples. */
export interface Split<T> {
  readonly train: readonly T[];
  readonly heldBack: readonly T[];
}

/**
 * Splits samples by the digest of their content: about `share` of them is held back for the gate. Equal frames always
 * fall on the same side, and a frame falls on the same side in every later job too, so a model is never judged on what
 * it, or the model it started from, was taught. The side depends on the content alone, so classes, devices and hours
 * are split alike up to chance.
 */
export function splitByContent<T extends { readonly contentSha256: Sha256 }>(samples: readonly T[], share: number): Split<T> {
  const train: T[] = [];
  const heldBack: T[] = [];
  for (const sample of samples) {
    // The digits of a digest are uniform.
    const drawn = Number.parseInt(sample.contentSha256.slice(0, 8), 16) / 4294967296;
    if (drawn < share) heldBack.push(sample);
    else train.push(sample);
  }
  return { train, heldBack };
}
