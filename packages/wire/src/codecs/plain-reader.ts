/** Where the fields of one message lie in its bytes. */
export interface FieldPlaces {
  /** By field number; of numbers (wire type 0), where they stand. */
  readonly starts: Int32Array;
  /** 0 where the field is missing. */
  readonly ends: Int32Array;
}

/** A message in bytes, and its form: wire types by field number, −1 where none is known. */
export interface MessageForm {
  readonly start: number;
  readonly end: number;
  readonly types: Int8Array;
  readonly repeated?: number;
}

/** Field numbers that are looked for. */
const mostFields = 64;

export function newPlaces(): FieldPlaces {
  return { starts: new Int32Array(mostFields), ends: new Int32Array(mostFields) };
}

/** A form's wire types from lists of field numbers. */
export function wireTypes(of: { readonly numbers?: readonly number[]; readonly doubles?: readonly number[]; readonly bytes?: readonly number[] }): Int8Array {
  const types = new Int8Array(mostFields).fill(-1);
  for (const field of of.numbers ?? []) types[field] = 0;
  for (const field of of.doubles ?? []) types[field] = 1;
  for (const field of of.bytes ?? []) types[field] = 2;
  return types;
}

/**
 * Reads the plain form of protobuf fields: what our own encoder writes. Every method says with `false` (or −1) that bytes are not of that form, which
 * is no verdict on them: they may be damaged, or be another writer's, and whoever asked must have the ordinary decoder look.
 */
export class PlainReader {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  #view: DataView = new DataView(new ArrayBuffer(0));

  start(bytes: Uint8Array): void {
    // Node's Buffer is read as what it is, an array of bytes: what comes is then always of one class.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** A varint of at most 32 bits at {@link at}; −1 when there is none. */
  varint(): number {
    const { bytes } = this;
    let at = this.at;
    let byte = bytes[at++] as number;
    let value = byte & 0x7f;
    for (let scale = 0x80; byte >= 0x80; scale *= 0x80) {
      if (scale > 0x1000_0000) return -1;
      byte = bytes[at++] as number;
      value += (byte & 0x7f) * scale;
    }
    this.at = at;
    return at > bytes.length || value > 0xffff_ffff ? -1 : value;
  }

  /**
   * Notes where the fields from `start` to `end` lie: each at most once, of the wire types that `types` says by number (−1: none that is known here).
   * Those of the `repeated` field come one after the other, and are noted from the first one's tag to the last one's end.
   */
  places({ starts, ends }: FieldPlaces, { start, end, types, repeated }: MessageForm): boolean {
    ends.fill(0);
    this.at = start;
    let last = 0;
    while (this.at < end) {
      const tagAt = this.at;
      const tag = this.varint();
      const field = tag >>> 3;
      if (tag < 0 || field >= mostFields || types[field] !== (tag & 7)) return false;
      const length = types[field] === 2 ? this.varint() : types[field] === 1 ? 8 : 0;
      if (length < 0) return false;
      if (ends[field] === 0) starts[field] = field === repeated ? tagAt : this.at;
      else if (field !== repeated || last !== field) return false;
      this.at += length;
      if (types[field] === 0 && this.varint() < 0) return false;
      ends[field] = this.at;
      last = field;
    }
    return this.at === end;
  }

  double(at: number): number {
    return this.#view.getFloat64(at, true);
  }

  int16(at: number): number {
    return this.#view.getInt16(at, true);
  }

  /** The varint of a field; 0 where it is missing. */
  number({ starts, ends }: FieldPlaces, field: number): number {
    if (ends[field] === 0) return 0;
    this.at = starts[field] as number;
    return this.varint();
  }

  /** Varints from {@link at} on into a stretch of an array; their sum, or −1. Most are of one byte or two, and stay small integers for the machine. */
  run(into: Float64Array, from: number, to: number): number {
    const { bytes } = this;
    let at = this.at;
    let sum = 0;
    for (let i = from; i < to; i += 1) {
      let value = bytes[at++] as number;
      if (value >= 0x80) {
        const next = bytes[at++] as number;
        value = (value & 0x7f) | ((next & 0x7f) << 7);
        if (next >= 0x80) {
          this.at = at - 2;
          value = this.varint();
          if (value < 0) return -1;
          at = this.at;
        }
      }
      into[i] = value;
      sum += value;
    }
    this.at = at;
    return at > bytes.length ? -1 : sum;
  }

  /** A column of whole numbers: none (all 0), one for all, or one for each of `places`, where they go. */
  wholes({ starts, ends }: FieldPlaces, field: number, { into, places }: ColumnPlaces): boolean {
    const end = ends[field] as number;
    const all = places.length;
    if (end === 0 || all === 0) return end === 0 && fill(into, places, 0);
    this.at = starts[field] as number;
    const first = this.varint();
    if (first < 0 || this.at > end) return false;
    if (this.at === end) return fill(into, places, first);
    into[places[0] as number] = first;
    for (let k = 1; k < all; k += 1) {
      const value = this.varint();
      if (value < 0) return false;
      into[places[k] as number] = value;
    }
    return this.at === end;
  }

  /** The same of floats of 4 or 8 bytes. */
  floats({ starts, ends }: FieldPlaces, field: number, { into, places, width }: ColumnPlaces & { readonly width: 4 | 8 }): boolean {
    const end = ends[field] as number;
    const all = places.length;
    if (end === 0 || all === 0) return end === 0 && fill(into, places, 0);
    const start = starts[field] as number;
    const length = end - start;
    const view = this.#view;
    if (length === width) return fill(into, places, width === 8 ? view.getFloat64(start, true) : view.getFloat32(start, true));
    if (length !== all * width) return false;
    for (let k = 0; k < all; k += 1) {
      const at = start + k * width;
      into[places[k] as number] = width === 8 ? view.getFloat64(at, true) : view.getFloat32(at, true);
    }
    return true;
  }
}

/** Where a column's entries go. */
export interface ColumnPlaces {
  readonly into: Float64Array;
  readonly places: Uint32Array;
}

function fill(into: Float64Array, places: Uint32Array, value: number): boolean {
  for (let k = 0; k < places.length; k += 1) into[places[k] as number] = value;
  return true;
}
