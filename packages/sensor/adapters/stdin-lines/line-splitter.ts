/** A line of bytes without its end, or word that one was too long. */
export type Line = { readonly kind: "line"; readonly bytes: Uint8Array } | { readonly kind: "too-long"; readonly bytes: number };

/** Cuts a stream of bytes at each newline. Never keeps more than `maxLineBytes`: the rest of a longer line is dropped. */
export class LineSplitter {
  readonly #maxLineBytes: number;
  #parts: Uint8Array[] = [];
  #length = 0;

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes;
  }

  #keep(part: Uint8Array): void {
    this.#length += part.length;
    if (this.#length <= this.#maxLineBytes) this.#parts.push(part);
    else this.#parts = [];
  }

  #take(): Line {
    const length = this.#length;
    const line: Line = length > this.#maxLineBytes ? { kind: "too-long", bytes: length } : { kind: "line", bytes: new Uint8Array(Buffer.concat(this.#parts)) };
    this.#parts = [];
    this.#length = 0;
    return line;
  }

  /** The lines that `chunk` ends. */
  *push(chunk: Uint8Array): Generator<Line> {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      this.#keep(chunk.subarray(start, end));
      start = end + 1;
      yield this.#take();
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  /** The last line, when the stream did not end with a newline. */
  *end(): Generator<Line> {
    if (this.#length > 0) yield this.#take();
  }
}
