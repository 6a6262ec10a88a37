// npm run bench:publish [-- NAME …]: builds, runs the benchmarks and writes their figures into apps/docs/guide/measured.md.
import { join } from "node:path";
import { become, prepare, root, step } from "./bootstrap.mjs";

const folder = join(root, "test", "bench");
await prepare();
await step("building the benchmarks", process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-b", folder]);
become([join(folder, "dist", "publish", "publish.js"), ...process.argv.slice(2)]);
