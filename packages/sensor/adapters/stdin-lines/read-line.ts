import { type ReadingAccepted, type ReadingRejected, readReading, sensorCodes as codes } from "../../src/index.js";
import type { Line } from "./line-splitter.js";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** A reading from one line of JSON; `undefined` for a blank line. */
export function readLine(line: Line, defaults: { readonly id: string; readonly atMs: number }): ReadingAccepted | ReadingRejected | undefined {
  if (line.kind === "too-long") return { kind: "rejected", code: codes.lineTooLong, message: `a line of ${line.bytes} bytes is longer than the bound` };
  let value: unknown;
  try {
    const text = utf8.decode(line.bytes).trim();
    if (text === "") return undefined;
    value = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message : "the bytes are not UTF-8";
    return { kind: "rejected", code: codes.notJson, message: `a line of ${line.bytes.length} bytes is no JSON: ${reason.slice(0, 120)}` };
  }
  return readReading(value, defaults);
}
