import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const room = fileURLToPath(new URL("../..", import.meta.url));

test("the generated code is what its .proto files give", { timeout: 60_000 }, () => {
  const out = mkdtempSync(join(tmpdir(), "kedge-gen-test-"));
  try {
    execFileSync(process.execPath, [join(room, "gen.mjs"), "--out", out]);
    const files = readdirSync(out).sort();
    expect(files).toEqual(readdirSync(join(room, "src", "gen")).sort());
    for (const file of files) {
      expect(readFileSync(join(out, file), "utf8") === readFileSync(join(room, "src", "gen", file), "utf8"), `${file} is stale: npm run gen`).toBe(true);
    }
  } finally {
    rmSync(out, { recursive: true });
  }
});

test("no message has a 64-bit integer, which JavaScript cannot hold", () => {
  for (const file of readdirSync(join(room, "proto", "kedge", "v1"))) {
    expect(readFileSync(join(room, "proto", "kedge", "v1", file), "utf8")).not.toMatch(/\b[su]?(int|fixed)64\b/);
  }
});
