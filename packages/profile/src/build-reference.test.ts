import { normal, seededRandom } from "@kedge/core";
import { nastyFloat } from "@kedge/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { answer, mixedRecipe, mixedRows, predictionOf } from "./rows.fixture.js";
import { buildSpec, maxCategories, profileOf, type Recipe, type ReferenceProfile, referenceBins, referenceFor } from "./index.js";

const random = seededRandom(1);
const column = (name: string, kind: "numeric" | "categorical"): Recipe => ({ input: { kind: "tabular", columns: [{ name, kind }] }, task: "regression" });
const one = (inputs: Parameters<typeof predictionOf>[0]) => predictionOf(inputs, { kind: "regression", value: 1 });

describe("a spec from a reference", () => {
  test("has 32 bins that hold equal shares of it", () => {
    const rows = Array.from({ length: 3_200 }, () => one({ x: normal(random) }));
    const spec = buildSpec(column("x", "numeric"), rows);
    const [x] = profileOf(spec, "h", rows).features;
    if (x?.kind !== "numeric") throw new Error("no numbers");
    expect(x.counts).toHaveLength(referenceBins);
    for (const count of x.counts) expect(Math.abs(count - 100)).toBeLessThanOrEqual(1);
    expect(x).toMatchObject({ under: 0, over: 0, missing: 0 });
  });

  test("ignores values that are none, and stands even when there is nothing", () => {
    const rows = [one({ x: 1 }), one({ x: Number.NaN }), one({ x: "2" }), one({}), one({ x: 1e200 }), one({ x: -4 })];
    expect(buildSpec(column("x", "numeric"), rows).features[0]).toMatchObject({ low: -4, high: 1 });
    const bare = buildSpec(mixedRecipe, []);
    expect(bare.features[0]).toEqual({ kind: "numeric", name: "temperature", role: "input", cuts: [], low: 0, high: 0 });
    expect(profileOf(bare, "h", mixedRows(3, random)).rows).toBe(3);
  });

  test("has cuts that ascend within what was seen, whatever was seen, and counts each of it once", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(nastyFloat(), fc.constantFrom(0, -0, 1, -1)), { maxLength: 80 }), (values) => {
        const rows = values.map((x) => one({ x }));
        const spec = buildSpec(column("x", "numeric"), rows);
        const [x] = spec.features;
        if (x?.kind !== "numeric") throw new Error("no numbers");
        expect(x.cuts.length).toBeLessThan(referenceBins);
        expect(x.cuts).toEqual([...new Set(x.cuts)].sort((a, b) => a - b));
        // What was always the same has a cut just below it, so that it has a bin of its own.
        for (const cut of x.low === x.high ? x.cuts.slice(1) : x.cuts) expect(cut >= x.low && cut <= x.high).toBe(true);
        const [found] = profileOf(spec, "h", rows).features;
        if (found?.kind !== "numeric") throw new Error("no counts");
        expect(found.counts.reduce((sum, c) => sum + c, 0)).toBe(found.count);
        expect(found.count + found.notANumber).toBe(values.length);
        expect([found.missing, found.wrongType]).toEqual([0, 0]);
      }),
      { seed: 4, numRuns: 300 },
    );
  });

  test("keeps all of a model's classes in their order, and those that it was seen to give besides", () => {
    const classes = ["fox", "cow", "dog"];
    const spec = buildSpec(mixedRecipe, mixedRows(100, random), classes);
    expect(spec.features.find((f) => f.name === "class")).toMatchObject({ categories: [...classes, "cat"] });
    expect(spec.features.find((f) => f.name === "isOpen")).toMatchObject({ categories: ["false", "true"] });
    const many = Array.from({ length: 1_000 }, (_, i) => `class ${i}`);
    expect(buildSpec(mixedRecipe, [], many).features.find((f) => f.name === "class")).toMatchObject({ categories: many });
  });

  test("keeps the most frequent words of a column, up to a bound", () => {
    const rows = Array.from({ length: 400 }, (_, i) => [one({ w: `word ${i}` }), ...(i < 10 ? [one({ w: `word ${i}` })] : [])]).flat();
    const [words] = buildSpec(column("w", "categorical"), rows).features;
    if (words?.kind !== "categorical") throw new Error("no words");
    expect(words.categories).toHaveLength(maxCategories);
    expect(words.categories.slice(0, 10).sort()).toEqual(Array.from({ length: 10 }, (_, i) => `word ${i}`));
  });

  test("names every feature once, even where a column is called as an output is", () => {
    const recipe: Recipe = { input: { kind: "tabular", columns: [{ name: "score", kind: "numeric" }] }, task: "classification" };
    const rows = [predictionOf({ score: 5 }, answer(random)), predictionOf({ score: 6 }, answer(random))];
    const spec = buildSpec(recipe, rows);
    const names = spec.features.map((f) => f.name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain("input.score");
    const profile = profileOf(spec, "h", rows);
    expect(profile.features[names.indexOf("input.score")]).toMatchObject({ count: 2, mean: 5.5 });
    expect(profile.features[names.indexOf("score")]).toMatchObject({ count: 2, over: 0 });
  });
});

describe("the reference of a device", () => {
  const spec = buildSpec(mixedRecipe, mixedRows(50, random));
  const cohort = (selector: string, rows: number) => ({ selector, rows, profile: profileOf(spec, "h", mixedRows(rows, random)) });
  const reference: ReferenceProfile = {
    spec,
    cohorts: [cohort("", 1), cohort("site=oslo", 2), cohort("site=oslo,lens=wide", 3), cohort("lens=wide", 4), cohort("not a selector", 5)],
  };
  const rowsFor = (labels: Record<string, string>) => referenceFor(reference, labels)?.rows;

  test("is of the cohort with the most conditions that it meets; of the first among equals", () => {
    expect(rowsFor({})).toBe(1);
    expect(rowsFor({ site: "lyon" })).toBe(1);
    expect(rowsFor({ site: "oslo" })).toBe(2);
    expect(rowsFor({ site: "oslo", lens: "wide" })).toBe(3);
    expect(rowsFor({ site: "lyon", lens: "wide" })).toBe(4);
  });

  test("is missing where no cohort is for everyone and none fits", () => {
    expect(referenceFor({ spec, cohorts: [cohort("site=oslo", 2)] }, { site: "lyon" })).toBeUndefined();
  });
});
