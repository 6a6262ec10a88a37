/** The largest finite float. */
export const largestFloat = 3.4028234663852886e38;

/** The largest float that is not above `value`; what is beyond the floats is held at their end. */
export function floatBelow(value: number): number {
  const near = Math.fround(value);
  return Math.max(near <= value ? near : stepDown(near), -largestFloat);
}

/** The smallest float that is not below `value`. */
export function floatAbove(value: number): number {
  return -floatBelow(-value);
}

/**
 * The next float below. A little more than half of a float's relative spacing (2^-24) takes every normal float past
 * the midpoint to its neighbour, and none past that; below the normal floats the spacing is constant.
 */
function stepDown(float: number): number {
  const size = Math.abs(float);
  return size < 2 ** -126 ? float - 2 ** -149 : Math.fround(Math.min(float, largestFloat) - Math.min(size, largestFloat) * (2 ** -24 + 2 ** -50));
}
