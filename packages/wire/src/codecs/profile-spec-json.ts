import {
  type Column,
  type EmbeddingFeatureSpec,
  type FeatureRole,
  type FeatureSpec,
  type ImageInput,
  type InputRecipe,
  maxMapNumbers,
  type ProfileSpec,
  type Recipe,
} from "@kedge/profile";
import { wireLimits } from "../wire-limits.js";

/** Stops the reading; what it says is the fault. */
class Misread extends Error {}

type Fields = Readonly<Record<string, unknown>>;

/**
 * A profile spec from parsed JSON, or what is wrong with it. Keys that this version does not know are refused: the
 * spec's hash is over all of it, so a part that is silently left out would name another spec.
 */
export function readProfileSpec(json: unknown): ProfileSpec | string {
  try {
    const spec = object(json, ["formatVersion", "recipe", "features"]);
    if (spec["formatVersion"] !== 1) return `format ${String(spec["formatVersion"])} is unknown, this version reads 1`;
    const features = list(spec["features"], wireLimits.features, readFeature);
    const names = new Set(features.map((feature) => feature.name));
    if (names.size < features.length) return "two features have the same name";
    return { formatVersion: 1, recipe: readRecipe(spec["recipe"]), features };
  } catch (error) {
    if (error instanceof Misread) return error.message;
    throw error;
  }
}

function readRecipe(json: unknown): Recipe {
  const recipe = object(json, ["input", "task"]);
  return { input: readInput(recipe["input"]), task: oneOf(recipe["task"], ["classification", "regression", "anomaly"]) };
}

function readInput(json: unknown): InputRecipe {
  const { kind } = object(json);
  if (kind === "image") {
    const input = object(json, "kind from width height channels thumbnail".split(" "));
    const { from } = input;
    const image: ImageInput = {
      kind,
      from: text(from),
      width: whole(input["width"]),
      height: whole(input["height"]),
      channels: whole(input["channels"]),
    };
    return input["thumbnail"] === undefined ? image : { ...image, thumbnail: whole(input["thumbnail"], wireLimits.thumbnail) };
  }
  if (kind === "tabular") return { kind, columns: list(object(json, ["kind", "columns"])["columns"], wireLimits.features, readColumn) };
  object(json, ["kind"]);
  return { kind: oneOf(kind, ["none"]) };
}

function readColumn(json: unknown): Column {
  if (object(json)["kind"] === "embedding") {
    const column = object(json, ["name", "kind", "length"]);
    return { name: text(column["name"]), kind: "embedding", length: whole(column["length"], maxMapNumbers) };
  }
  const column = object(json, ["name", "kind"]);
  return { name: text(column["name"]), kind: oneOf(column["kind"], ["numeric", "categorical", "boolean"]) };
}

const roles: readonly FeatureRole[] = ["input", "output", "runtime"];

function readFeature(json: unknown): FeatureSpec {
  const { kind } = object(json);
  if (kind === "categorical") {
    const feature = object(json, ["kind", "name", "role", "categories"]);
    const categories = list(feature["categories"], wireLimits.bins, text);
    return { kind, name: text(feature["name"]), role: oneOf(feature["role"], roles), categories };
  }
  if (kind === "embedding") return readEmbedding(json);
  if (kind !== "numeric") throw new Misread(`a feature of kind ${String(kind)} is unknown`);
  const feature = object(json, ["kind", "name", "role", "cuts", "low", "high"]);
  const cuts = list(feature["cuts"], wireLimits.bins - 1, number);
  const name = text(feature["name"]);
  if (cuts.some((cut, i) => cut <= (cuts[i - 1] ?? Number.NEGATIVE_INFINITY))) throw new Misread(`the cuts of "${name}" do not ascend`);
  return { kind, name, role: oneOf(feature["role"], roles), cuts, low: number(feature["low"]), high: number(feature["high"]) };
}

function readEmbedding(json: unknown): EmbeddingFeatureSpec {
  const feature = object(json, ["kind", "name", "role", "seed", "dimensions", "frequencies", "bandwidth"]);
  const [dimensions, frequencies] = [whole(feature["dimensions"], maxMapNumbers), whole(feature["frequencies"], wireLimits.bins / 2)];
  const [seed, bandwidth] = [number(feature["seed"]), number(feature["bandwidth"])];
  const name = text(feature["name"]);
  // The map is made from the spec alone, so that its size is bounded before it is made.
  if (dimensions * frequencies > maxMapNumbers) throw new Misread(`the map of "${name}" has ${dimensions * frequencies} numbers, more than ${maxMapNumbers}`);
  if (!(bandwidth > 0) || seed >>> 0 !== seed) throw new Misread(`"${name}" has no bandwidth or no seed`);
  return { kind: "embedding", name, role: oneOf(feature["role"], roles), seed, dimensions, frequencies, bandwidth };
}

function object(json: unknown, keys?: readonly string[]): Fields {
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw new Misread("an object is missing");
  const stranger = keys === undefined ? undefined : Object.keys(json).find((key) => !keys.includes(key));
  if (stranger !== undefined) throw new Misread(`"${stranger.slice(0, 64)}" is unknown`);
  return json as Fields;
}

function list<T>(json: unknown, most: number, read: (item: unknown) => T): T[] {
  if (!Array.isArray(json)) throw new Misread("a list is missing");
  if (json.length > most) throw new Misread(`a list has ${json.length} entries, more than ${most}`);
  return json.map((item: unknown) => read(item));
}

function text(json: unknown): string {
  if (typeof json !== "string" || json.length > wireLimits.text) throw new Misread("a text is missing or too long");
  return json;
}

function number(json: unknown): number {
  if (typeof json !== "number" || !Number.isFinite(json)) throw new Misread("a number is missing");
  return json;
}

function whole(json: unknown, most = 65_536): number {
  const value = number(json);
  if (!Number.isInteger(value) || value < 1 || value > most) throw new Misread(`${value} is no size`);
  return value;
}

function oneOf<T extends string>(json: unknown, words: readonly T[]): T {
  const word = words.find((w) => w === json);
  if (word === undefined) throw new Misread(`${String(json).slice(0, 64)} is none of ${words.join(", ")}`);
  return word;
}
