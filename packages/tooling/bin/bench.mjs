// npm run --silent bench -- NAME [ARGS]: builds, runs test/bench/NAME.ts as compiled JavaScript; its last line is one JSON object.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { become, prepare, root, step } from "./bootstrap.mjs";

const folder = join(root, "test", "bench");
const names = existsSync(folder)
  ? readdirSync(folder)
      .filter((f) => f.endsWith(".bench.ts"))
      .map((f) => f.slice(0, -".bench.ts".length))
  : [];
const [name, ...rest] = process.argv.slice(2);
if (name === undefined || !names.includes(name)) {
  process.stderr.write(`${name === undefined ? "Which benchmark?" : `There is no benchmark "${name}".`} There are: ${names.join(", ") || "none yet"}\n`);
  process.exit(2);
}
await prepare();
await step("building the benchmarks", process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-b", folder]);
become([join(folder, "dist", `${name}.bench.js`), ...rest]);
