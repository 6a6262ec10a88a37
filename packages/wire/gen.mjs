// Writes src/gen from proto/: static code (no reflection, no eval at run time) and its types. Run by `npm run gen`.
// With `--out DIR` it writes there instead; the test of the generated code compares the two.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const require = createRequire(import.meta.url);
const pbjs = promisify(require("protobufjs-cli/pbjs").main);
const pbts = promisify(require("protobufjs-cli/pbts").main);

const room = dirname(fileURLToPath(import.meta.url));
const outAt = process.argv.indexOf("--out");
const out = outAt > 0 ? process.argv[outAt + 1] : join(room, "src", "gen");
const folder = join(room, "proto", "kedge", "v1");
const protos = readdirSync(folder)
  .sort()
  .map((file) => join(folder, file));

const header = "// Generated from proto/ by `npm run gen --workspace @kedge/wire`. Do not edit.\n";
const shape = ["--target", "static-module", "--wrap", "esm", "--root", "kedge.v1", "--path", join(room, "proto")];
const less = ["--no-create", "--no-verify", "--no-convert", "--no-delimited", "--no-typeurl", "--no-service"];

const scratch = mkdtempSync(join(tmpdir(), "kedge-gen-"));
try {
  // The types are read off the comments, which the code that ships does without.
  const commented = join(scratch, "kedge.js");
  await pbjs([...shape, ...less, "--out", commented, ...protos]);
  const code = await pbjs([...shape, ...less, "--no-comments", ...protos]);
  const types = await pbts([commented]);
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, "kedge.js"), header + code);
  // No message has a 64-bit integer, so no type needs Long, whose typings would have to be installed.
  writeFileSync(join(out, "kedge.d.ts"), header + types.replace(/^import Long = require\("long"\);\n/m, ""));
  if (/\bLong\b/.test(readFileSync(join(out, "kedge.d.ts"), "utf8"))) throw new Error("a message has a 64-bit integer: use uint32 or double");
} finally {
  rmSync(scratch, { recursive: true });
}
