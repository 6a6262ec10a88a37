import type { Tensor } from "@kedge/sensor";
import type { GoldenCase } from "./golden.js";

/** The outputs are what they must be. */
export interface GoldenMatch {
  readonly kind: "match";
  readonly largestDifference: number;
}

/** The first thing about the outputs that is not. */
export interface GoldenMismatch {
  readonly kind: "mismatch";
  readonly output: string;
  readonly message: string;
}

const shape = (t: Tensor): string => `${t.type} [${t.dims.join(", ")}]`;

/** NaN differs from everything but NaN: a model that gives NaN must have given it where it was made. */
function difference(found: number | bigint | string | undefined, expected: number | bigint | string | undefined): number {
  if (Object.is(found, expected) || found === expected) return 0;
  if (typeof found === "string" || typeof expected === "string") return Number.POSITIVE_INFINITY;
  const apart = typeof found === "bigint" && typeof expected === "bigint" ? Number(found - expected) : Number(found) - Number(expected);
  return Number.isNaN(apart) ? Number.POSITIVE_INFINITY : Math.abs(apart);
}

function compareTensor(found: Tensor | undefined, expected: Tensor, tolerance: number): number | string {
  if (found === undefined) return "the model gave no such output";
  if (found.type !== expected.type || found.dims.join() !== expected.dims.join() || found.values.length !== expected.values.length) {
    return `expected ${shape(expected)}, found ${shape(found)}`;
  }
  let largest = 0;
  for (let i = 0; i < expected.values.length; i += 1) {
    const apart = difference(found.values[i], expected.values[i]);
    if (apart > tolerance) return `expected ${String(expected.values[i])} at element ${i}, found ${String(found.values[i])} (tolerance ${tolerance})`;
    largest = Math.max(largest, apart);
  }
  return largest;
}

/** Holds what the model gave against one golden case. Outputs that the case does not name are not looked at. */
export function compareGolden(expected: GoldenCase, found: Readonly<Record<string, Tensor>>, tolerance: number): GoldenMatch | GoldenMismatch {
  let largestDifference = 0;
  for (const [output, tensor] of Object.entries(expected.outputs)) {
    const compared = compareTensor(Object.hasOwn(found, output) ? found[output] : undefined, tensor, tolerance);
    if (typeof compared === "string") return { kind: "mismatch", output, message: `output "${output}": ${compared}` };
    largestDifference = Math.max(largestDifference, compared);
  }
  return { kind: "match", largestDifference };
}
