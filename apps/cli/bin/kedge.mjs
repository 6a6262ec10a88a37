#!/usr/bin/env node
// npm links programs when it installs, before anything is built, and passes over those that are not there yet. This one always is.
import { existsSync } from "node:fs";

const program = new URL("../dist/main.js", import.meta.url);
if (!existsSync(program)) {
  process.stderr.write("kedge is not built yet. In a checkout, run: npm run build\n");
  process.exit(1);
}
await import(program.href);
