import type { DeviceId, Sha256 } from "@kedge/core";
import fc from "fast-check";

/** Values that messages of any kind are made of. What is rounded on the wire (ranges) is made of floats. */
export const record: typeof fc.record = (<T, K extends keyof T>(model: { [P in keyof T]: fc.Arbitrary<T[P]> }, constraints: { requiredKeys?: K[] } = {}) =>
  fc.record(model, { ...constraints, noNullPrototype: true })) as typeof fc.record;

export const u32 = fc.nat({ max: 0xffff_ffff });
export const ordinal = fc.integer({ min: 1, max: 0xffff_ffff });
export const double = fc.double({ noNaN: true, noDefaultInfinity: true });
export const float = fc.float({ noNaN: true, noDefaultInfinity: true });
export const positive = fc.double({ min: 1e-300, max: 1, noNaN: true });
export const time = fc.double({ min: 0, max: 8.64e15, noNaN: true }).map((t) => t + 0);
export const printable = (maxLength: number) => fc.string({ maxLength, unit: fc.constantFrom(..."abcXYZ 09.-_/é€𝄞") }).filter((s) => s.length <= maxLength);

export const deviceId = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/).map((s) => s as DeviceId);
export const sha256 = fc.stringMatching(/^[0-9a-f]{64}$/).map((s) => s as Sha256);
export const orNull = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null });
export const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });
export const small = fc.nat({ max: 300 });
