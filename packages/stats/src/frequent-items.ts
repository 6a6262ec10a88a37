import { utf8 } from "./hll/item-bytes.js";
import { murmur3 } from "./hll/murmur3.js";

/**
 * The most frequent texts of a stream in bounded memory (Misra & Gries 1982). Mutable. Each count is too low by at most `error`, which is
 * never more than total / (capacity + 1); what is not listed came at most `error` times.
 */
export interface FrequentItems {
  readonly capacity: number;
  readonly counts: Map<string, number>;
  /** All items seen, listed or not. */
  total: number;
  /** By how much a count may be too low. */
  error: number;
}

/** Texts longer than this are listed by their beginning and a hash, so that no text from outside can fill the memory. */
const longest = 64;

/** An empty list of at most `capacity` items (at least 1). */
export function emptyFrequentItems(capacity = 64): FrequentItems {
  return { capacity: Math.max(1, Math.floor(capacity) || 1), counts: new Map(), total: 0, error: 0 };
}

function shortened(item: string): string {
  if (item.length <= longest) return item;
  const [low = 0, high = 0] = murmur3(utf8(item));
  return `${item.slice(0, longest - 17)}#${high.toString(16).padStart(8, "0")}${low.toString(16).padStart(8, "0")}`;
}

/** Takes `times` more of an item in; a count that is not positive and finite changes nothing. */
export function addToFrequentItems(items: FrequentItems, item: string, times = 1): void {
  if (!(times > 0) || times === Number.POSITIVE_INFINITY) return;
  const name = shortened(item);
  items.total += times;
  items.counts.set(name, (items.counts.get(name) ?? 0) + times);
  if (items.counts.size > items.capacity) shrink(items);
}

/** Takes the (capacity + 1)-th largest count from every count and drops what is left with nothing. */
function shrink(items: FrequentItems): void {
  const { counts, capacity } = items;
  while (counts.size > capacity) {
    const least = [...counts.values()].sort((a, b) => b - a)[capacity] as number;
    items.error += least;
    for (const [name, count] of counts) {
      if (count > least) counts.set(name, count - least);
      else counts.delete(name);
    }
  }
}

/**
 * The list of both streams, with the smaller capacity (Agarwal et al. 2012: the bound on the error holds for any order of merging).
 * Commutative in full; while nothing had to be dropped also associative and exact. Neither argument is changed.
 */
export function mergeFrequentItems(a: FrequentItems, b: FrequentItems): FrequentItems {
  const out = emptyFrequentItems(Math.min(a.capacity, b.capacity));
  for (const side of [a, b]) for (const [name, count] of side.counts) out.counts.set(name, (out.counts.get(name) ?? 0) + count);
  out.total = a.total + b.total;
  out.error = a.error + b.error;
  shrink(out);
  return out;
}

/** One listed item with the bounds of its true count. */
export interface FrequentItem {
  readonly item: string;
  /** It came at least so often. */
  readonly atLeast: number;
  /** It came at most so often. */
  readonly atMost: number;
}

/** The items by falling count, equal counts by name. */
export function topItems(items: FrequentItems, most = items.capacity): FrequentItem[] {
  return [...items.counts]
    .sort(([x, a], [y, b]) => b - a || (x < y ? -1 : 1))
    .slice(0, most)
    .map(([item, count]) => ({ item, atLeast: count, atMost: count + items.error }));
}

/** How many of the items seen are not behind any listed count. */
export function unlisted(items: FrequentItems): number {
  let listed = 0;
  for (const count of items.counts.values()) listed += count;
  return items.total - listed;
}
