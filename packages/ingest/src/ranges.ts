/** Whole numbers as ranges, ascending and apart: `[from, to, from, to, …]`, ends included. Small as JSON. */
export type Ranges = readonly number[];

/** No number. */
export const noRanges: Ranges = [];

/** Whether a number is in one of the ranges. */
export function includes(ranges: Ranges, value: number): boolean {
  // Nearly always there is one range, or the number is near the end.
  for (let i = ranges.length - 2; i >= 0; i -= 2) {
    if ((ranges[i] ?? 0) <= value) return value <= (ranges[i + 1] ?? 0);
  }
  return false;
}

/** The ranges with `from` … `to` added. */
export function added(ranges: Ranges, from: number, to: number): Ranges {
  if (to < from) return ranges;
  const out: number[] = [];
  let [low, high] = [from, to];
  let isPlaced = false;
  for (let i = 0; i < ranges.length; i += 2) {
    const [a, b] = [ranges[i] ?? 0, ranges[i + 1] ?? 0];
    if (b + 1 < low) out.push(a, b);
    else if (a > high + 1) {
      if (!isPlaced) out.push(low, high);
      isPlaced = true;
      out.push(a, b);
    } else {
      low = Math.min(low, a);
      high = Math.max(high, b);
    }
  }
  if (!isPlaced) out.push(low, high);
  return out;
}

/** The ranges without those of `others`. */
export function without(ranges: Ranges, others: Ranges): Ranges {
  const out: number[] = [];
  for (let i = 0; i < ranges.length; i += 2) {
    let low = ranges[i] ?? 0;
    const high = ranges[i + 1] ?? 0;
    for (let j = 0; j < others.length && low <= high; j += 2) {
      const [a, b] = [others[j] ?? 0, others[j + 1] ?? 0];
      if (b < low || a > high) continue;
      if (a > low) out.push(low, a - 1);
      low = b + 1;
    }
    if (low <= high) out.push(low, high);
  }
  return out;
}

/** How many numbers there are. */
export function sizeOf(ranges: Ranges): number {
  let size = 0;
  for (let i = 0; i < ranges.length; i += 2) size += (ranges[i + 1] ?? 0) - (ranges[i] ?? 0) + 1;
  return size;
}

/** The last number; 0 without one. */
export function lastOf(ranges: Ranges): number {
  return ranges[ranges.length - 1] ?? 0;
}

/** How far the numbers of both reach from 1 on without a hole; 0 when 1 is in neither. */
export function contiguousFrom1(a: Ranges, b: Ranges): number {
  let reached = 0;
  for (let i = 0, j = 0; ; ) {
    if (i < a.length && (a[i] ?? 0) <= reached + 1) {
      reached = Math.max(reached, a[i + 1] ?? 0);
      i += 2;
    } else if (j < b.length && (b[j] ?? 0) <= reached + 1) {
      reached = Math.max(reached, b[j + 1] ?? 0);
      j += 2;
    } else return reached;
  }
}

/** Whether a value is what this file makes: whole numbers from 1, ascending and apart. */
export function isRanges(value: unknown): value is Ranges {
  if (!Array.isArray(value) || value.length % 2 !== 0) return false;
  let last = -1;
  return value.every((n: unknown, i) => {
    const holds = typeof n === "number" && Number.isInteger(n) && (i % 2 === 0 ? n > last + 1 && n >= 1 : n >= last);
    last = typeof n === "number" ? n : last;
    return holds;
  });
}
