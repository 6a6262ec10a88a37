/** MQTT control packet types (3.1.1, 2.2.1) that have a cap of their own. */
const connectType = 1;
const publishType = 3;

/** The largest remaining length of a packet, by its type. */
export interface FrameCaps {
  readonly connect: number;
  readonly publish: number;
  readonly other: number;
}

/**
 * Follows the packets in a stream of MQTT bytes by their fixed headers alone, and says when one announces more than it
 * may have: before a byte of it is kept. A parser would collect up to 256 MiB of a packet before anybody could look at
 * it. Costs a few operations per packet, none per byte.
 */
export class FrameScanner {
  /** Changed once it is known who sends. */
  caps: FrameCaps;
  /** The packet that is larger than it may be: the first byte of its header, what length it announces, and where its body begins in the bytes given last. */
  oversize: { readonly header: number; readonly length: number; readonly at: number } | undefined;
  #skip = 0;
  /** Of a header that is not complete: its first byte, the length so far, its scale. */
  #header = -1;
  #length = 0;
  #scale = 1;

  constructor(caps: FrameCaps) {
    this.caps = caps;
  }

  /** Looks at the next bytes; `undefined` when they are well, else what is wrong with them. */
  scan(bytes: Uint8Array): "oversize" | "malformed" | undefined {
    let at = 0;
    while (at < bytes.length) {
      if (this.#skip > 0) {
        const step = Math.min(this.#skip, bytes.length - at);
        this.#skip -= step;
        at += step;
        continue;
      }
      const byte = bytes[at] ?? 0;
      at += 1;
      if (this.#header < 0) {
        this.#header = byte;
        continue;
      }
      this.#length += (byte & 0x7f) * this.#scale;
      this.#scale *= 128;
      if ((byte & 0x80) !== 0) {
        if (this.#scale > 128 ** 3) return "malformed";
        continue;
      }
      if (this.#length > this.#capOf(this.#header >> 4)) {
        this.oversize = { header: this.#header, length: this.#length, at };
        return "oversize";
      }
      this.#skip = this.#length;
      this.#header = -1;
      this.#length = 0;
      this.#scale = 1;
    }
    return undefined;
  }

  #capOf(type: number): number {
    if (type === connectType) return this.caps.connect;
    return type === publishType ? this.caps.publish : this.caps.other;
  }
}
