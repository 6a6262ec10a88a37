import { KedgeError } from "@kedge/core";
import type { ModelSignature, Preprocessing } from "@kedge/inference";
import { type Column, type InputRecipe, maxMapNumbers, type Recipe } from "@kedge/profile";
import { isTensor, type Reading, type ReadingInput } from "@kedge/sensor";
import { cliCodes } from "../errors.js";

/** Rows to look at for a column's kind. */
const looked = 1_000;

function imageOfText(text: string): { readonly width: number; readonly height: number; readonly channels: number } {
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

function columnOf(name: string, readings: readonly Reading[]): Column | undefined {
  const values = readings
    .slice(0, looked)
    .flatMap((r) => (Object.hasOwn(r.inputs, name) ? [r.inputs[name]] : []))
    .filter((v) => v !== null && v !== undefined);
  if (values.some((v) => typeof v === "object")) return vectorOf(name, values);
  if (values.some((v) => typeof v === "string")) return { name, kind: "categorical" };
  return { name, kind: values.length > 0 && values.every((v) => typeof v === "boolean") ? "boolean" : "numeric" };
}

function inputRecipe(preprocessing: Preprocessing, { readings, image, thumbnail }: RecipeWishes): InputRecipe {
  const rules = Object.values(preprocessing.inputs);
  for (const { from, raw } of rules) {
    const name = typeof from === "string" ? from : from.length === 1 ? (from[0] ?? "") : undefined;
    if (name === undefined || raw === null) continue;
    const size = image === undefined ? imageOfDims(raw.dims) : imageOfText(image);
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
    return { kind: "image", from: name, ...size, ...(thumbnail === undefined ? {} : { thumbnail }) };
  }
  const names = [...new Set(rules.flatMap(({ from }) => (typeof from === "string" ? [from] : from)))];
  const columns = names.map((name) => columnOf(name, readings)).filter((c) => c !== undefined);
  return columns.length === 0 ? { kind: "none" } : { kind: "tabular", columns };
}

/** What a recipe is chosen by beside the model. */
export interface RecipeWishes {
  readonly readings: readonly Reading[];
  /** WIDTHxHEIGHT of a raw reading. */
  readonly image: string | undefined;
  /** Side of the thumbnail to sketch; none when left out. */
  readonly thumbnail: number | undefined;
}

/**
 * How to profile a model's readings: as an image where the raw tensor has the shape of one (or is said to), as columns and vectors, or
 * outputs alone.
 */
export function recipeOf(signature: ModelSignature, preprocessing: Preprocessing, wishes: RecipeWishes): Recipe {
  return { input: inputRecipe(preprocessing, wishes), task: signature.task.kind };
}
