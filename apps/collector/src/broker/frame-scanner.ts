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
  #skip = 0;
  /** Of a header that is not complete: the type, the length so far, its scale. */
  #type = -1;
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
      if (this.#type < 0) {
        this.#type = byte >> 4;
        continue;
      }
      this.#length += (byte & 0x7f) * this.#scale;
      this.#scale *= 128;
      if ((byte & 0x80) !== 0) {
        if (this.#scale > 128 ** 3) return "malformed";
        continue;
      }
      if (this.#length > this.#capOf(this.#type)) return "oversize";
      this.#skip = this.#length;
      this.#type = -1;
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
