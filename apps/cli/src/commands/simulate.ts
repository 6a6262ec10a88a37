import type { AddCommands } from "../action.js";
import { chooseFiles } from "../context/target.js";
import type { Io } from "../io.js";
import { runProgram } from "../other-program.js";

/** What the simulator is told of the collector by its environment: what every command would talk to, where flags say nothing else. */
async function environmentOf(io: Io): Promise<Readonly<Record<string, string>>> {
  const found = await chooseFiles(io, {}).catch(() => undefined);
  if (found === undefined) return {};
  const { url, tokenFile, caFile, mqttUrl } = found;
  return {
    KEDGE_URL: url,
    ...(tokenFile === undefined ? {} : { KEDGE_TOKEN_FILE: tokenFile }),
    ...(caFile === undefined ? {} : { NODE_EXTRA_CA_CERTS: caFile }),
    ...(mqttUrl === undefined || io.env["KEDGE_SERVER"] !== undefined ? {} : { KEDGE_SERVER: mqttUrl }),
  };
}

/** Runs the simulator: all arguments are its own. */
export async function runSimulator(io: Io, args: readonly string[]): Promise<number> {
  return runProgram("simulator", args, await environmentOf(io));
}

/** `kedge simulate …`: listed here; run by the program before anything is parsed. */
export const addSimulate: AddCommands = (program, runner) => {
  program
    .command("simulate [arguments...]")
    .description("run a fleet of virtual devices against a collector; `kedge simulate --help` says what it takes")
    .helpOption(false)
    .allowUnknownOption(true)
    .action(runner.does((session, _, args) => runSimulator(session.io, args)));
};
