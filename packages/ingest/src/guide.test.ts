import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { refusalCodes } from "./index.js";

const rowsOf = (file: string): string[] =>
  [...readFileSync(new URL(file, import.meta.url), "utf8").matchAll(/^\| `(ingest\/[a-z-]+)` \|/gm)].map((m) => m[1] ?? "");

test.each(["../README.md", "../../../apps/docs/guide/dead-letters.md"])("%s says what every reason of refusal means, and names no other", (file) => {
  expect(rowsOf(file).sort()).toEqual([...refusalCodes].sort());
});
