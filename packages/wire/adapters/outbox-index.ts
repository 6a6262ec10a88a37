import type { HeldRange, OutboxKey, OutboxKind } from "../src/index.js";

/** A record that waits, and where it lies. */
export interface IndexEntry<Place> extends OutboxKey {
  readonly kind: OutboxKind;
  readonly length: number;
  readonly place: Place;
}

/** Which records wait for their acknowledgement, in order. */
export class OutboxIndex<Place> {
  /** By epoch, ascending; each list by number, ascending. */
  readonly #byEpoch = new Map<number, IndexEntry<Place>[]>();
  #records = 0;
  #bytes = 0;

  get records(): number {
    return this.#records;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Adds a record that comes after all others. */
  add(entry: IndexEntry<Place>): void {
    const entries = this.#byEpoch.get(entry.bootEpoch) ?? [];
    this.#byEpoch.set(entry.bootEpoch, entries);
    entries.push(entry);
    this.#records += 1;
    this.#bytes += entry.length;
  }

  /** Takes out what an acknowledgement covers, and gives it. */
  ackThrough(key: OutboxKey): IndexEntry<Place>[] {
    return this.#remove(key.bootEpoch, (entry) => entry.seq <= key.seq);
  }

  /** Takes out what lies in a place, and gives it. */
  removeAt(isThere: (place: Place) => boolean): IndexEntry<Place>[] {
    return [...this.#byEpoch.keys()].flatMap((epoch) => this.#remove(epoch, (entry) => isThere(entry.place)));
  }

  /** Takes out the oldest record. */
  shift(): IndexEntry<Place> | undefined {
    for (const [epoch, entries] of this.#byEpoch) {
      const oldest = entries.shift();
      if (entries.length === 0) this.#byEpoch.delete(epoch);
      this.#records -= 1;
      this.#bytes -= oldest?.length ?? 0;
      return oldest;
    }
    return undefined;
  }

  /** The records behind `after` (or all), in order. */
  *entries(after?: OutboxKey): Generator<IndexEntry<Place>> {
    for (const [epoch, entries] of this.#byEpoch) {
      if (after !== undefined && epoch < after.bootEpoch) continue;
      const isAfters = after !== undefined && epoch === after.bootEpoch;
      for (let i = isAfters ? firstBehind(entries, after.seq) : 0; i < entries.length; i += 1) yield entries[i] as IndexEntry<Place>;
    }
  }

  /** The ranges held; the last one is the present epoch's. */
  held(present: OutboxKey): HeldRange[] {
    const ranges: { bootEpoch: number; oldestSeq: number; nextSeq: number }[] = [];
    for (const { bootEpoch, seq } of this.entries()) {
      const last = ranges.at(-1);
      if (last?.bootEpoch === bootEpoch && last.nextSeq === seq) last.nextSeq += 1;
      else ranges.push({ bootEpoch, oldestSeq: seq, nextSeq: seq + 1 });
    }
    const last = ranges.at(-1);
    if (last?.bootEpoch === present.bootEpoch && last.nextSeq === present.seq) return ranges;
    return [...ranges, { bootEpoch: present.bootEpoch, oldestSeq: present.seq, nextSeq: present.seq }];
  }

  #remove(epoch: number, isGone: (entry: IndexEntry<Place>) => boolean): IndexEntry<Place>[] {
    const entries = this.#byEpoch.get(epoch) ?? [];
    const gone = entries.filter(isGone);
    if (gone.length === 0) return gone;
    if (gone.length === entries.length) this.#byEpoch.delete(epoch);
    else
      this.#byEpoch.set(
        epoch,
        entries.filter((entry) => !isGone(entry)),
      );
    this.#records -= gone.length;
    for (const { length } of gone) this.#bytes -= length;
    return gone;
  }
}

/** Where the first entry with a larger number is (by halving). */
function firstBehind(entries: readonly OutboxKey[], seq: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle]?.seq ?? 0) <= seq) low = middle + 1;
    else high = middle;
  }
  return low;
}
