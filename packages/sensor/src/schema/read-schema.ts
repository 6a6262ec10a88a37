import { z } from "zod";
import { anomalyRules, type AnomalyRule } from "./anomaly.js";
import { type AnomalyPolicy, type FieldSchema, type InputSchema, schemaLimits as limits } from "./input-schema.js";

/** A schema that was understood. */
export interface SchemaRead {
  readonly kind: "schema";
  readonly schema: InputSchema;
}

/** Everything that is wrong with what should be a schema, each with its path. */
export interface SchemaRefused {
  readonly kind: "refused";
  readonly faults: readonly string[];
}

const control = /[\p{Cc}\p{Cs}]/u;

/** Whether a field can be called so: windows carry the names, and `@` begins those of the reading itself. */
export function isFieldName(name: string): boolean {
  return name.length > 0 && name.length <= limits.name && !name.startsWith("@") && !control.test(name);
}

const span = z
  .strictObject({ min: z.number(), max: z.number() })
  .refine(({ min, max }) => min <= max, "expected min to be at most max")
  .readonly();
const stuck = z.strictObject({ values: z.int().min(2).max(1e9), seconds: z.number().min(0).max(1e9).nullable() }).readonly();
const maxMissingShare = z.number().min(0).max(1);
const words = z
  .array(z.string().max(limits.word))
  .min(1)
  .max(limits.words)
  .refine((all) => new Set(all).size === all.length, "expected each word once")
  .readonly();

const field = z.discriminatedUnion("type", [
  z
    .strictObject({
      type: z.literal("number"),
      maxMissingShare,
      seen: span.nullable(),
      range: span.nullable(),
      isWhole: z.boolean(),
      unit: z.string().min(1).max(64).nullable(),
      plausible: span.nullable(),
      stuck: stuck.nullable(),
    })
    .readonly(),
  z.strictObject({ type: z.literal("text"), maxMissingShare, domain: words.nullable(), maxLength: z.int().min(0).max(65_536) }).readonly(),
  z.strictObject({ type: z.literal("boolean"), maxMissingShare }).readonly(),
  z.strictObject({ type: z.literal("any"), maxMissingShare }).readonly(),
  z
    .strictObject({
      type: z.literal("tensor"),
      maxMissingShare,
      element: z.enum(["float32", "uint8", "int32", "int64", "bool", "string"]),
      dims: z.array(z.int().min(-1).max(2147483647)).max(8).readonly().nullable(),
      range: span.nullable(),
      stuck: stuck.nullable(),
    })
    .readonly(),
]);

const policies = Object.fromEntries(anomalyRules.map((rule) => [rule, z.enum(["count", "refuse"]).default("count")])) as unknown as Record<
  AnomalyRule,
  z.ZodType<AnomalyPolicy>
>;

const top = z.strictObject({
  formatVersion: z.literal(1),
  inferredFrom: z
    .strictObject({ readings: z.int().min(0), isStream: z.boolean() })
    .readonly()
    .nullable(),
  policy: z.strictObject(policies).readonly(),
  time: z
    .strictObject({ maxStepBackMs: z.number().min(0).max(1e15), maxAheadMs: z.number().min(0).max(1e15) })
    .readonly()
    .nullable(),
  fields: z.unknown(),
});

const most = 32;
const faultsOf = (error: z.ZodError, at: string): string[] =>
  error.issues.map((issue) => `${[at, ...issue.path.map((p) => String(p).slice(0, 64))].filter((p) => p !== "").join(".") || "(top)"}: ${issue.message}`);

/** Entry by entry, since a record of a schema library may lose a field that is called `__proto__`. */
function readFields(value: unknown): { readonly fields: Readonly<Record<string, FieldSchema>>; readonly faults: readonly string[] } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { fields: {}, faults: ["fields: expected an object"] };
  const entries = Object.entries(value);
  if (entries.length === 0 || entries.length > limits.fields) {
    return { fields: {}, faults: [`fields: expected 1 to ${limits.fields} fields, found ${entries.length}`] };
  }
  const faults: string[] = [];
  const fields: (readonly [string, FieldSchema])[] = [];
  for (const [name, one] of entries) {
    const at = `fields.${name.slice(0, 64)}`;
    if (!isFieldName(name)) faults.push(`${at}: expected a name of 1 to ${limits.name} characters without control characters that does not begin with @`);
    const parsed = field.safeParse(one);
    if (parsed.success) fields.push([name, parsed.data as FieldSchema]);
    else faults.push(...faultsOf(parsed.error, at));
  }
  return { fields: Object.fromEntries(fields), faults };
}

/** A schema from parsed JSON, or all that is wrong with it (the first 32 faults). A newer format is refused as such. */
export function parseSchema(value: unknown): SchemaRead | SchemaRefused {
  const version = typeof value === "object" && value !== null ? (value as { formatVersion?: unknown }).formatVersion : undefined;
  if (typeof version === "number" && version > 1) return { kind: "refused", faults: [`formatVersion: format ${version} is newer than this version reads (1)`] };
  const parsed = top.safeParse(value);
  const { fields, faults } = readFields((value as { fields?: unknown } | null | undefined)?.fields);
  if (parsed.success && faults.length === 0) return { kind: "schema", schema: { ...parsed.data, fields } };
  return { kind: "refused", faults: [...(parsed.success ? [] : faultsOf(parsed.error, "")), ...faults].slice(0, most) };
}

/** A schema from a file's text. Never throws on what it is given; more than a MiB is not read. */
export function readSchema(text: string): SchemaRead | SchemaRefused {
  if (text.length > limits.bytes) return { kind: "refused", faults: [`(top): expected at most ${limits.bytes} characters, found ${text.length}`] };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: "refused", faults: ["(top): expected JSON"] };
  }
  return parseSchema(value);
}

/** The file of a schema: fields by name, the same text for the same schema, so that a review shows what changed and nothing else. */
export function schemaText(schema: InputSchema): string {
  const names = Object.keys(schema.fields).sort();
  const { formatVersion, inferredFrom, policy, time } = schema;
  const ordered = {
    formatVersion,
    inferredFrom,
    policy: Object.fromEntries(anomalyRules.map((rule) => [rule, policy[rule]])),
    time,
    fields: Object.fromEntries(names.map((name) => [name, schema.fields[name]])),
  };
  return `${JSON.stringify(ordered, null, 2)}\n`;
}
