import { readFileSync } from "node:fs";
import { updateStates } from "@kedge/wire";
import { expect, test } from "vitest";
import { deviceCodes } from "./index.js";

const text = readFileSync(new URL("../README.md", import.meta.url), "utf8");

test.each([...updateStates, ...Object.values(deviceCodes)])("the README names %s", (word) => {
  expect(text).toContain(word);
});

test("the README names no code that there is not", () => {
  const named = [...text.matchAll(/`(device\/[a-z]+-[a-z-]+)`/g)].map((m) => m[1] ?? "");
  expect(named.filter((code) => !(Object.values(deviceCodes) as string[]).includes(code))).toEqual([]);
});
