/**
 * A uniform sample of a stream: every item draws a tag in [0, 1) and the `capacity` smallest tags stay (bottom-k). As the tags alone decide,
 * merging is exact: any grouping and order of merges gives the same sample. Mutable.
 */
export interface Reservoir<T> {
  readonly capacity: number;
  /** By rising tag. */
  readonly entries: { readonly tag: number; readonly item: T }[];
  /** Items offered. */
  seen: number;
}

/** An empty reservoir of at most `capacity` items (at least 1). */
export function emptyReservoir<T>(capacity: number): Reservoir<T> {
  return { capacity: Math.max(1, Math.floor(capacity) || 1), entries: [], seen: 0 };
}

function keep<T>(reservoir: Reservoir<T>, tag: number, item: T): void {
  const { entries, capacity } = reservoir;
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle] as { tag: number }).tag <= tag) low = middle + 1;
    else high = middle;
  }
  if (low >= capacity) return;
  entries.splice(low, 0, { tag, item });
  if (entries.length > capacity) entries.pop();
}

/** Offers an item with a fresh tag; one number drawn and one comparison for nearly all of a long stream. True when it was kept. */
export function offerToReservoir<T>(reservoir: Reservoir<T>, item: T, random: () => number): boolean {
  const tag = random();
  reservoir.seen += 1;
  if (reservoir.entries.length === reservoir.capacity && tag >= (reservoir.entries[reservoir.capacity - 1]?.tag ?? 1)) return false;
  keep(reservoir, tag, item);
  return true;
}

/** The sample of both streams, of the smaller capacity. Neither argument is changed. */
export function mergeReservoirs<T>(a: Reservoir<T>, b: Reservoir<T>): Reservoir<T> {
  const out = emptyReservoir<T>(Math.min(a.capacity, b.capacity));
  for (const { tag, item } of [...a.entries, ...b.entries]) keep(out, tag, item);
  out.seen = a.seen + b.seen;
  return out;
}
