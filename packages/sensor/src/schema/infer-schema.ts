import type { Reading, TensorType } from "../reading.js";
import { anomalyRules } from "./anomaly.js";
import { FieldSummary } from "./field-summary.js";
import {
  type FieldSchema,
  type InputSchema,
  type NumberField,
  type Span,
  type StuckLimit,
  schemaLimits as limits,
  type TensorField,
  type TextField,
  type TimeRule,
} from "./input-schema.js";
import { isFieldName } from "./read-schema.js";
import { plausibleSpan } from "./units.js";

/** What its owner says of readings. */
export interface InferOptions {
  /** Whether they stand in the order they were taken; when left out, their times say so. */
  readonly isStream?: boolean;
  /** Units by field. */
  readonly units?: Readonly<Record<string, string>>;
  /** Fields that no model reads. */
  readonly leaveOut?: readonly string[];
}

/** A schema, and what whoever reviews it should know. */
export interface SchemaInferred {
  readonly schema: InputSchema;
  readonly notes: readonly string[];
}

/** Fewer values do not show what is whole, or what the longest run is. */
const enough = 30;
/** The range is widened by this share of what was seen, and by `fewRows / n` of it more: the ends of a small sample are badly known. */
const margin = 0.25;
const fewRows = 10;
/** A type that this share of the values has is the field's. */
const mainType = 0.9;
/** Most that the estimated share of words never seen may be (Good 1953: those seen once, among all); beyond it, words are not a closed list. */
const unseenShare = 0.005;
/** At most one step in so many may go back in time; otherwise readings are not in order at all. */
const stepsPerStepBack = 100;
/** Clocks of sensors and devices differ; by more than this one of them is wrong. */
const maxAheadMs = 300_000;

/** Ends rounded outwards to the third digit of the width, so that people can read them. */
function rounded({ min, max }: Span): Span {
  const width = max - min;
  if (!(width > 0 && width < 1e300)) return { min, max };
  const step = 10 ** (Math.floor(Math.log10(width)) - 2);
  const tidy = (x: number): number => Number(x.toPrecision(12)) + 0;
  const wide = { min: tidy(Math.floor(min / step) * step), max: tidy(Math.ceil(max / step) * step) };
  return { min: Math.min(wide.min, min), max: Math.max(wide.max, max) };
}

/** Under exchange, the next value lies beyond the largest of n with chance 1/(n + 1); the margin makes that rarer where tails are thin. */
function widened(seen: Span, n: number, isWhole: boolean): Span | null {
  const width = seen.max - seen.min;
  const by = (margin + fewRows / n) * (width > 0 ? width : Math.max(Math.abs(seen.max), isWhole ? 1 : 0));
  const { min, max } = rounded({ min: seen.min - by, max: seen.max + by });
  // Wider than numbers are, or not at all.
  if (!(Number.isFinite(min) && Number.isFinite(max))) return null;
  // Zero is where counts, shares and amounts end. A temperature that was never below it might well be.
  const hasFloor = seen.min === 0 || (isWhole && seen.min > 0);
  const hasCeiling = seen.max === 0 || (isWhole && seen.max < 0);
  return { min: hasFloor ? Math.max(0, min) : min, max: hasCeiling ? Math.min(0, max) : max };
}

/** What inference knows beside a field's values. */
interface Ground {
  readonly maxMissingShare: number;
  readonly isStream: boolean;
  readonly note: (text: string) => void;
}

/** Twice the longest run: such a run comes by chance about once in as many readings as were seen, squared. */
function stuckLimit({ runs, present }: FieldSummary, { isStream, note }: Ground): StuckLimit | null {
  if (!isStream || present < enough) return null;
  if (runs.longest * 10 >= present) {
    note(`stays the same for ${runs.longest} of ${present} readings: it is not watched for being stuck`);
    return null;
  }
  const seconds = Math.ceil((2 * runs.longestMs) / 1_000);
  return { values: Math.max(10, 2 * runs.longest + 2), seconds: seconds > 0 ? seconds : null };
}

function numberField(summary: FieldSummary, unit: string | undefined, ground: Ground): NumberField {
  const { seen, numbers } = summary;
  const isWhole = numbers >= enough && summary.isWhole;
  const isCounter = numbers >= enough && summary.isAscending;
  if (isCounter) ground.note("only ever grows, as a counter does: it has no range; leave it out if no model reads it");
  if (numbers >= enough && seen !== null && seen.min === seen.max) ground.note(`was never anything but ${seen.min}`);
  const plausible = unit === undefined ? undefined : plausibleSpan(unit);
  if (unit !== undefined && plausible === undefined) ground.note(`has the unit ${unit}, of which nothing is known: write down what is plausible`);
  return {
    type: "number",
    maxMissingShare: ground.maxMissingShare,
    seen,
    range: seen === null || isCounter ? null : widened(seen, numbers, isWhole),
    isWhole,
    unit: unit ?? null,
    plausible: plausible ?? null,
    stuck: stuckLimit(summary, ground),
  };
}

function textField({ words, types, longestText }: FieldSummary, { note, maxMissingShare }: Ground): TextField {
  const maxLength = Math.min(65_536, Math.max(2 * longestText, longestText + 16));
  const once = words === undefined ? types.text : [...words.values()].filter((n) => n === 1).length;
  const isClosed = words !== undefined && words.size > 0 && once <= unseenShare * types.text;
  if (!isClosed) note(`has no list of words: ${once} of ${types.text} were seen once only, so others are to be expected`);
  return { type: "text", maxMissingShare, domain: isClosed ? [...words.keys()].sort() : null, maxLength };
}

const natural: Readonly<Partial<Record<TensorType, Span>>> = { uint8: { min: 0, max: 255 }, bool: { min: 0, max: 1 } };

function tensorField(summary: FieldSummary, { isStream, note, maxMissingShare }: Ground): TensorField {
  const [[element] = ["float32" as const]] = [...summary.elements].sort((a, b) => b[1] - a[1]);
  if (summary.elements.size > 1) note(`has tensors of ${[...summary.elements.keys()].join(", ")}; ${element} is taken for right`);
  const range = summary.seen === null || natural[element] !== undefined ? null : widened(summary.seen, summary.present, false);
  // No two frames of a real sensor are alike to the last bit.
  const stuck = isStream && summary.present >= enough ? { values: 10, seconds: null } : null;
  return { type: "tensor", maxMissingShare, element, dims: summary.dims ?? null, range, stuck };
}

/** Three times what was seen and three readings more: with none missing among n, a share of up to 3/n is still to be expected (rule of three). */
function missingShare(missing: number, readings: number): number {
  return missing === 0 ? 0 : Math.min(1, Number(((3 * missing + 3) / readings).toPrecision(3)));
}

function fieldSchema(summary: FieldSummary, unit: string | undefined, ground: Ground): FieldSchema {
  const { maxMissingShare } = ground;
  const [[type, count] = ["number" as const, 0]] = Object.entries(summary.types).sort((a, b) => b[1] - a[1]) as [keyof FieldSummary["types"], number][];
  if (summary.present === 0 || count < mainType * summary.present) {
    ground.note(summary.present === 0 ? "was never there: only its presence is watched" : "mixes kinds of values: only its presence is watched");
    return { type: "any", maxMissingShare };
  }
  if (count < summary.present) ground.note(`is a ${type} in ${count} of ${summary.present} readings; the others are anomalies`);
  switch (type) {
    case "number":
      return numberField(summary, unit, ground);
    case "text":
      return textField(summary, ground);
    case "boolean":
      return { type, maxMissingShare };
    case "tensor":
      return tensorField(summary, ground);
  }
}

/** The times of readings, as they follow one another. */
class Times {
  #first: number | undefined;
  #before = 0;
  #steps = 0;
  #back = 0;
  #longestBack = 0;
  #areDifferent = false;

  add(atMs: number): void {
    if (this.#first === undefined) this.#first = atMs;
    else {
      this.#steps += 1;
      if (atMs !== this.#first) this.#areDifferent = true;
      if (atMs < this.#before) {
        this.#back += 1;
        this.#longestBack = Math.max(this.#longestBack, this.#before - atMs);
      }
    }
    this.#before = atMs;
  }

  /** `undefined` when they tell nothing, or that there is no order. */
  rule(): TimeRule | undefined {
    const isOrdered = this.#areDifferent && this.#back * stepsPerStepBack <= this.#steps;
    return isOrdered ? { maxStepBackMs: 2 * this.#longestBack, maxAheadMs } : undefined;
  }
}

/**
 * Infers what readings must be from readings that were good. Widened so that rows of the same kind that were not seen seldom break it (see the
 * record of the decision on default widening). One pass in bounded memory; fields beyond the 256th and those that no window can name are left out,
 * and told of.
 */
export function inferSchema(readings: Iterable<Reading>, options: InferOptions = {}): SchemaInferred {
  const { units = {}, leaveOut = [] } = options;
  const left = new Set(leaveOut);
  const summaries = new Map<string, FieldSummary>();
  const refused = new Set<string>();
  const times = new Times();
  let count = 0;
  for (const { inputs, atMs } of readings) {
    count += 1;
    times.add(atMs);
    for (const [name, value] of Object.entries(inputs)) {
      if (left.has(name)) continue;
      let summary = summaries.get(name);
      if (summary === undefined) {
        if (!isFieldName(name) || summaries.size >= limits.fields) {
          if (refused.size < 8) refused.add(name.slice(0, 64));
          continue;
        }
        summary = new FieldSummary();
        summaries.set(name, summary);
      }
      summary.add(value, atMs);
    }
  }
  const time = options.isStream === false ? undefined : times.rule();
  const isStream = options.isStream ?? time !== undefined;
  const notes: string[] = [];
  if (refused.size > 0)
    notes.push(`left out, since there are too many fields or no window can name them: ${[...refused].map((n) => JSON.stringify(n)).join(", ")}`);
  if (!isStream) notes.push("the readings are in no known order: nothing is watched for being stuck");
  const fields = [...summaries.keys()].sort().map((name) => {
    const note = (text: string): void => void notes.push(`${name} ${text}`);
    const summary = summaries.get(name) ?? new FieldSummary();
    return [
      name,
      fieldSchema(summary, Object.hasOwn(units, name) ? units[name] : undefined, {
        maxMissingShare: missingShare(count - summary.present, count),
        isStream,
        note,
      }),
    ] as const;
  });
  const policy = Object.fromEntries(anomalyRules.map((rule) => [rule, "count"])) as unknown as InputSchema["policy"];
  return {
    schema: { formatVersion: 1, inferredFrom: { readings: count, isStream }, policy, time: time ?? null, fields: Object.fromEntries(fields) },
    notes,
  };
}
