import { describe, expect, test } from "vitest";
import { messageKinds } from "../../contract/message-kinds.js";
import { fromHex, fromJson, kindOf, readVectors } from "../../contract/vectors.js";

const vectors = readVectors();

test.each(messageKinds)("$name has golden messages", ({ name }) => {
  expect(vectors.filter((vector) => vector.message === name).length).toBeGreaterThanOrEqual(3);
});

describe.each(vectors.map((vector, line) => ({ ...vector, line: line + 1 })))("golden line $line ($message)", ({ message, hex, value }) => {
  const kind = kindOf(message);
  const bytes = fromHex(hex);

  test("parse: the bytes still mean the value", () => {
    expect(kind.decode(bytes)).toStrictEqual({ kind: "decoded", value: fromJson(value) });
  });

  test("generate: the value still gives the bytes", () => {
    expect(kind.encode(fromJson(value))).toEqual(bytes);
  });
});
