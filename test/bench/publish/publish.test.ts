import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { BenchPage } from "./page.js";
import { pages } from "./pages.js";
import { renderSection, sectionOf, withSection } from "./render.js";

const guide = readFileSync(new URL("../../../apps/docs/guide/measured.md", import.meta.url), "utf8");

test.each(pages.map((p) => [p.name, p] as const))("the guide has the figures of %s under the keys that it prints, and no others", (name, page) => {
  const rows = (sectionOf(guide, name) ?? "").split("\n").filter((line) => /^\| `/.test(line));
  const table = rows.slice(0, page.figures.length).map((line) => line.split("`")[1]);
  expect(table).toEqual(page.figures.map((f) => f.key));
  const known = new Set<string | undefined>(table);
  expect(rows.map((line) => line.split("`")[1]).filter((key) => !known.has(key))).toEqual([]);
  for (const line of rows.slice(0, page.figures.length)) expect(line.split("|")[3]?.trim(), line).not.toBe("–");
});

test("the guide has no section of a benchmark that is no more", () => {
  const sections = [...guide.matchAll(/<!-- bench:([a-z-]+) -->/g)].map((m) => m[1]);
  expect(sections).toEqual([...new Set(sections)]);
  expect(sections.filter((name) => !pages.some((p) => p.name === name))).toEqual([]);
});

const page: BenchPage = {
  name: "sample",
  title: "A sample",
  says: "How.",
  figures: [
    { key: "share", says: "a share", bar: { atMost: 0.06 } },
    { key: "whole.part", says: "time", unit: "ns", isOfMachine: true },
  ],
};
const result = {
  seed: 7,
  share: 0.0486123,
  whole: { part: 21 },
  details: { share: { trials: 100, interval: [0.02, 0.09], baselines: { "always fires": 1 } } },
};

test("a section has values, intervals, trials, bars, the seed and what other rules say", () => {
  const section = renderSection(page, result, "a machine");
  expect(section).toContain("| `share` | a share | 0.048612 | 0.02 to 0.09 | 100 | ≤ 0.06 |");
  expect(section).toContain("| `whole.part` | time | 21 ns (this machine) | – | – | – |");
  expect(section).toContain("| `share` | 0.048612 | 1 |");
  expect(section).toContain("Seed: 7.");
  expect(section).toContain("on a machine.");
});

test("put in again it changes nothing, and in place of an older one nothing else", () => {
  const section = renderSection(page, result, "a machine");
  const once = withSection("# Title\n\nText.\n", "sample", section);
  expect(withSection(once, "sample", section)).toBe(once);
  expect(sectionOf(once, "sample")).toBe(section);
  const slower = renderSection(page, { ...result, whole: { part: 30 } }, "a machine");
  const changed = withSection(once, "sample", slower);
  const differing = changed.split("\n").filter((line, i) => line !== once.split("\n")[i]);
  expect(differing).toEqual(["| `whole.part` | time | 30 ns (this machine) | – | – | – |"]);
});
