import { describe, expect, test } from "vitest";
import { ago, clockTime, count, duration, figure, percent, shortDigest } from "./format.js";

describe("how figures are told", () => {
  test.each([
    [0, "0 s ago"],
    [59_000, "59 s ago"],
    [61_000, "1 min ago"],
    [3_600_000, "1 h ago"],
    [3 * 86_400_000, "3 d ago"],
    [-5_000, "0 s ago"],
  ])("%i ms ago", (ms, words) => expect(ago(1e12 - ms, 1e12)).toBe(words));

  test("what was never is told as never", () => {
    expect([ago(null, 1), shortDigest(null), shortDigest("abcdef0123456789")]).toEqual(["never", "none", "abcdef01"]);
  });

  test.each([
    [0, "0"],
    [0.1234, "0.123"],
    [17.06, "17.1"],
    [0.00004, "0.0000400"],
    [268, "268"],
    [123456, "1.23e+5"],
  ])("%d with three digits", (value, words) => expect(figure(value)).toBe(words));

  test("shares, counts, times", () => {
    expect([percent(0.8541), count(1234567), clockTime(1_790_000_000_000), duration(75_000), duration(600_000), duration(9_000_000)]).toEqual([
      "85.4 %",
      "1,234,567",
      "14:13:20Z",
      "75 s",
      "10 min",
      "2.5 h",
    ]);
  });
});
