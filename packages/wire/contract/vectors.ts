import { readFileSync } from "node:fs";
import { messageKinds } from "./message-kinds.js";

/** A message whose bytes will mean the same for ever. */
export interface Vector {
  readonly message: string;
  readonly hex: string;
  readonly value: unknown;
}

/** The bytes of hex digits. */
export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** JSON of a value with its bytes as `{ "$hex": … }`. */
export function toJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return { $hex: Buffer.from(value).toString("hex") };
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, toJson(member)]));
}

/** The value that {@link toJson} wrote. */
export function fromJson(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(fromJson);
  if (typeof json !== "object" || json === null) return json;
  const { $hex } = json as { $hex?: string };
  if ($hex !== undefined) return fromHex($hex);
  return Object.fromEntries(Object.entries(json).map(([key, member]) => [key, fromJson(member)]));
}

/** The vectors in the repository, one JSON object a line. Lines are added, never changed. */
export function readVectors(): Vector[] {
  const text = readFileSync(new URL("../vectors/v1.ndjson", import.meta.url), "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Vector);
}

/** What is known of a message by name. */
export function kindOf(name: string) {
  const kind = messageKinds.find((k) => k.name === name);
  if (kind === undefined) throw new RangeError(`no message is called ${name}`);
  return kind;
}
