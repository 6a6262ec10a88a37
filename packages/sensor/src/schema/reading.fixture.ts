import { nastyFloat } from "@kedge/testkit";
import fc from "fast-check";
import type { Reading, ReadingInput, Tensor } from "../reading.js";

const tensor: fc.Arbitrary<Tensor> = fc.oneof(
  fc.array(nastyFloat(), { maxLength: 6 }).map((v): Tensor => ({ type: "float32", dims: [v.length], values: Float32Array.from(v) })),
  fc.uint8Array({ maxLength: 6 }).map((v): Tensor => ({ type: "uint8", dims: [1, v.length], values: v })),
  fc
    .array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { maxLength: 3 })
    .map((v): Tensor => ({ type: "int64", dims: [], values: BigInt64Array.from(v) })),
  fc.array(fc.string(), { maxLength: 3 }).map((v): Tensor => ({ type: "string", dims: [v.length], values: v })),
);

/** Anything a reading's input can be. */
export const anyInput: fc.Arbitrary<ReadingInput> = fc.oneof(nastyFloat(), fc.string(), fc.boolean(), fc.constant(null), tensor);

const names = fc.oneof(fc.constantFrom("a", "b", "c", "constructor", "__proto__", "toString"), fc.string({ minLength: 1, maxLength: 8 }));

/** Readings as sensors, users and strangers send them. */
export const anyReading: fc.Arbitrary<Reading> = fc
  .tuple(fc.uniqueArray(fc.tuple(names, anyInput), { maxLength: 6, selector: ([name]) => name }), fc.integer({ min: 0, max: 8.64e15 }))
  .map(([entries, atMs]) => ({ id: "r", atMs, inputs: Object.fromEntries(entries) }));

/** Readings of one column, a second apart. */
export function column(name: string, values: readonly ReadingInput[], fromMs = 1_700_000_000_000): Reading[] {
  return values.map((value, i) => ({ id: `r${i}`, atMs: fromMs + 1_000 * i, inputs: { [name]: value } }));
}
