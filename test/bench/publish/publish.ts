import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { say } from "../support/result.js";
import type { BenchPage, BenchResult } from "./page.js";
import { pages } from "./pages.js";
import { renderSection, withSection } from "./render.js";

/*
 * npm run bench:publish [-- NAME …] [--results DIR]: runs the benchmarks named, or all that are published, and writes their figures into
 * the guide. With --results the outputs already in DIR (NAME.json, what `npm run --silent bench -- NAME` printed) are taken instead.
 */

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const guide = join(root, "apps", "docs", "guide", "measured.md");

function machine(): string {
  const [first] = cpus();
  return `${cpus().length} × ${(first?.model ?? "an unknown processor").trim()}, Node ${process.versions.node.split(".")[0] ?? ""}`;
}

/** The last line of an output as a result; the process ends where it is none. */
function parsed(name: string, output: string): BenchResult {
  const last = output.trim().split("\n").at(-1) ?? "";
  try {
    return JSON.parse(last) as BenchResult;
  } catch {
    say(`bench:publish: the last line of ${name} is no JSON object: ${last.slice(0, 200)}`);
    return process.exit(1);
  }
}

function resultOf(page: BenchPage, results: string | undefined): BenchResult {
  if (results !== undefined) return parsed(page.name, readFileSync(join(results, `${page.name}.json`), "utf8"));
  say(`bench:publish: running ${page.name}`);
  const entry = fileURLToPath(new URL(`../${page.name}.bench.js`, import.meta.url));
  const run = spawnSync(process.execPath, [entry], { stdio: ["ignore", "pipe", "inherit"], encoding: "utf8", maxBuffer: 64 * 2 ** 20 });
  if (run.status === 0) return parsed(page.name, run.stdout);
  say(`bench:publish: ${page.name} ended with ${run.status ?? run.signal ?? "an error"}; nothing of it is written`);
  return process.exit(1);
}

const args = process.argv.slice(2);
const at = args.indexOf("--results");
const results = at < 0 ? undefined : args[at + 1];
const names = args.filter((_, i) => at < 0 || (i !== at && i !== at + 1));
const unknown = names.filter((name) => !pages.some((p) => p.name === name));
if (unknown.length > 0) {
  say(`bench:publish: not published: ${unknown.join(", ")}. There are: ${pages.map((p) => p.name).join(", ")}`);
  process.exit(2);
}
for (const page of pages.filter((p) => names.length === 0 || names.includes(p.name))) {
  if (results !== undefined && !existsSync(join(results, `${page.name}.json`))) {
    say(`bench:publish: no ${page.name}.json in ${results}; its section stays`);
    continue;
  }
  const section = renderSection(page, resultOf(page, results), machine());
  // Read anew each time: a long run must not undo what was written meanwhile.
  writeFileSync(guide, withSection(readFileSync(guide, "utf8"), page.name, section));
  say(`bench:publish: ${page.name} is in apps/docs/guide/measured.md`);
}
