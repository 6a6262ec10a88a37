import { startOf, type TimeRange } from "./roll-up.js";

/**
 * The stretches of a range that cannot be answered from merged hours (or days) of a length: those cut by its ends, and those in which one is due.
 * Ascending, apart from one another.
 */
export function uncovered(range: TimeRange, lengthMs: number, due: readonly number[]): TimeRange[] {
  const { fromMs, toMs } = range;
  if (toMs <= fromMs) return [];
  const first = startOf(fromMs, lengthMs);
  const last = startOf(toMs, lengthMs);
  const starts = new Set(due.map((atMs) => startOf(atMs, lengthMs)).filter((atMs) => atMs + lengthMs > fromMs && atMs < toMs));
  if (first < fromMs) starts.add(first);
  if (last < toMs) starts.add(last);
  const stretches: TimeRange[] = [];
  for (const atMs of [...starts].sort((a, b) => a - b)) {
    const next = { fromMs: Math.max(atMs, fromMs), toMs: Math.min(atMs + lengthMs, toMs) };
    const before = stretches.at(-1);
    if (before !== undefined && before.toMs === next.fromMs) stretches[stretches.length - 1] = { fromMs: before.fromMs, toMs: next.toMs };
    else stretches.push(next);
  }
  return stretches;
}

/** What of a range lies outside of stretches that are apart and ascending. */
export function outside(range: TimeRange, stretches: readonly TimeRange[]): TimeRange[] {
  const left: TimeRange[] = [];
  let fromMs = range.fromMs;
  for (const stretch of stretches) {
    if (stretch.fromMs > fromMs) left.push({ fromMs, toMs: stretch.fromMs });
    fromMs = stretch.toMs;
  }
  if (range.toMs > fromMs) left.push({ fromMs, toMs: range.toMs });
  return left;
}
