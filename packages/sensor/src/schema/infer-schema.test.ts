import { seededRandom } from "@kedge/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ReadingInput } from "../reading.js";
import { createSchemaChecker } from "./check-reading.js";
import { compareSchemas } from "./compare-schemas.js";
import { inferSchema } from "./infer-schema.js";
import type { FieldSchema } from "./input-schema.js";
import { anyReading, column } from "./reading.fixture.js";
import { readSchema, schemaText } from "./read-schema.js";

const fieldOf = (values: readonly ReadingInput[], options: Parameters<typeof inferSchema>[1] = {}): FieldSchema | undefined =>
  inferSchema(column("x", values), options).schema.fields["x"];

const many = <T>(count: number, of: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => of(i));

describe("what is inferred", () => {
  test("a number: what was seen, a wider range, rounded outwards", () => {
    expect(fieldOf(many(1_000, (i) => 15 + (i % 100) * 0.1513))).toMatchObject({
      type: "number",
      maxMissingShare: 0,
      isWhole: false,
      range: { min: 11.1, max: 33.9 },
      stuck: { values: 10, seconds: null },
    });
  });

  test("zero and whole numbers keep their floor; a temperature that was never below zero does not", () => {
    expect(fieldOf(many(100, (i) => i % 7))).toMatchObject({ isWhole: true, range: { min: 0 } });
    expect(fieldOf(many(100, (i) => 3 + (i % 7)))).toMatchObject({ isWhole: true, range: { min: expect.any(Number) as number } });
    expect(fieldOf(many(100, (i) => 0.1 + (i % 7)))).toMatchObject({ range: { min: expect.closeTo(-2.2, 0) as number } });
  });

  test("a short set is widened more than a long one", () => {
    const width = (n: number): number => {
      const field = fieldOf(many(n, (i) => (i % 2) * 100.5));
      return field?.type === "number" && field.range !== null ? field.range.max : Number.NaN;
    };
    expect(width(20)).toBeGreaterThan(width(2_000));
  });

  test("words are a closed list only if few were seen once", () => {
    expect(fieldOf(many(300, (i) => ["off", "eco", "boost"][i % 3] ?? ""))).toEqual({
      type: "text",
      maxMissingShare: 0,
      domain: ["boost", "eco", "off"],
      maxLength: 21,
    });
    expect(fieldOf(many(300, (i) => `id-${i}`))).toMatchObject({ type: "text", domain: null });
  });

  test("a field that was missing is optional, with room", () => {
    expect(fieldOf(many(100, (i) => (i % 20 === 0 ? null : i % 9)))).toMatchObject({ maxMissingShare: 0.18 });
  });

  test("a few values of another kind do not change the type; many do", () => {
    expect(fieldOf(many(100, (i) => (i % 20 === 0 ? "n/a" : i % 9)))).toMatchObject({ type: "number" });
    expect(fieldOf(many(100, (i) => (i % 3 === 0 ? "n/a" : i % 9)))).toMatchObject({ type: "any" });
  });

  test("runs are believed only of readings in order", () => {
    const values = many(1_000, (i) => Math.floor(i / 5));
    expect(fieldOf(values)).toMatchObject({ stuck: { values: 12, seconds: 8 } });
    expect(inferSchema(column("x", values).map((r) => ({ ...r, atMs: 0 }))).schema).toMatchObject({
      time: null,
      inferredFrom: { isStream: false },
      fields: { x: { stuck: null } },
    });
    expect(fieldOf(values, { isStream: false })).toMatchObject({ stuck: null });
  });

  test("a value that stays for a tenth of the time is not watched for being stuck", () => {
    expect(fieldOf(many(100, (i) => (i < 20 ? 1.5 : i)))).toMatchObject({ stuck: null });
  });

  test("a counter has no range", () => {
    const { schema, notes } = inferSchema(
      column(
        "n",
        many(100, (i) => i),
      ),
    );
    expect(schema.fields["n"]).toMatchObject({ range: null });
    expect(notes.join("\n")).toContain("n only ever grows");
  });

  test("a unit brings what is plausible", () => {
    expect(
      fieldOf(
        many(100, (i) => i % 30),
        { units: { x: "celsius" } },
      ),
    ).toMatchObject({ unit: "celsius", plausible: { min: -273.15 } });
    expect(inferSchema(column("x", [1]), { units: { x: "furlong" } }).notes.join()).toContain("furlong");
  });

  test("tensors: element type, dims with free places, range", () => {
    const frame = (height: number): ReadingInput => ({
      type: "float32",
      dims: [height, 2],
      values: Float32Array.from({ length: 2 * height }, (_, i) => i / 10),
    });
    expect(fieldOf(many(40, (i) => frame(2 + (i % 2))))).toMatchObject({ type: "tensor", element: "float32", dims: [-1, 2], range: { min: 0 } });
    const bytes: ReadingInput = { type: "uint8", dims: [2, 2], values: Uint8Array.of(9, 9, 9, 9) };
    expect(fieldOf([bytes], { isStream: false })).toEqual({ type: "tensor", maxMissingShare: 0, element: "uint8", dims: [2, 2], range: null, stuck: null });
  });

  test("names that no window carries, and more fields than there may be, are left out and told of", () => {
    const inputs = Object.fromEntries([...many(300, (i) => [`f${i}`, 1] as const), ["@time", 1], ["a\u0000b", 1]]);
    const { schema, notes } = inferSchema([{ id: "r", atMs: 0, inputs }]);
    expect(Object.keys(schema.fields)).toHaveLength(256);
    expect(notes[0]).toContain("left out");
  });
});

/** Draws of a kind, by a uniform number in (0, 1). */
const kinds: readonly (readonly [string, (u: () => number) => ReadingInput])[] = [
  ["uniform", (u) => u()],
  ["normal", (u) => Math.sqrt(-2 * Math.log(1 - u())) * Math.cos(2 * Math.PI * u())],
  ["long-tailed", (u) => Math.exp(1.5 * Math.sqrt(-2 * Math.log(1 - u())) * Math.cos(2 * Math.PI * u()))],
  ["counts", (u) => Math.floor(-5 * Math.log(1 - u()))],
  ["words", (u) => `w${Math.floor(8 * u() ** 2)}`],
  ["sometimes missing", (u) => (u() < 0.05 ? null : u())],
];

test.each(kinds)("rows of the same kind as those inferred from (%s) break the schema in less than 1 of 1,000", (_, draw) => {
  let broken = 0;
  let rows = 0;
  for (let seed = 1; seed <= 8; seed += 1) {
    const random = seededRandom(seed);
    const { schema } = inferSchema(
      column(
        "x",
        many(2_000, () => draw(random)),
      ),
    );
    const checker = createSchemaChecker(schema);
    for (const reading of column(
      "x",
      many(2_000, () => draw(random)),
    )) {
      rows += 1;
      // What may be missing is judged by its share, not reading by reading.
      if (checker.check(reading, Number.POSITIVE_INFINITY).some((a) => a.rule !== "missing")) broken += 1;
    }
  }
  expect(broken / rows).toBeLessThan(0.001);
});

describe("laws", () => {
  test("any readings give a schema that its own file gives back, with which it does not differ", () => {
    fc.assert(
      fc.property(fc.array(anyReading, { minLength: 1, maxLength: 40 }), (readings) => {
        const { schema } = inferSchema(readings);
        if (Object.keys(schema.fields).length === 0) return;
        const text = schemaText(schema);
        const read = readSchema(text);
        expect(read).toEqual({ kind: "schema", schema });
        if (read.kind !== "schema") return;
        expect(schemaText(read.schema)).toBe(text);
        expect(compareSchemas(schema, read.schema)).toEqual([]);
      }),
      { seed: 11, numRuns: 150 },
    );
  });

  test("the readings that a schema was inferred from break no range, list of words, length or shape of it", () => {
    fc.assert(
      fc.property(fc.array(anyReading, { minLength: 1, maxLength: 40 }), (readings) => {
        const checker = createSchemaChecker(inferSchema(readings).schema);
        for (const reading of readings) {
          const rules = checker.check(reading, Number.POSITIVE_INFINITY).map((a) => a.rule);
          for (const rule of ["below", "above", "domain", "length", "fraction", "shape"] as const) expect(rules).not.toContain(rule);
        }
      }),
      { seed: 12, numRuns: 150 },
    );
  });
});
