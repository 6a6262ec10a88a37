import { exitCodes } from "@kedge/core";
import { Command, CommanderError, Option } from "commander";
import { Runner } from "./action.js";
import { addAlerts } from "./commands/alerts.js";
import { addAudit } from "./commands/audit.js";
import { addBroker } from "./commands/broker.js";
import { addCollector } from "./commands/collector.js";
import { addCompletion } from "./commands/completion.js";
import { addContexts } from "./commands/context.js";
import { addDeadLetters } from "./commands/dead-letters.js";
import { addDevices } from "./commands/devices.js";
import { addDrift } from "./commands/drift.js";
import { addIncidents } from "./commands/incidents.js";
import { addKeys } from "./commands/keys.js";
import { addMetrics } from "./commands/metrics.js";
import { addModels } from "./commands/models.js";
import { addRetrain } from "./commands/retrain.js";
import { addRollouts } from "./commands/rollouts.js";
import { addSamples } from "./commands/samples.js";
import { addSchemas } from "./commands/schemas.js";
import { addSimulate, runSimulator } from "./commands/simulate.js";
import { addStatus, ownVersion } from "./commands/status.js";
import { addTokens } from "./commands/tokens.js";
import type { Io } from "./io.js";
import { runProgram } from "./other-program.js";
import { formats } from "./output/print.js";
import { printError } from "./output/print-error.js";

const families = [
  addStatus,
  addDevices,
  addTokens,
  addKeys,
  addModels,
  addSchemas,
  addRollouts,
  addDrift,
  addIncidents,
  addAlerts,
  addRetrain,
  addSamples,
  addDeadLetters,
  addMetrics,
  addAudit,
  addBroker,
  addCollector,
  addSimulate,
  addContexts,
  addCompletion,
];

const epilogue = `
Examples:
  kedge collector                                         start a collector on this machine
  kedge token create --label site=oslo > token            let one device in
  kedge model pack --model m.onnx --name clothes --version 2.0.0 --reference held-out.ndjson
  kedge model push clothes-2.0.0.bundle
  kedge schema infer --readings train.csv --out schema.json   what readings must be; review it, pack it
  kedge rollout plan clothes@2.0.0 -l site=oslo           who would get it, in which wave
  kedge rollout start clothes@2.0.0 -l site=oslo -w       roll it out and watch
  kedge drift status --exit-code                          exit with 8 when something has drifted
  kedge simulate --devices 20 --interval 5s                virtual devices, to try things out and to size a deployment
  kedge alerts subscribe --webhook https://example.org/hook --min-severity warning

Exit codes:
  0 done                 1 failed                 2 wrong usage            3 not found
  4 not let in           5 conflict               6 timed out, still runs  7 aborted or rolled back
  8 drift, schema broken 9 configuration refused  10 address or port       11 storage
  12 digest or signature does not match`;

/** The whole command line. */
export function createProgram(runner: Runner): Command {
  const { io } = runner;
  const program = new Command("kedge")
    .description("watches models on devices, finds drift, and rolls better ones out")
    .addOption(new Option("-o, --output <format>", "how data is printed").choices(formats).default("table"))
    .option("--json", "the same as -o json")
    .option("--url <url>", "the collector's address (KEDGE_URL)")
    .option("--token-file <file>", "the file that holds your token (KEDGE_TOKEN_FILE)")
    .option("--ca-file <file>", "the collector's authority, in PEM (KEDGE_CA_FILE)")
    .option("--context <name>", "a collector that you know by name (KEDGE_CONTEXT)")
    .option("-q, --quiet", "no messages but errors")
    .option("--no-color", "no colours (NO_COLOR)")
    .showSuggestionAfterError(true)
    .showHelpAfterError("(add --help to see what there is)")
    .addHelpText("after", epilogue)
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .exitOverride();
  for (const add of families) add(program, runner);
  inherit(program);
  return program;
}

/** Subcommands behave as the program does: commander copies settings only to commands made after they were set on their parent. */
function inherit(parent: Command): void {
  for (const command of parent.commands) {
    command.copyInheritedSettings(parent).exitOverride();
    if (["collector", "backup", "restore", "simulate"].includes(command.name())) command.helpOption(false);
    inherit(command);
  }
}

/** Runs one command line; never throws. The exit code is as {@link exitCodes} says. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const runner = new Runner(io);
  const frame = (): Parameters<typeof printError>[2] => ({
    isJson: runner.session?.format === "json",
    isColourAllowed: runner.session?.isColourAllowed ?? true,
    where: runner.session?.where,
  });
  try {
    if (argv[0] === "collector") return await runProgram("collector", argv.slice(1));
    if (argv[0] === "backup" || argv[0] === "restore") return await runProgram("collector", argv);
    if (argv[0] === "simulate") return await runSimulator(io, argv.slice(1));
    // Not an option of the program: it would take `--version` away from `kedge model pack`.
    if (argv[0] === "--version" || argv[0] === "-V") {
      io.stdout.write(`${ownVersion()}\n`);
      return exitCodes.ok;
    }
    await createProgram(runner).parseAsync(argv, { from: "user" });
    return runner.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    return printError(io, error, frame());
  }
}
