import { KedgeError } from "@kedge/core";
import { type InputSchema, type Reading, readSchema } from "@kedge/sensor";
import { readText } from "../context/files.js";
import { cliCodes } from "../errors.js";

/** The schema of a file. KedgeError `cli/bad-schema` lists everything that is wrong with it. */
export async function readSchemaFile(path: string): Promise<InputSchema> {
  const read = readSchema(await readText(path, "the schema", "Name a schema file; kedge schema infer writes one."));
  if (read.kind === "schema") return read.schema;
  throw new KedgeError(cliCodes.badSchema, `the schema ${path} was refused:\n${read.faults.map((f) => `  - ${f}`).join("\n")}`, {
    hint: "kedge schema infer --readings FILE writes one that is right.",
    context: { exit: "config", path },
  });
}

function timeOf(value: unknown): number {
  if (typeof value === "number") return value;
  return typeof value === "string" ? Date.parse(value) : Number.NaN;
}

/** The readings with one of their columns as their time: milliseconds since 1970, or a date such as 2026-11-24T05:00:00Z. */
export function withTimes(readings: readonly Reading[], column: string | undefined): readonly Reading[] {
  if (column === undefined) return readings;
  return readings.map((reading) => {
    const { [column]: time, ...inputs } = reading.inputs;
    const atMs = timeOf(time);
    if (!(atMs >= 0 && atMs <= 8.64e15)) {
      throw new KedgeError(cliCodes.badRows, `${reading.id}: the column ${column} holds no time`, {
        hint: "Give a column of milliseconds since 1970, or of dates such as 2026-11-24T05:00:00Z.",
        context: { exit: "usage" },
      });
    }
    return { ...reading, atMs, inputs };
  });
}
