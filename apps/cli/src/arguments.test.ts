import { InvalidArgumentError } from "commander";
import { describe, expect, test } from "vitest";
import {
  durationArgument,
  labelsArgument,
  listArgument,
  metricsArgument,
  numbersArgument,
  selectorArgument,
  wholeArgument,
  wordsArgument,
} from "./arguments.js";

describe("arguments", () => {
  test("are read", () => {
    expect(["500ms", "90s", "1.5m", "24h", "7d"].map(durationArgument)).toEqual([500, 90_000, 90_000, 86_400_000, 604_800_000]);
    expect(wholeArgument(0, 9)("7")).toBe(7);
    expect(numbersArgument("25, 50,100")).toEqual([25, 50, 100]);
    expect(wordsArgument("a, b")).toEqual(["a", "b"]);
    expect(labelsArgument("site=oslo", { row: "1" })).toEqual({ row: "1", site: "oslo" });
    expect(metricsArgument("accuracy=0.85")).toEqual({ accuracy: 0.85 });
    expect(listArgument("b,c", ["a"])).toEqual(["a", "b", "c"]);
    expect(selectorArgument("site in (oslo,lyon),!retired")).toBe("site in (oslo,lyon),!retired");
  });

  test.each([
    [durationArgument, "5"],
    [durationArgument, "-5s"],
    [durationArgument, "5 s"],
    [wholeArgument(1), "0"],
    [wholeArgument(1), "1.5"],
    [wholeArgument(1), "-1"],
    [wholeArgument(1), "1e3"],
    [wholeArgument(1, 9), "10"],
    [wholeArgument(1), "9".repeat(20)],
    [numbersArgument, "1,,2"],
    [numbersArgument, "x"],
    [labelsArgument, "site"],
    [labelsArgument, "=oslo"],
    [labelsArgument, "Site=oslo"],
    [labelsArgument, "site=o slo"],
    [metricsArgument, "accuracy=high"],
    [selectorArgument, "site==("],
    [wordsArgument, "@/nowhere/classes"],
  ] as const)("%o refuses %j", (read, text) => {
    expect(() => read(text)).toThrow(InvalidArgumentError);
  });
});
