#!/usr/bin/env node
import { processIo } from "./io.js";
import { run } from "./program.js";

const ending = new AbortController();
// The first Ctrl-C ends in order, the second at once.
process.once("SIGINT", () => {
  ending.abort();
  process.once("SIGINT", () => process.exit(130));
});
// A reader that went away (`kedge … | head`) is no fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

process.exitCode = await run(process.argv.slice(2), processIo(ending.signal));
