import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";
import { manifest, read, root, trackedFiles } from "../support/repository.js";

const pages = trackedFiles().filter((f) => f.endsWith(".md"));
const folders = (manifest(".").workspaces ?? []) as string[];
const scriptsOf = (folder: string): string[] => Object.keys(manifest(folder).scripts ?? {});

/** Text between backticks and in fenced blocks, where paths and commands are quoted. */
function quoted(page: string): string[] {
  const text = read(page);
  return [...text.matchAll(/`([^`\n]+)`/g)]
    .map((m) => m[1] ?? "")
    .concat([...text.matchAll(/```[a-z]*\n([\s\S]*?)```/g)].flatMap((m) => (m[1] ?? "").split("\n")));
}

describe.each(pages)("%s", (page) => {
  test("links lead to files that exist", () => {
    const broken = [...read(page).matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)/g)]
      .map((m) => m[1] ?? "")
      .filter((target) => !existsSync(join(root, normalize(join(dirname(page), target)))));
    expect(broken).toEqual([]);
  });

  test("paths quoted from the top exist", () => {
    const missing = quoted(page)
      .map((q) => q.trim())
      .filter((q) => /^(packages|apps|deploy|test)\/[A-Za-z0-9._/-]+$/.test(q))
      .filter((q) => !existsSync(join(root, q)) && !existsSync(join(root, `${q}.ts`)));
    expect(missing).toEqual([]);
  });

  test("npm scripts quoted exist", () => {
    const own = new Map(folders.map((f) => [manifest(f).name, scriptsOf(f)]));
    const missing = quoted(page).flatMap((q) =>
      [...q.matchAll(/npm run(?: --silent)? ([a-z:-]+)(?: --workspace (\S+))?/g)]
        .filter((m) => !(m[2] === undefined ? scriptsOf(".") : (own.get(m[2]) ?? [])).includes(m[1] ?? ""))
        .map((m) => m[0]),
    );
    expect(missing).toEqual([]);
  });
});

test("decision records are numbered without gaps and doubles, and begin with their number", () => {
  const records = pages.filter((page) => /^apps\/docs\/adr\/\d/.test(page)).sort();
  expect(records.map((page) => Number(/adr\/(\d{4})-/.exec(page)?.[1]))).toEqual(records.map((_, at) => at + 1));
  for (const [at, page] of records.entries()) expect(read(page), page).toMatch(new RegExp(`^# ${at + 1}\\. `));
});
