import fc from "fast-check";
import { expect, test } from "vitest";
import { parseCsv } from "./csv.js";
import { cellValue } from "./read-readings.js";

test("quotes, doubled quotes, line ends of every kind, a byte order mark, blank lines", () => {
  expect(parseCsv('\uFEFFa,"b ""x"""\r\n1,"2,3"\r\n\n"4\n5",\n', "x")).toEqual([
    { a: "1", 'b "x"': "2,3" },
    { a: "4\n5", 'b "x"': "" },
  ]);
  expect(parseCsv("a,b", "x")).toEqual([]);
});

test.each([
  ["a,b\n1", "row 1 has 1 values for 2 columns"],
  ["a,b\n1,2\n1,2,3", "row 2 has 3 values"],
  ["a,a\n1,2", 'two columns are named "a"'],
  ['a\n"1', "a quote is never closed"],
])("%j is refused, saying where", (text, message) => {
  expect(() => parseCsv(text, "rows.csv")).toThrow(
    expect.objectContaining({ code: "cli/bad-rows", message: expect.stringContaining(message), context: { exit: "usage" } }),
  );
});

test("any cells that are written come back", () => {
  const cell = fc.string().map((s) => s.replace(/\r/g, ""));
  const quoted = (s: string): string => `"${s.replaceAll('"', '""')}"`;
  fc.assert(
    fc.property(
      fc.uniqueArray(cell, { minLength: 1, maxLength: 4 }),
      fc.array(fc.array(cell, { minLength: 4, maxLength: 4 }), { maxLength: 5 }),
      (names, rows) => {
        const cut = rows.map((r) => r.slice(0, names.length));
        // A line that is empty but for its quotes is a row of one empty cell only when there is one column; blank lines are none.
        fc.pre(names.length > 1 || cut.every(([only]) => only !== ""));
        fc.pre(names.length > 1 || names[0] !== "");
        const text = [names, ...cut].map((r) => r.map(quoted).join(",")).join("\n");
        expect(parseCsv(text, "x").map((r) => names.map((n) => r[n]))).toEqual(cut);
      },
    ),
    { seed: 9 },
  );
});

test("cells are numbers, booleans, nothing, or words", () => {
  expect(["1", " -2.5e3 ", ".5", "1.", "true", "false", "", " ", "0x10", "1e", "NaN", "Infinity", "night"].map(cellValue)).toEqual([
    1,
    -2500,
    0.5,
    1,
    true,
    false,
    null,
    null,
    "0x10",
    "1e",
    "NaN",
    "Infinity",
    "night",
  ]);
});
