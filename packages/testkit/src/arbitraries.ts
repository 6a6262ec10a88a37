import { type DeviceId, isLabelKey, isLabelValue, type Labels, parseDeviceId } from "@kedge/core";
import fc, { type Arbitrary } from "fast-check";

const awkward = [
  0,
  -0,
  1,
  -1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.MIN_VALUE,
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  1e-12,
  1e15,
];

/** Doubles as sensors and users send them: ordinary ones, repeated ones, zeros of both signs, NaN, ±∞, the smallest and the largest. */
export function nastyFloat(): Arbitrary<number> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.double({ min: -1e6, max: 1e6, noNaN: true }) },
    { weight: 3, arbitrary: fc.integer({ min: -5, max: 5 }) },
    { weight: 2, arbitrary: fc.constantFrom(...awkward) },
    { weight: 1, arbitrary: fc.double() },
  );
}

/** Lists of nasty floats: empty, single, short, and long enough to fill sketches. */
export function nastyFloats(maxLength = 200): Arbitrary<number[]> {
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant<number[]>([]) },
    { weight: 1, arbitrary: nastyFloat().map((v) => [v]) },
    { weight: 6, arbitrary: fc.array(nastyFloat(), { maxLength }) },
    { weight: 1, arbitrary: fc.tuple(nastyFloat(), fc.nat({ max: maxLength })).map(([v, n]) => new Array<number>(n).fill(v)) },
  );
}

/** Counts of cells, some empty. */
export function countVector(cells: number, max = 10_000): Arbitrary<number[]> {
  return fc.array(fc.oneof(fc.constant(0), fc.nat({ max: 20 }), fc.nat({ max })), { minLength: cells, maxLength: cells });
}

/** Any valid device id, from one character to the longest. */
export function deviceId(): Arbitrary<DeviceId> {
  return fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/).map((text) => parseDeviceId(text) as DeviceId);
}

/** Label sets such as fleets carry, by valid keys and values. */
export function labels(): Arbitrary<Labels> {
  return fc.dictionary(
    fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/).filter(isLabelKey),
    fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,8}$/).filter(isLabelValue),
    { maxKeys: 5 },
  );
}
