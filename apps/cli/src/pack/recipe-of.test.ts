import type { ModelSignature, Preprocessing } from "@kedge/inference";
import type { Reading, ReadingInput } from "@kedge/sensor";
import { expect, test } from "vitest";
import { recipeOf } from "./recipe-of.js";

const signature: ModelSignature = {
  inputs: [{ name: "x", type: "float32", dims: [-1, 4] }],
  outputs: [{ name: "y", type: "float32", dims: [-1, 1] }],
  task: { kind: "regression", output: "y" },
};
const taking = (from: string | readonly string[], dims: readonly number[] | null): Preprocessing => ({
  inputs: { x: { from, raw: dims === null ? null : { type: "float32", dims }, steps: [] } },
});
const wishes = (inputs: Readonly<Record<string, ReadingInput>>, more: { image?: string; thumbnail?: number } = {}) => ({
  readings: [{ id: "r", atMs: 0, inputs } satisfies Reading],
  image: more.image,
  thumbnail: more.thumbnail,
});
const vector: ReadingInput = { type: "float32", dims: [4], values: new Float32Array(4) };

test("a vector that a model reads is sketched as one", () => {
  expect(recipeOf(signature, taking("words", [4]), wishes({ words: vector })).input).toEqual({
    kind: "tabular",
    columns: [{ name: "words", kind: "embedding", length: 4 }],
  });
});

test("texts and long integers in a tensor are not", () => {
  for (const odd of [
    { type: "string" as const, dims: [1], values: ["a"] },
    { type: "int64" as const, dims: [1], values: new BigInt64Array(1) },
  ]) {
    expect(recipeOf(signature, taking("words", [4]), wishes({ words: odd })).input).toEqual({ kind: "none" });
  }
});

test("columns are of the kind of their values", () => {
  const inputs = { a: 1, b: "x", c: true, d: null };
  expect(recipeOf(signature, taking(["a", "b", "c", "d"], null), wishes(inputs)).input).toEqual({
    kind: "tabular",
    columns: [
      { name: "a", kind: "numeric" },
      { name: "b", kind: "categorical" },
      { name: "c", kind: "boolean" },
      { name: "d", kind: "numeric" },
    ],
  });
});

test("an image has a thumbnail only where one is asked for", () => {
  const image = { kind: "image", from: "view", width: 8, height: 6, channels: 1 };
  expect(recipeOf(signature, taking("view", [6, 8]), wishes({})).input).toEqual(image);
  expect(recipeOf(signature, taking("view", [6, 8]), wishes({}, { thumbnail: 4 })).input).toEqual({ ...image, thumbnail: 4 });
});
