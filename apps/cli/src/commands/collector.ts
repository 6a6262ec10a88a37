import type { AddCommands } from "../action.js";
import { runProgram } from "../other-program.js";

/** `kedge collector …`, `backup` and `restore`: listed here; run by the program before anything is parsed, since all their arguments are the collector's. */
export const addCollector: AddCommands = (program, runner) => {
  for (const [name, description, before] of [
    ["collector", "run a collector in this terminal; `kedge collector --help` says what it takes", []],
    ["backup", "copy a collector's data on this machine into a new directory, while it runs or not", ["backup"]],
    ["restore", "put a backup back as a collector's data directory", ["restore"]],
  ] as const) {
    program
      .command(`${name} [arguments...]`)
      .description(description)
      .helpOption(false)
      .allowUnknownOption(true)
      .action(runner.does((_, __, args) => runProgram("collector", [...before, ...args])));
  }
};
