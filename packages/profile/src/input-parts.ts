import { valueStates } from "@kedge/stats";
import { isTensor, type ReadingInput } from "@kedge/sensor";
import { imageFeatures, imageStatistics, shrink } from "./image-statistics.js";
import { isoMs } from "./iso-time.js";
import type { Column, ImageInput, InputRecipe } from "./recipe.js";
import { fillStates, type Part, type RecipeFeature } from "./row-part.js";

/** The name of the feature that is an image's thumbnail. */
const thumbnail = "thumbnail";

function imagePart(input: ImageInput): Part {
  const length = input.width * input.height * input.channels;
  const statistics = new Float64Array(imageFeatures.length);
  const grey = new Float64Array(input.width * input.height);
  const side = Math.min(input.thumbnail ?? 0, input.width, input.height);
  const features = imageFeatures.map((name): RecipeFeature => ({ name, role: "input", kind: "numeric" }));
  if (side > 0) features.push({ name: thumbnail, role: "input", kind: "embedding", length: side * side });
  const count = features.length;
  return {
    features,
    fill(prediction, row, at) {
      const tensor = prediction.reading.inputs[input.from];
      if (tensor === undefined || tensor === null) return fillStates(row, at, count, valueStates.missing);
      const values = isTensor(tensor) ? tensor.values : undefined;
      const isPixels = values instanceof Uint8Array || values instanceof Float32Array || values instanceof Int32Array;
      if (!isPixels || values.length !== length) return fillStates(row, at, count, valueStates.wrongType);
      imageStatistics(values, input, statistics, grey);
      fillStates(row, at, count, valueStates.present);
      row.numbers.set(statistics, at);
      const small = row.vectors[at + imageFeatures.length];
      if (small !== undefined) shrink(grey, input, side, small);
    },
  };
}

/** A column that gives one feature, of its own name. */
type PlainColumn = Exclude<Column, { kind: "text" | "timestamp" }>;

/** Takes an input as the vector of a feature; what became of it. */
function takeVector(input: ReadingInput, vector: Float64Array | undefined): number {
  const values = isTensor(input) ? input.values : undefined;
  const isVector = values instanceof Float32Array || values instanceof Int32Array || values instanceof Uint8Array;
  if (!isVector || vector === undefined || values.length !== vector.length) return valueStates.wrongType;
  vector.set(values);
  return valueStates.present;
}

function plainFeature(column: PlainColumn, name: string): RecipeFeature {
  if (column.kind === "embedding") return { name, role: "input", kind: "embedding", length: column.length };
  return { name, role: "input", kind: column.kind === "numeric" ? "numeric" : "categorical" };
}

/** All plain columns of a table in one loop: a part for each would take three times the memory, and twice the time. */
function plainPart(columns: readonly PlainColumn[], names: readonly string[]): Part {
  const from = columns.map((c) => c.name);
  const kinds = columns.map((c) => c.kind);
  return {
    features: columns.map((column, i) => plainFeature(column, names[i] ?? "")),
    fill({ reading: { inputs } }, { numbers, states, vectors, words }, start) {
      for (let i = 0; i < from.length; i += 1) {
        const value = inputs[from[i] as string];
        const kind = kinds[i];
        const at = start + i;
        let state: number = valueStates.present;
        if (value === undefined || value === null) state = valueStates.missing;
        else if (kind === "numeric" && typeof value === "number") numbers[at] = value;
        // A boolean column is a categorical one with the words "true" and "false".
        else if (kind === "boolean" && typeof value === "boolean") words[at] = value ? "true" : "false";
        else if (kind === "categorical" && typeof value === "string") words[at] = value;
        else if (kind === "categorical" && typeof value === "number") words[at] = String(value);
        else if (kind === "embedding") state = takeVector(value, vectors[at]);
        else state = valueStates.wrongType;
        states[at] = state;
      }
    },
  };
}

/** How many characters a text has, a pair of surrogates being one. The text itself is never kept. */
function codePoints(text: string): number {
  let count = text.length;
  for (let i = 0; i + 1 < text.length; i += 1) {
    const isHigh = (text.charCodeAt(i) & 0xfc00) === 0xd800;
    if (isHigh && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      count -= 1;
      i += 1;
    }
  }
  return count;
}

function textPart(from: string, name: string): Part {
  return {
    features: [{ name, role: "input", kind: "numeric" }],
    fill(prediction, row, at) {
      const value = prediction.reading.inputs[from];
      if (value === undefined || value === null) return fillStates(row, at, 1, valueStates.missing);
      if (typeof value !== "string") return fillStates(row, at, 1, valueStates.wrongType);
      row.numbers[at] = codePoints(value);
      row.states[at] = valueStates.present;
    },
  };
}

const hours = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, "0"));
const hourMs = 3_600_000;
/** The last moment that a clock can tell (ECMAScript's). */
const lastMs = 8.64e15;

/** NaN for what is no time. */
function timeOf(value: ReadingInput): number {
  if (typeof value === "string") return isoMs(value);
  return typeof value === "number" && Math.abs(value) <= lastMs ? value : Number.NaN;
}

/**
 * When something happened: the hour of the day (UTC) and how old it was when the reading was taken. The hour is of the run and not of the input,
 * since minutes of it all have one hour, which against a reference of many days would always be drift.
 */
function timestampPart(from: string, name: string): Part {
  return {
    features: [
      { name: `${name}.hour`, role: "runtime", kind: "categorical" },
      { name: `${name}.age_s`, role: "input", kind: "numeric" },
    ],
    fill({ reading }, row, at) {
      const value = reading.inputs[from];
      if (value === undefined || value === null) return fillStates(row, at, 2, valueStates.missing);
      const ms = timeOf(value);
      if (Number.isNaN(ms)) return fillStates(row, at, 2, valueStates.wrongType);
      fillStates(row, at, 2, valueStates.present);
      row.words[at] = hours[((Math.floor(ms / hourMs) % 24) + 24) % 24] ?? "";
      // A reading without a time of its own, as of a file, cannot tell how old something is.
      if (reading.atMs > 0) row.numbers[at + 1] = (reading.atMs - ms) / 1_000;
      else row.states[at + 1] = valueStates.missing;
    },
  };
}

/** The name under which none of these features is taken yet; which they then are. */
function freeName(name: string, suffixes: readonly string[], taken: Set<string>): string {
  let free = name;
  while (suffixes.some((suffix) => taken.has(free + suffix))) free = `input.${free}`;
  for (const suffix of suffixes) taken.add(free + suffix);
  return free;
}

function columnParts(columns: readonly Column[], taken: Set<string>): Part[] {
  const plain: PlainColumn[] = [];
  const names: string[] = [];
  const others: Part[] = [];
  for (const column of columns) {
    if (column.kind === "text") others.push(textPart(column.name, `${freeName(column.name, [".length"], taken)}.length`));
    else if (column.kind === "timestamp") others.push(timestampPart(column.name, freeName(column.name, [".hour", ".age_s"], taken)));
    else {
      plain.push(column);
      names.push(freeName(column.name, [""], taken));
    }
  }
  return plain.length === 0 ? others : [plainPart(plain, names), ...others];
}

/** What is counted of the inputs; names of `taken` are another's, and what is given here is put into it. */
export function inputParts(input: InputRecipe, taken: Set<string>): Part[] {
  switch (input.kind) {
    case "none":
      return [];
    case "image":
      return [imagePart(input)];
    case "tabular":
      return columnParts(input.columns, taken);
  }
}
