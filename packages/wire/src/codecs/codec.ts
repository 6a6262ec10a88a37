import { InvariantError, KedgeError, messageOf } from "@kedge/core";
import protobuf from "protobufjs/minimal.js";
import type { Decoded, Rejected } from "../decoded.js";
import { wireErrors } from "../errors.js";
import { Fields } from "./fields.js";
import { readHeading, type Shape, scan } from "./scan.js";

/** The one format version that this code speaks. */
export const formatVersion = 1;

/** How one kind of message is read. `Raw` is the generated class's shape. */
export interface Codec<Raw, T> {
  /** The message's name, for people. */
  readonly name: string;
  readonly maxBytes: number;
  readonly shape: Shape;
  readonly type: {
    encode(message: Raw, writer?: protobuf.Writer): protobuf.Writer;
    decode(reader: protobuf.Reader): Raw;
  };
  /** Whether `toRaw` itself refuses what the decoder would; otherwise what was encoded is decoded to make sure. */
  readonly isSelfChecked?: boolean;
  toRaw(value: T): Raw;
  /** Reads every field through `fields`, which remembers the first fault; what it gives then is thrown away. */
  fromRaw(raw: Raw, fields: Fields): T;
}

/**
 * The bytes of a value. A value that the other side would refuse is refused here, where its maker can be seen
 * (`wire/unencodable`): sent, it would be dead on arrival, or wait in an outbox for ever.
 */
export function encodeAs<Raw, T>(codec: Codec<Raw, T>, value: T): Uint8Array {
  const writer = codec.type.encode(codec.toRaw(value), new protobuf.Writer());
  if (writer.pos > codec.maxBytes) throw unencodable(`${codec.name} of ${writer.pos} bytes: at most ${codec.maxBytes} fit`);
  const bytes = writer.finishInto(new Uint8Array(writer.pos));
  if (codec.isSelfChecked === true) return bytes;
  const back = decodeAs(codec, bytes);
  if (back.kind === "rejected") throw unencodable(back.message);
  return bytes;
}

/**
 * The value of bytes from outside: anything at all may come in, nothing is thrown. Size first, then structure and
 * format version (without allocating), then the fields one by one.
 */
export function decodeAs<Raw, T>(codec: Codec<Raw, T>, bytes: Uint8Array): Decoded<T> | Rejected {
  const { name } = codec;
  if (bytes.length > codec.maxBytes) return rejected("wire/oversize", `${name} of ${bytes.length} bytes: at most ${codec.maxBytes} are read`);
  // The format comes first: a newer message may be built otherwise, and should be called newer, not damaged.
  const { format } = readHeading(bytes);
  if (format > formatVersion) return rejected("wire/unknown-format", `${name} of format ${format}: this version reads format ${formatVersion}`);
  const fault = scan(bytes, codec.shape);
  if (fault !== undefined) return rejected(fault.code, `${name}: ${fault.message}`);
  if (format === 0) return rejected("wire/missing-field", `${name}: format is missing`);
  const fields = new Fields();
  let value: T;
  try {
    value = codec.fromRaw(codec.type.decode(new protobuf.Reader(plain(bytes))), fields);
  } catch (error) {
    if (error instanceof InvariantError) throw error;
    return rejected("wire/malformed", `${name}: ${messageOf(error)}`);
  }
  return fields.fault === undefined ? { kind: "decoded", value } : rejected(fields.fault.code, `${name}: ${fields.fault.message}`);
}

/** A refusal. */
export function rejected(code: Rejected["code"], message: string): Rejected {
  return { kind: "rejected", code, message };
}

/** The fault of a value that its message cannot carry. */
export function unencodable(message: string): KedgeError {
  return new KedgeError(wireErrors.unencodable, `encoding ${message}`, {
    hint: "this is a fault of the caller: check values against the limits in wireLimits",
  });
}

/** The same bytes as a Uint8Array proper: Node's Buffer gives views of itself where a copy is wanted. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
