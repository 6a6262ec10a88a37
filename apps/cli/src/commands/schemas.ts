import { writeFile } from "node:fs/promises";
import { exitCodes, KedgeError, messageOf } from "@kedge/core";
import {
  type AnomalyRule,
  compareSchemas,
  createSchemaChecker,
  type FieldSchema,
  inferSchema,
  type InputSchema,
  type Reading,
  schemaText,
} from "@kedge/sensor";
import type { Command } from "commander";
import type { AddCommands, Runner } from "../action.js";
import { listArgument, wholeArgument, wordPairsArgument } from "../arguments.js";
import { cliCodes } from "../errors.js";
import { figure, percent, plain } from "../output/plain.js";
import { printLines } from "../output/print.js";
import { tableOf } from "../output/table.js";
import { readReadings } from "../pack/read-readings.js";
import { readSchemaFile, withTimes } from "../pack/schema-files.js";
import type { Session } from "../session.js";

interface ReadingOptions {
  readonly readings: string;
  readonly input: string;
  readonly rows: number;
  readonly timeColumn?: string;
}

interface InferOptions extends ReadingOptions {
  readonly out?: string;
  readonly ordered?: boolean;
  readonly unit?: Record<string, string>;
  readonly leaveOut: string[];
}

async function readingsOf(session: Session, o: ReadingOptions): Promise<readonly Reading[]> {
  const file = await readReadings(o.readings, { inputName: o.input, most: o.rows });
  if (file.rejected > 0) session.say(`warning: ${file.rejected} rows are no readings and were left out: ${file.firstRejection}`);
  if (file.readings.length === 0) {
    throw new KedgeError(cliCodes.badRows, `there is no reading in ${o.readings}`, {
      hint: "Give lines of JSON, a CSV file or images.",
      context: { exit: "usage" },
    });
  }
  return withTimes(file.readings, o.timeColumn);
}

function spanText(field: FieldSchema): string {
  if (field.type === "text") return field.domain === null ? `up to ${field.maxLength} characters` : `one of ${field.domain.length} words`;
  if (field.type !== "number" && field.type !== "tensor") return "-";
  const range = field.range === null ? "any" : `${figure(field.range.min)} … ${figure(field.range.max)}`;
  return field.type === "tensor" ? `${field.element} [${field.dims?.join(", ") ?? "any shape"}] ${range}` : `${range}${field.isWhole ? ", whole" : ""}`;
}

const fieldColumns = [
  { title: "FIELD", value: ([name]: readonly [string, FieldSchema]) => name },
  { title: "TYPE", value: ([, f]: readonly [string, FieldSchema]) => f.type },
  { title: "MAY BE MISSING", value: ([, f]: readonly [string, FieldSchema]) => (f.maxMissingShare === 0 ? "no" : percent(f.maxMissingShare)) },
  { title: "ALLOWED", value: ([, f]: readonly [string, FieldSchema]) => spanText(f) },
  {
    title: "STUCK AFTER",
    value: ([, f]: readonly [string, FieldSchema]) =>
      (f.type === "number" || f.type === "tensor") && f.stuck !== null
        ? `${f.stuck.values} values${f.stuck.seconds === null ? "" : `, ${f.stuck.seconds} s`}`
        : "-",
  },
];

async function infer(session: Session, o: InferOptions): Promise<undefined> {
  const readings = await readingsOf(session, o);
  const { schema, notes } = inferSchema(readings, {
    ...(o.ordered === undefined ? {} : { isStream: o.ordered }),
    units: o.unit ?? {},
    leaveOut: o.leaveOut,
  });
  for (const note of notes) session.say(`note: ${plain(note)}`);
  if (o.out === undefined) session.out(schemaText(schema));
  else {
    await writeFile(o.out, schemaText(schema)).catch((cause: unknown) => {
      throw new KedgeError(cliCodes.unwritable, `writing the schema ${o.out ?? ""} failed: ${messageOf(cause)}`, {
        hint: "Choose a place that you may write to.",
        context: { exit: "storage" },
        cause,
      });
    });
    printLines(session, schema, [tableOf(Object.entries(schema.fields), fieldColumns, session.paint).trimEnd()]);
    session.say(`read it, change what you know better, and give it along: kedge model pack --schema ${o.out}`);
  }
  return undefined;
}

/** What rows broke of one rule at one field. */
interface Broken {
  readonly field: string;
  readonly rule: AnomalyRule;
  readonly rows: number;
  readonly share: number;
  readonly allowedShare: number;
  readonly examples: readonly string[];
}

const mostExamples = 5;

function checkAll(schema: InputSchema, readings: readonly Reading[], nowMs: number): { readonly rows: number; readonly broken: readonly Broken[] } {
  const checker = createSchemaChecker(schema, { isStream: schema.inferredFrom?.isStream ?? true });
  const found = new Map<string, { readonly field: string; readonly rule: AnomalyRule; rows: number; readonly examples: string[] }>();
  for (const reading of readings) {
    for (const { field, rule } of checker.check(reading, nowMs)) {
      const key = `${field}\u0000${rule}`;
      const one = found.get(key) ?? { field, rule, rows: 0, examples: [] };
      one.rows += 1;
      if (one.examples.length < mostExamples) one.examples.push(reading.id);
      found.set(key, one);
    }
  }
  const allowed = (field: string, rule: AnomalyRule): number => (rule === "missing" ? (schema.fields[field]?.maxMissingShare ?? 0) : 0);
  const broken = [...found.values()].map((one): Broken => ({ ...one, share: one.rows / readings.length, allowedShare: allowed(one.field, one.rule) }));
  return { rows: readings.length, broken: broken.sort((a, b) => b.rows - a.rows) };
}

const brokenColumns = [
  { title: "FIELD", value: (b: Broken) => b.field },
  { title: "RULE", value: (b: Broken) => b.rule },
  { title: "ROWS", value: (b: Broken) => String(b.rows), isNumber: true },
  { title: "SHARE", value: (b: Broken) => percent(b.share), isNumber: true },
  { title: "ALLOWED", value: (b: Broken) => percent(b.allowedShare), isNumber: true },
  { title: "FIRST", value: (b: Broken) => b.examples.join(", ") },
];

async function check(session: Session, o: ReadingOptions & { readonly schema: string }): Promise<number | undefined> {
  const schema = await readSchemaFile(o.schema);
  const readings = await readingsOf(session, o);
  const { rows, broken } = checkAll(schema, readings, session.nowMs);
  const unknown = new Set(readings.slice(0, 10_000).flatMap((r) => Object.keys(r.inputs).filter((name) => !Object.hasOwn(schema.fields, name))));
  const unmet = broken.filter((b) => b.share > b.allowedShare);
  printLines(session, { rows, isMet: unmet.length === 0, broken, unknownFields: [...unknown] }, [
    ...(broken.length === 0 ? [] : [tableOf(broken, brokenColumns, session.paint).trimEnd(), ""]),
    unmet.length === 0 ? session.paint("good", `${rows} rows meet the schema`) : `${rows} rows; the schema is broken in ${unmet.length} ways`,
  ]);
  if (unknown.size > 0) session.say(`note: not in the schema, so not looked at: ${plain([...unknown].slice(0, 10).join(", "))}`);
  return unmet.length === 0 ? undefined : exitCodes.drift;
}

const valueText = (value: unknown): string => (value === undefined ? "-" : JSON.stringify(value));

function addDiff(schema: Command, runner: Runner): void {
  schema
    .command("diff <before> <after>")
    .description("what another schema allows and asks for: what a retrained model's data would change")
    .option("--exit-code", `exit with ${exitCodes.drift} when they differ`)
    .action(
      runner.does<{ exitCode?: boolean }>(async (session, { exitCode }, [before = "", after = ""]) => {
        const changes = compareSchemas(await readSchemaFile(before), await readSchemaFile(after));
        const columns = [
          { title: "WHAT", value: (c: (typeof changes)[number]) => c.path },
          { title: "BEFORE", value: (c: (typeof changes)[number]) => valueText(c.before).slice(0, 120) },
          { title: "AFTER", value: (c: (typeof changes)[number]) => valueText(c.after).slice(0, 120) },
        ];
        printLines(session, changes, changes.length === 0 ? ["no difference"] : [tableOf(changes, columns, session.paint).trimEnd()]);
        return exitCode === true && changes.length > 0 ? exitCodes.drift : undefined;
      }),
    );
}

function readingOptions(command: Command): Command {
  return command
    .requiredOption("--readings <file>", "readings: .ndjson, .csv or IDX (.gz)")
    .option("--time-column <name>", "the column that says when a row was taken: ms since 1970, or dates")
    .option("--input <name>", "what images of an IDX file are called in readings", "image")
    .option("--rows <n>", "use at most so many", wholeArgument(1, 10_000_000), 1_000_000);
}

/** `kedge schema …` */
export const addSchemas: AddCommands = (program, runner) => {
  const schema = program.command("schema").description("what readings must be: inferred from good ones, reviewed as a file, watched by devices");
  readingOptions(schema.command("infer"))
    .description("infer a schema from the readings that a model was trained on")
    .option("--out <file>", "where to; to standard output when left out")
    .option("--ordered", "they stand in the order they were taken, though they have no times")
    .option("--no-ordered", "they do not, though they have times")
    .option("--unit <field=unit>", "what a field is measured in, such as temperature=celsius (repeat)", wordPairsArgument)
    .option("--leave-out <names>", "fields that the model does not read (repeat)", listArgument, [])
    .action(runner.does<InferOptions>((session, options) => infer(session, options)));
  readingOptions(schema.command("check"))
    .description(`hold readings against a schema; exits with ${exitCodes.drift} when they break it`)
    .requiredOption("--schema <file>", "the schema")
    .action(runner.does<ReadingOptions & { readonly schema: string }>((session, options) => check(session, options)));
  addDiff(schema, runner);
};
