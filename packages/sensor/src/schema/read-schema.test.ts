import fc from "fast-check";
import { expect, test } from "vitest";
import { compareSchemas } from "./compare-schemas.js";
import { inferSchema } from "./infer-schema.js";
import { column } from "./reading.fixture.js";
import { parseSchema, readSchema, schemaText } from "./read-schema.js";

const words = ["off", "eco", "boost"];
const { schema } = inferSchema(
  Array.from({ length: 300 }, (_, i) => ({
    id: `r${i}`,
    atMs: 1e12 + 1_000 * i,
    inputs: { temperature: 15 + (i % 100) / 10, mode: words[i % 3] ?? "", door: i % 2 === 0 },
  })),
);
const tree = (): Record<string, unknown> => JSON.parse(schemaText(schema)) as Record<string, unknown>;

test("all faults are told at once, each with its path", () => {
  const read = parseSchema({
    ...tree(),
    policy: { type: "shout" },
    extra: 1,
    fields: { temperature: { type: "number", range: { min: 3, max: 1 } }, "@x": { type: "any", maxMissingShare: 2 }, mode: { type: "colour" } },
  });
  expect(read.kind).toBe("refused");
  const faults = read.kind === "refused" ? read.faults.join("\n") : "";
  for (const told of [
    "policy.type",
    "extra",
    "fields.temperature.range",
    "fields.temperature.isWhole",
    "fields.@x: expected a name",
    "fields.@x.maxMissingShare",
    "fields.mode",
  ]) {
    expect(faults).toContain(told);
  }
});

test.each<[string, string, RegExp]>([
  ["no JSON", "{", /JSON/],
  ["a list", "[]", /formatVersion|expected/i],
  ["a newer format", '{"formatVersion":2}', /newer/],
  ["no fields", JSON.stringify({ ...tree(), fields: {} }), /1 to 256 fields/],
  ["too much", " ".repeat(1_048_577), /at most/],
  [
    "more fields than there may be",
    JSON.stringify({ ...tree(), fields: Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`f${i}`, {}])) }),
    /found 257/,
  ],
])("%s is refused", (_, text, message) => {
  const read = readSchema(text);
  expect(read.kind === "refused" ? read.faults.join("\n") : "read").toMatch(message);
});

test("a policy that says nothing of a rule counts", () => {
  const read = parseSchema({ ...tree(), policy: { type: "refuse" } });
  expect(read).toMatchObject({ kind: "schema", schema: { policy: { type: "refuse", missing: "count", future: "count" } } });
});

test("any JSON at all is read or refused, never thrown at", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(["schema", "refused"]).toContain(readSchema(text).kind);
    }),
    { seed: 5, numRuns: 500 },
  );
});

test("one changed value of a file is read or refused, never thrown at", () => {
  const text = schemaText(schema);
  fc.assert(
    fc.property(fc.nat({ max: text.length - 1 }), fc.string({ maxLength: 3 }), (at, put) => {
      expect(["schema", "refused"]).toContain(readSchema(text.slice(0, at) + put + text.slice(at + 1)).kind);
    }),
    { seed: 6, numRuns: 500 },
  );
});

test("changes are told path by path, words one by one", () => {
  const later = inferSchema([...column("mode", [...Array<string>(200).fill("eco"), ...Array<string>(200).fill("turbo")]), ...column("humidity", [40, 41])], {
    isStream: false,
  }).schema;
  const changes = compareSchemas({ ...schema, time: null }, later);
  const paths = changes.map((c) => c.path);
  expect(paths).toContain("fields.temperature");
  expect(paths).toContain("fields.humidity");
  expect(changes.filter((c) => c.path === "fields.mode.domain[]")).toEqual([
    { path: "fields.mode.domain[]", before: "boost", after: undefined },
    { path: "fields.mode.domain[]", before: "off", after: undefined },
    { path: "fields.mode.domain[]", before: undefined, after: "turbo" },
  ]);
});
