import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../support/repository.js";

function run(args: readonly string[]): string {
  const done = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  return done.status === 0 ? "" : `${done.stdout}${done.stderr}`.slice(-6_000);
}

test("tests type-check against the sources", { timeout: 120_000 }, () => {
  expect(run([join("node_modules", "typescript", "bin", "tsc"), "-p", join("test", "tsconfig.json")])).toBe("");
});

test("lint and format rules hold", { timeout: 120_000 }, () => {
  expect(
    run([
      join("node_modules", "@biomejs", "biome", "bin", "biome"),
      "check",
      `--config-path=${join("packages", "tooling", "lint.json")}`,
      "packages",
      "apps",
      "test",
    ]),
  ).toBe("");
});
