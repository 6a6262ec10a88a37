import fc from "fast-check";
import { expect, test } from "vitest";
import { age, byteSize, duration, figure, labelText, moment, oneLine, percent, plain, shortDigest } from "./plain.js";
import { tableOf } from "./table.js";

const unpainted = (_: unknown, text: string): string => text;

test("figures for people", () => {
  expect([0, 119_000, 600_000, 7_200_000, 172_800_000].map(duration)).toEqual(["0s", "119s", "10m", "2h", "2d"]);
  expect([age(null, 5), age(5_000, 0), age(0, 60_000)]).toEqual(["-", "0s", "60s"]);
  expect([0, 999, 1_000, 2_469_134, 5e12].map(byteSize)).toEqual(["0 B", "999 B", "1.0 kB", "2.5 MB", "5000.0 GB"]);
  expect([figure(0.123456), figure(1234.5), figure(0), percent(0.4567)]).toEqual(["0.123", "1230", "0", "45.7 %"]);
  expect([moment(0), moment(null), shortDigest(null), shortDigest("a".repeat(64))]).toEqual(["1970-01-01T00:00:00.000Z", "-", "-", "aaaaaaaaaaaa"]);
  expect([labelText({}), labelText({ site: "oslo", row: "1" })]).toEqual(["-", "row=1,site=oslo"]);
});

test("no text can hold what a terminal would act on", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(/[\p{Cc}\p{Cf}]/u.test(plain(text).replace(/[\n\t]/g, ""))).toBe(false);
      expect(/[\p{Cc}\p{Cf}]/u.test(oneLine(text))).toBe(false);
    }),
    { seed: 3, numRuns: 500 },
  );
});

test("columns line up, whatever is in them, and numbers stand right", () => {
  const columns = [
    { title: "NAME", value: (r: readonly [string, number]) => r[0] },
    { title: "N", value: (r: readonly [string, number]) => String(r[1]), isNumber: true },
    { title: "LAST", value: () => "x" },
  ];
  const rows = [
    ["a", 5],
    ["été", 1_000],
    ["温度", 7],
    ["", 0],
  ] as const;
  expect(tableOf(rows, columns, unpainted)).toBe(["NAME     N  LAST", "a        5  x", "été   1000  x", "温度     7  x", "-        0  x", ""].join("\n"));
});
