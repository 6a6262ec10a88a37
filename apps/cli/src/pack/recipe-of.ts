import { KedgeError } from "@kedge/core";
import type { ModelSignature, Preprocessing } from "@kedge/inference";
import { type Column, type InputRecipe, isoMs, maxCategories, maxMapNumbers, type Recipe } from "@kedge/profile";
import { isTensor, type Reading, type ReadingInput } from "@kedge/sensor";
import { cliCodes } from "../errors.js";

/** Rows to look at for a column's kind. */
const looked = 1_000;

/** WIDTHxHEIGHT or WIDTHxHEIGHTxCHANNELS. */
export function imageSizeOf(text: string): { readonly width: number; readonly height: number; readonly channels: number } {
  const found = /^(\d{1,5})x(\d{1,5})(?:x(\d{1,2}))?$/.exec(text);
  if (found === null)
    throw new KedgeError(cliCodes.usage, `${text} is no size of an image`, {
      hint: "Give WIDTHxHEIGHT or WIDTHxHEIGHTxCHANNELS, such as 28x28",
      context: { exit: "usage" },
    });
  return { width: Number(found[1]), height: Number(found[2]), channels: Number(found[3] ?? 1) };
}

function imageOfDims(dims: readonly number[]): { readonly width: number; readonly height: number; readonly channels: number } | undefined {
  const [height = 0, width = 0, channels = 1] = dims;
  const isImage = (dims.length === 2 || (dims.length === 3 && (channels === 1 || channels === 3 || channels === 4))) && height >= 4 && width >= 4;
  return isImage ? { width, height, channels } : undefined;
}

/** Vectors of one length, which are numbers; the first says which. */
function vectorOf(name: string, values: readonly ReadingInput[]): Column | undefined {
  const [first] = values;
  if (!isTensor(first) || first.type === "string" || first.type === "int64") return undefined;
  const { length } = first.values;
  return length > 0 && length <= maxMapNumbers ? { name, kind: "embedding", length } : undefined;
}

/**
 * Times where all are such; words where there are few; else texts, of which nothing but their length is kept, so that no sentence of a user gets
 * into a bundle as a category.
 */
function textColumn(name: string, texts: readonly string[], values: number): Column {
  if (texts.length === values && texts.every((t) => !Number.isNaN(isoMs(t)))) return { name, kind: "timestamp" };
  return new Set(texts).size > maxCategories ? { name, kind: "text" } : { name, kind: "categorical" };
}

function columnOf(name: string, readings: readonly Reading[]): Column | undefined {
  const values = readings
    .slice(0, looked)
    .flatMap((r) => (Object.hasOwn(r.inputs, name) ? [r.inputs[name]] : []))
    .filter((v) => v !== null && v !== undefined);
  if (values.some((v) => typeof v === "object")) return vectorOf(name, values);
  const texts = values.filter((v) => typeof v === "string");
  if (texts.length > 0) return textColumn(name, texts, values.length);
  return { name, kind: values.length > 0 && values.every((v) => typeof v === "boolean") ? "boolean" : "numeric" };
}

/** Kinds of columns that may be said; an embedding's length is told by the readings. */
export const columnKinds = ["numeric", "categorical", "boolean", "text", "timestamp", "embedding"] as const;

function saidColumn(name: string, kind: string, readings: readonly Reading[]): Column {
  const known = columnKinds.find((k) => k === kind);
  if (known === "text") return { name, kind: known };
  if (known === "timestamp") return { name, kind: known };
  if (known === "embedding") {
    const found = columnOf(name, readings);
    if (found?.kind === "embedding") return found;
  } else if (known !== undefined) return { name, kind: known };
  throw new KedgeError(cliCodes.usage, `the column "${name}" cannot be counted as ${kind}`, {
    hint: `Give --column NAME=KIND with one of ${columnKinds.join(", ")}; an embedding is a tensor of numbers in the readings.`,
    context: { exit: "usage" },
  });
}

function inputRecipe(preprocessing: Preprocessing, { readings, image, thumbnail, columns: said }: RecipeWishes): InputRecipe {
  const rules = Object.values(preprocessing.inputs);
  for (const { from, raw } of rules) {
    const name = typeof from === "string" ? from : from.length === 1 ? (from[0] ?? "") : undefined;
    if (name === undefined || raw === null) continue;
    const size = image === undefined ? imageOfDims(raw.dims) : imageSizeOf(image);
    if (size === undefined) continue;
    const elements = raw.dims.reduce((n, d) => n * d, 1);
    if (elements > 0 && elements !== size.width * size.height * size.channels) {
      throw new KedgeError(
        cliCodes.usage,
        `an image of ${size.width}x${size.height}x${size.channels} has ${size.width * size.height * size.channels} values, but the reading's "${name}" has ${elements}`,
        {
          hint: "Give the size of the raw reading with --image",
          context: { exit: "usage" },
        },
      );
    }
    if (Object.keys(said).length > 0) {
      throw new KedgeError(cliCodes.usage, `"${name}" is an image, and columns are not counted beside one`, {
        hint: "Leave --column out, or read the image as a tensor of another shape.",
        context: { exit: "usage" },
      });
    }
    return { kind: "image", from: name, ...size, ...(thumbnail === undefined ? {} : { thumbnail }) };
  }
  const names = [...new Set([...rules.flatMap(({ from }) => (typeof from === "string" ? [from] : from)), ...Object.keys(said)])];
  const columns = names
    .map((name) => {
      const kind = Object.hasOwn(said, name) ? said[name] : undefined;
      return kind === undefined ? columnOf(name, readings) : saidColumn(name, kind, readings);
    })
    .filter((c) => c !== undefined);
  return columns.length === 0 ? { kind: "none" } : { kind: "tabular", columns };
}

/** What a recipe is chosen by beside the model. */
export interface RecipeWishes {
  readonly readings: readonly Reading[];
  /** WIDTHxHEIGHT of a raw reading. */
  readonly image: string | undefined;
  /** Side of the thumbnail to sketch; none when left out. */
  readonly thumbnail: number | undefined;
  /** Kinds of columns that are said rather than found, also of columns that the model does not read. */
  readonly columns: Readonly<Record<string, string>>;
  /** Whether the readings are in the order in which one device took them. */
  readonly isStream: boolean;
}

/**
 * How to profile a model's readings: as an image where the raw tensor has the shape of one (or is said to), as columns and vectors, or
 * outputs alone.
 */
export function recipeOf(signature: ModelSignature, preprocessing: Preprocessing, wishes: RecipeWishes): Recipe {
  const recipe: Recipe = { input: inputRecipe(preprocessing, wishes), task: signature.task.kind };
  return wishes.isStream ? { ...recipe, isStream: true } : recipe;
}
