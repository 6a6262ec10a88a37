import { expect, test } from "vitest";
import { manifest, read, trackedFiles } from "../support/repository.js";

const files = trackedFiles();
const own = files.filter((f) => /\.(ts|tsx|mjs)$/.test(f) && !f.includes("/gen/") && !f.endsWith(".d.ts"));

/** Lines that hold code: neither blank nor only comment. */
function codeLines(text: string): number {
  const bare = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  return bare.split("\n").filter((line) => line.trim() !== "").length;
}

test("no source file has more than 300 lines of code", () => {
  const long = own
    .filter((f) => !f.endsWith(".test.ts"))
    .map((f) => [f, codeLines(read(f))] as const)
    .filter(([, n]) => n > 300);
  expect(long).toEqual([]);
});

test("a loop file has at most 150 lines of code", () => {
  const long = own.filter((f) => f.endsWith("-loop.ts")).map((f) => [f, codeLines(read(f))] as const);
  expect(long.filter(([, n]) => n > 150)).toEqual([]);
});

test("names say what a thing is: no manager, helper, util, service …", () => {
  const banned = /(^|[-/])(manager|helper|helpers|util|utils|service|processor|handler|common|misc|base|data|info|impl)(\.|-|$)/;
  expect(own.filter((f) => banned.test(f.split("/").at(-1) ?? ""))).toEqual([]);
});

test("the top of the tree holds what was agreed", () => {
  const agreed = /^(package(-lock)?\.json|turbo\.json|tsconfig\.base\.json|packages|apps|deploy|test|README\.md|LICENSE|NOTICE|CHANGELOG\.md|\..*)$/;
  expect([...new Set(files.map((f) => f.split("/")[0] ?? ""))].filter((name) => !agreed.test(name))).toEqual([]);
});

test("programs that npm links are files of the repository: at the install nothing is built, and npm passes over what is not there", () => {
  const named = (manifest(".").workspaces ?? []).flatMap((folder) => Object.values(manifest(folder).bin ?? {}).map((path) => `${folder}/${path}`));
  expect(named).toContain("apps/cli/bin/kedge.mjs");
  expect(named.filter((path) => !files.includes(path))).toEqual([]);
});

test("no registry address and no path of a machine is committed", () => {
  const lock = read("package-lock.json");
  expect(lock).not.toMatch(/"resolved": "https?:/);
  for (const file of files.filter((f) => /\.(ts|mjs|md|json|ya?ml|sh|service)$/.test(f) && f !== "package-lock.json")) {
    expect(read(file), file).not.toMatch(/registry\.(npmjs|yarnpkg)|\/root\/|\/home\/[a-z]+\//);
  }
});

test("nothing is left open, skipped or switched off in the sources", () => {
  // Put together from halves, so that this file does not find itself.
  const words = new RegExp(["\\b(TO" + "DO|FIX" + "ME|HA" + "CK)\\b", "@ts-(ig" + "nore|no" + "check)", "\\bas a" + "ny\\b", "\\.on" + "ly\\("].join("|"));
  for (const file of own) expect(read(file), file).not.toMatch(words);
});
