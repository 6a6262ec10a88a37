/** The longest event that is taken; a server that sends more is no collector. */
export const maxEventBytes = 4_194_304;

/** One server-sent event. */
export interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
  /** The id of this event, or of the last one before it that had one; empty when none had. */
  readonly id: string;
}

/** Why a stream of events could not be read on. */
export class EventStreamFault extends Error {
  override readonly name = "EventStreamFault";
}

const lineFeed = 10;
const carriageReturn = 13;

/** The text of UTF-8 bytes; a wrong sequence is a fault, not a replacement character. */
function textOf(bytes: readonly number[]): string {
  let escaped = "";
  let isPlain = true;
  for (const b of bytes) {
    if (b < 0x80 && b !== 0x25) escaped += String.fromCharCode(b);
    else {
      isPlain = false;
      escaped += `%${b.toString(16).padStart(2, "0")}`;
    }
  }
  try {
    return isPlain ? escaped : decodeURIComponent(escaped);
  } catch {
    throw new EventStreamFault("the stream of events is not UTF-8");
  }
}

/** Reads the lines of one stream into events, by the rules of the HTML standard (section 9.2.6). */
class Lines {
  #line: number[] = [];
  #skipLineFeed = false;
  #isFirst = true;
  #event = "";
  #data: string[] = [];
  #dataLength = 0;
  #id = "";

  *take(bytes: Uint8Array): Generator<ServerSentEvent> {
    for (const b of bytes) {
      if (b === lineFeed && this.#skipLineFeed) {
        this.#skipLineFeed = false;
        continue;
      }
      this.#skipLineFeed = b === carriageReturn;
      if (b !== lineFeed && b !== carriageReturn) {
        this.#line.push(b);
        if (this.#line.length + this.#dataLength > maxEventBytes) throw new EventStreamFault(`an event is longer than ${maxEventBytes} bytes`);
        continue;
      }
      const line = textOf(this.#line);
      this.#line = [];
      const event = this.#endLine(this.#isFirst ? line.replace(/^\uFEFF/, "") : line);
      this.#isFirst = false;
      if (event !== undefined) yield event;
    }
  }

  #endLine(line: string): ServerSentEvent | undefined {
    if (line === "") return this.#endEvent();
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "event") this.#event = value;
    else if (field === "data") {
      this.#data.push(value);
      this.#dataLength += value.length;
    } else if (field === "id" && !value.includes("\0")) this.#id = value;
    return undefined;
  }

  #endEvent(): ServerSentEvent | undefined {
    const event = { event: this.#event === "" ? "message" : this.#event, data: this.#data.join("\n"), id: this.#id };
    const isEmpty = this.#data.length === 0;
    this.#event = "";
    this.#data = [];
    this.#dataLength = 0;
    return isEmpty ? undefined : event;
  }
}

/**
 * The events in a stream of bytes, however it is cut. What follows the last empty line is no event. Ends when the bytes
 * end; ending the iteration early ends the bytes' iterator. Throws {@link EventStreamFault} for what is no such stream.
 */
export async function* readEvents(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  const lines = new Lines();
  for await (const chunk of bytes) yield* lines.take(chunk);
}
