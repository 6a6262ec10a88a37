/** An amount per bucket of time, oldest first. `bucketMs` wide; a total over a span is never too small. */
export interface SlidingTotal {
  readonly buckets: readonly { readonly index: number; readonly amount: number }[];
}

/** How a sliding total is cut into buckets, and how far back it counts. */
export interface Span {
  readonly bucketMs: number;
  readonly spanMs: number;
}

/** Nothing counted yet. */
export const nothing: SlidingTotal = { buckets: [] };

/**
 * The amount in the `spanMs` before `nowMs`. The bucket that is only partly inside counts as a whole, so that a cap on
 * this total holds for every span of that length, wherever it begins.
 */
export function totalAt(total: SlidingTotal, span: Span, nowMs: number): number {
  const first = firstIndex(span, nowMs);
  let sum = 0;
  for (const bucket of total.buckets) if (bucket.index >= first) sum += bucket.amount;
  return sum;
}

/** Adds an amount at `nowMs`, and forgets buckets that no span reaches any more. */
export function addAt(total: SlidingTotal, span: Span, at: { readonly nowMs: number; readonly amount: number }): SlidingTotal {
  const index = Math.floor(at.nowMs / span.bucketMs);
  const first = firstIndex(span, at.nowMs);
  const kept = total.buckets.filter((bucket) => bucket.index >= first && bucket.index < index);
  let amount = at.amount;
  for (const bucket of total.buckets) if (bucket.index >= index) amount += bucket.amount;
  return { buckets: [...kept, { index, amount }] };
}

/** Everything that was counted, as if it had happened at `nowMs`: what is known when the clock was set back. */
export function countedAsOf(total: SlidingTotal, span: Span, nowMs: number): SlidingTotal {
  let amount = 0;
  for (const bucket of total.buckets) amount += bucket.amount;
  return amount === 0 ? nothing : { buckets: [{ index: Math.floor(nowMs / span.bucketMs), amount }] };
}

function firstIndex(span: Span, nowMs: number): number {
  return Math.floor((nowMs - span.spanMs) / span.bucketMs);
}
