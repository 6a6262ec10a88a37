/** The largest finite float. */
export const largestFloat = 3.4028234663852886e38;

/** The largest float that is not above `value`; what is beyond the floats is held at their end. */
export function floatBelow(value: number): number {
  const near = Math.fround(value);
  if (near <= value) return Math.max(near, -largestFloat);
  return -stepUp(-near);
}

/** The smallest float that is not below `value`. */
export function floatAbove(value: number): number {
  return -floatBelow(-value);
}

/** The next float above. */
function stepUp(float: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, float);
  const bits = view.getInt32(0);
  // Floats order like their bits, positive ones upwards and negative ones downwards; zero lies in between.
  view.setInt32(0, float === 0 ? 1 : bits + (float > 0 ? 1 : -1));
  return view.getFloat32(0);
}
