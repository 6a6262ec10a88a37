import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatSelector, matchesSelector, parseSelector } from "./selector.js";

describe("label selectors", () => {
  test.each([
    ["site=oslo", { site: "oslo" }, true],
    ["site=oslo", { site: "lyon" }, false],
    ["site=oslo", {}, false],
    ["site!=oslo", {}, true],
    ["site in (oslo, lyon),!retired", { site: "lyon" }, true],
    ["site in (oslo, lyon),!retired", { site: "lyon", retired: "yes" }, false],
    ["site notin (oslo)", { site: "porto" }, true],
    ["camera", { camera: "" }, true],
    ["", { anything: "goes" }, true],
  ])("%s against %o is %s", (text, labels, expected) => {
    const selector = parseSelector(text);
    expect(typeof selector).not.toBe("string");
    if (typeof selector !== "string") expect(matchesSelector(selector, labels as Record<string, string>)).toBe(expected);
  });

  test.each(["=oslo", "Site=oslo", "site=os lo", "site in oslo", "a b"])("%s is refused with its text", (text) => {
    expect(parseSelector(text)).toContain(text.slice(0, 3));
  });

  test("a label inherited from Object.prototype is not a label", () => {
    const selector = parseSelector("constructor");
    expect(typeof selector !== "string" && matchesSelector(selector, {})).toBe(false);
  });

  const key = fc.stringMatching(/^[a-z][a-z0-9_.-]{0,8}$/);
  const value = fc.stringMatching(/^[A-Za-z0-9_.-]{1,8}$/);
  const requirement = fc.oneof(
    fc.record({ key, op: fc.constantFrom("in" as const, "notin" as const), values: fc.array(value, { minLength: 1, maxLength: 3 }) }),
    fc.record({ key, op: fc.constantFrom("exists" as const, "absent" as const) }),
  );

  test("what is formatted is read back", () => {
    fc.assert(
      fc.property(fc.array(requirement, { maxLength: 4 }), (selector) => {
        expect(parseSelector(formatSelector(selector))).toEqual(selector);
      }),
      { seed: 1 },
    );
  });
});
