import { describe, expect, test } from "vitest";
import { fromEnvironment, layered, setPath, settingsLimits, settingsTextFault } from "./layers.js";

describe("layers of settings", () => {
  test("the upper layer wins key by key; lists are replaced; undefined erases nothing", () => {
    const below = { a: { b: 1, c: [1, 2] }, d: 4 };
    expect(layered(below, { a: { c: [3], b: undefined }, e: 5 })).toEqual({ a: { b: 1, c: [3] }, d: 4, e: 5 });
    expect(below).toEqual({ a: { b: 1, c: [1, 2] }, d: 4 });
  });

  test("a path makes its branches", () => {
    const tree = { a: 1 };
    setPath(tree, ["b", "c"], 2);
    setPath(tree, ["a", "x"], 3);
    expect(tree).toEqual({ a: { x: 3 }, b: { c: 2 } });
  });

  test("variables find their keys, and a stranger keeps its name", () => {
    const env = { KEDGE_HTTP_PORT: "80", KEDGE_STATEDIR: "/x", KEDGE_HTPP_PORT: "81", HOME: "/h" };
    expect(fromEnvironment("KEDGE_", env, ["http.port", "stateDir"], (t) => t)).toEqual({ http: { port: "80" }, stateDir: "/x", KEDGE_HTPP_PORT: "81" });
  });

  test("a key named __proto__ is a key and no prototype", () => {
    const merged = layered({}, JSON.parse('{"__proto__": {"polluted": true}}')) as { polluted?: boolean };
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(Object.hasOwn(merged, "polluted")).toBe(false);
  });
});

describe("a settings text", () => {
  test("as people write it is let through", () => {
    const text = "# a [comment\nserver: 'mqtts://x'\nlabels: { site: oslo }\nlist:\n  - a\n  - - b\n    - c\n  - [1, [2]]\n";
    expect(settingsTextFault(text)).toBeUndefined();
  });

  test("that would end the process by its depth is refused before it is parsed", () => {
    for (const deep of ["[".repeat(2_000), "- ".repeat(3_000), "? ".repeat(3_000), '{"a":'.repeat(500), `a:\n${" ".repeat(3_000)}b: 1`]) {
      expect(settingsTextFault(deep)).toContain("deeper than 64 levels in line");
    }
    expect(settingsTextFault("a".repeat(settingsLimits.characters + 1))).toContain("characters");
  });
});
