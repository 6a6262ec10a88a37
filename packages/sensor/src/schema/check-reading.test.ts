import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Reading, ReadingInput } from "../reading.js";
import { anomalyRules, timeField } from "./anomaly.js";
import { createSchemaChecker, refusalOf } from "./check-reading.js";
import { inferSchema } from "./infer-schema.js";
import { type FieldSchema, type InputSchema, rulesOf } from "./input-schema.js";
import { anyReading, column } from "./reading.fixture.js";

const policy = Object.fromEntries(anomalyRules.map((rule) => [rule, "count"])) as unknown as InputSchema["policy"];
const number: FieldSchema = {
  type: "number",
  maxMissingShare: 0,
  seen: null,
  range: { min: 10, max: 30 },
  isWhole: false,
  unit: "celsius",
  plausible: { min: -273.15, max: 2_000 },
  stuck: { values: 3, seconds: null },
};

function schemaOf(fields: InputSchema["fields"], more: Partial<InputSchema> = {}): InputSchema {
  return { formatVersion: 1, inferredFrom: null, policy, time: null, fields, ...more };
}

function rulesFor(field: FieldSchema, ...values: (ReadingInput | undefined)[]): string[][] {
  const checker = createSchemaChecker(schemaOf({ x: field }));
  return values.map((value, i) => checker.check({ id: "r", atMs: 1_000 * i, inputs: value === undefined ? {} : { x: value } }, 1e15).map((a) => a.rule));
}

describe("numbers", () => {
  test.each<[string, ReadingInput | undefined, string[]]>([
    ["in range", 20, []],
    ["at the end of the range", 30, []],
    ["too small", 9.99, ["below"]],
    ["too large", 68, ["above"]],
    ["beyond its unit", -300, ["unit", "below"]],
    ["absent", undefined, ["missing"]],
    ["null", null, ["missing"]],
    ["a word", "20", ["type"]],
    ["NaN", Number.NaN, ["not_a_number"]],
    ["infinite", Number.POSITIVE_INFINITY, ["not_a_number"]],
  ])("%s", (_, value, rules) => {
    expect(rulesFor(number, value)).toEqual([rules]);
  });

  test("the same too often in a row is stuck, until another comes; what is missing in between changes nothing", () => {
    expect(rulesFor(number, 20, 20, null, 20, 20, 21, 21)).toEqual([[], [], ["missing"], ["stuck"], ["stuck"], [], []]);
  });

  test("for stuck the time must be up as well", () => {
    expect(rulesFor({ ...number, stuck: { values: 2, seconds: 3 } }, 20, 20, 20, 20, 20)).toEqual([[], [], [], ["stuck"], ["stuck"]]);
  });

  test("a fraction among whole numbers", () => {
    expect(rulesFor({ ...number, isWhole: true }, 20, 20.5)).toEqual([[], ["fraction"]]);
  });
});

test("texts: unknown words, too long, wrong type", () => {
  const text: FieldSchema = { type: "text", maxMissingShare: 0, domain: ["eco", "off"], maxLength: 5 };
  expect(rulesFor(text, "eco", "turbo", "much too long", true)).toEqual([[], ["domain"], ["length"], ["type"]]);
  expect(rulesFor({ ...text, domain: null }, "turbo")).toEqual([[]]);
});

test("booleans and anything", () => {
  expect(rulesFor({ type: "boolean", maxMissingShare: 0 }, true, 1)).toEqual([[], ["type"]]);
  expect(rulesFor({ type: "any", maxMissingShare: 0 }, 1, "x", null)).toEqual([[], [], ["missing"]]);
});

describe("tensors", () => {
  const field: FieldSchema = {
    type: "tensor",
    maxMissingShare: 0,
    element: "float32",
    dims: [-1, 2],
    range: { min: 0, max: 1 },
    stuck: { values: 3, seconds: null },
  };
  const frame = (...values: number[]): ReadingInput => ({ type: "float32", dims: [values.length / 2, 2], values: Float32Array.from(values) });

  test("element type, shape, range, NaN", () => {
    const bytes: ReadingInput = { type: "uint8", dims: [1, 2], values: Uint8Array.of(1, 0) };
    const flat: ReadingInput = { type: "float32", dims: [2], values: Float32Array.of(1, 0) };
    expect(rulesFor(field, frame(0, 1), bytes, flat, frame(0, 2), frame(-1, 0), frame(Number.NaN, 0), 3)).toEqual([
      [],
      ["type"],
      ["shape"],
      ["above"],
      ["below"],
      ["not_a_number"],
      ["type"],
    ]);
  });

  test("a camera that gives the same frame again is stuck; frames that differ in one element are not", () => {
    expect(rulesFor(field, frame(0.1, 0.2), frame(0.1, 0.2), frame(0.1, 0.2), frame(0.1, 0.2001))).toEqual([[], [], ["stuck"], []]);
  });

  test("a tensor that lies about its type is counted as one of the wrong type", () => {
    expect(rulesFor(field, { type: "float32", dims: [1, 2], values: ["a", "b"] })).toEqual([["type"]]);
  });
});

describe("time", () => {
  const schema = schemaOf({ x: { type: "any", maxMissingShare: 0 } }, { time: { maxStepBackMs: 500, maxAheadMs: 60_000 } });
  const at = (atMs: number): Reading => ({ id: "r", atMs, inputs: { x: 1 } });

  test("steps back and times to come are told; what follows is in order again", () => {
    const checker = createSchemaChecker(schema);
    const told = [10_000, 11_000, 10_600, 9_000, 12_000, 999_000, 13_000].map((atMs) => checker.check(at(atMs), 20_000));
    expect(told.map((anomalies) => anomalies.map((a) => `${a.field} ${a.rule}`))).toEqual([
      [],
      [],
      [],
      [`${timeField} order`],
      [],
      [`${timeField} future`],
      [`${timeField} order`],
    ]);
  });

  test("is not looked at, nor are runs, of readings in no order", () => {
    const checker = createSchemaChecker({ ...schema, fields: { x: number } }, { isStream: false });
    for (let i = 0; i < 5; i += 1) expect(checker.check({ ...at(5_000 - i * 1_000), inputs: { x: 20 } }, 0)).toEqual([]);
  });
});

test("a column called as something that every object has is missing when it is not there", () => {
  const present: FieldSchema = { type: "any", maxMissingShare: 0 };
  const checker = createSchemaChecker(schemaOf(Object.fromEntries(["constructor", "toString"].map((name) => [name, present]))));
  expect(checker.check({ id: "r", atMs: 0, inputs: { constructor: 1 } as Reading["inputs"] }, 0)).toEqual([{ field: "toString", rule: "missing" }]);
});

test("what is refused is what the policy says; a field that may be missing refuses nothing", () => {
  const optional: FieldSchema = { type: "any", maxMissingShare: 0.1 };
  const schema = schemaOf({ must: number, may: optional }, { policy: { ...policy, missing: "refuse" } });
  const checker = createSchemaChecker(schema);
  const refused = (inputs: Reading["inputs"]) => refusalOf(schema, checker.check({ id: "r", atMs: 0, inputs }, 0));
  expect(refused({ must: 20 })).toBeUndefined();
  expect(refused({ must: 99 })).toBeUndefined();
  expect(refused({})).toEqual({ field: "must", rule: "missing" });
});

describe("laws", () => {
  test("whatever readings come in, nothing is thrown, each field and rule is told once a reading, and only rules that the field has", () => {
    fc.assert(
      fc.property(fc.array(anyReading, { minLength: 1, maxLength: 20 }), fc.array(anyReading, { maxLength: 20 }), (training, live) => {
        const { schema } = inferSchema(training);
        const checker = createSchemaChecker(schema);
        for (const reading of live) {
          const found = checker.check(reading, 1e12);
          expect(new Set(found.map((a) => `${a.field}/${a.rule}`)).size).toBe(found.length);
          for (const { field, rule } of found) {
            const known = schema.fields[field];
            expect(known === undefined ? ["order", "future"] : rulesOf(known)).toContain(rule);
          }
        }
      }),
      { seed: 13, numRuns: 200 },
    );
  });

  test("a clean reading gives the same empty list every time", () => {
    const checker = createSchemaChecker(
      inferSchema(
        column(
          "x",
          Array.from({ length: 100 }, (_, i) => i % 17),
        ),
      ).schema,
    );
    const lists = column("x", [3, 4, 5]).map((reading) => checker.check(reading, 1e15));
    expect(lists[0]).toEqual([]);
    expect(new Set(lists).size).toBe(1);
  });
});
