#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { exitCodeOf, exitCodes, KedgeError, messageOf, silentLog } from "@kedge/core";
import { Command, InvalidArgumentError } from "commander";
import { type CollectorFlags, findCollector } from "./collector/open-collector.js";
import { voiceOf } from "./progress.js";
import { reportLines } from "./report.js";
import { exampleScenario } from "./scenario/example.js";
import { loadScenario, type ScenarioFlags } from "./scenario/load-scenario.js";
import { faultExamples } from "./scenario/scenario-words.js";
import { simulate, usualStateDir } from "./simulate.js";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };

type Flags = CollectorFlags &
  Omit<ScenarioFlags, "scenario"> & {
    readonly scenario?: string;
    readonly tokenFile?: string;
    readonly stateDir?: string;
    readonly model?: string;
    readonly features?: number;
    /** False for `--no-rollout`. */
    readonly rollout: boolean;
    readonly processes: number;
    readonly json?: boolean;
    readonly report?: string;
    readonly example?: boolean;
  };

function whole(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < low || value > high) throw new InvalidArgumentError(`Give a whole number from ${low} to ${high}.`);
    return value;
  };
}

const many = (text: string, before: readonly string[] = []): string[] => [...before, text];

const epilogue = `
Drift (repeat --drift): [SELECTOR] [at=TIME] [until=TIME] [over=TIME] [feature=NAME,NAME] CHANGE
  CHANGE   mean+0.5 (standard deviations) · spread*2 · stuck · missing=0.3 · unit*1.8+32 · mix=CATEGORY:0.5
Faults (repeat --fault):
${faultExamples.map((text) => `  ${text}`).join("\n")}

Examples:
  kedge collector                                             in one terminal
  kedge simulate --devices 20 --interval 5s --duration 2m     in another: the collector of this machine is found
  kedge simulate --devices 300 --label site=oslo,lyon,turin --drift 'site=oslo at=5m feature=temperature mean+1'
  kedge simulate --devices 200 --fault loss=0.01 --fault 'storm every=2m' --seed 7 --duration 10m --json
  kedge simulate --devices 5000 --processes 2 --features 32 --rows 1000 --pool 500 --duration 10m
  kedge simulate --example > scenario.yaml && kedge simulate --scenario scenario.yaml

Exit codes: 0 all that was produced is acknowledged and stored once · 6 not all of it within --drain · 1 the collector's account differs ·
2, 9 the flags or the scenario were refused · 4 not let in · 10 no collector there · 11 the state directory · 12 another collector`;

const program = new Command("kedge simulate")
  .description(
    "a fleet of virtual devices: real certificates, outboxes, windows and updates over the real protocol; drawn readings, drift and faults on demand",
  )
  .version(version)
  .option("--scenario <file>", "what to simulate, in YAML; flags go over it")
  .option("--example", "print a scenario with everything that there is, and end")
  .option("--devices <n>", "how many devices (10)", whole(1, 1_000_000))
  .option("--name <name>", "begins their names, and is their label simulation (sim)")
  .option("--label <key=values>", "a label; of several values, devices get one each in turn: site=oslo,lyon (repeat)", many)
  .option("--interval <time>", "length of a window (60s)")
  .option("--rows <n>", "predictions in a window (60)", whole(1, 1_000_000))
  .option("--pool <n>", "draw windows without drift from so many counted beforehand: less work, for load", whole(1, 100_000))
  .option("--drift <words>", "a change of what devices see, from a moment on (repeat)", many)
  .option("--fault <words>", "something that goes wrong (repeat)", many)
  .option("--seed <n>", "rows, faults and times come from it (1)", whole(0, 0xffff_ffff))
  .option("--duration <time>", "how long windows are made; until Ctrl-C when left out")
  .option("--drain <time>", "how long what is not acknowledged is waited for at the end (60s)")
  .option("--ramp <time>", "how long the devices take to connect at first (200 a second)")
  .option("--processes <n>", "processes to spread the devices over", whole(1, 256), 1)
  .option("--model <model>", "the bundle to roll out to the devices: name, name@version, name@alias or digest; the newest when left out")
  .option("--features <n>", "bring a small model of the simulator's own with so many numeric inputs", whole(3, 256))
  .option("--no-rollout", "roll nothing out: you do")
  .option("--server <url>", "where devices enrol and connect, mqtts://host:8883 (KEDGE_SERVER); the collector of this machine when left out")
  .option("--token-file <file>", "an enrolment token for devices that are not in yet; made over the API when left out")
  .option("--url <url>", "the collector's API, to roll out and to check its account (KEDGE_URL)")
  .option("--api-token-file <file>", "a token for it (KEDGE_TOKEN_FILE)")
  .option("--state-dir <directory>", "where keys and certificates of the devices are kept; a place for each collector and name when left out")
  .option("--json", "progress and report as JSON, one value a line, on standard output")
  .option("--report <file>", "write the report to this file, too")
  .addHelpText("after", epilogue)
  .action(run);

/** Ctrl-C once: no more windows, and what waits is sent. Twice: at once. */
function stopSignal(say: (text: string) => void): AbortSignal {
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => {
      if (stopping.signal.aborted) process.exit(exitCodes.error);
      say("ending: no more windows; once more to end at once");
      stopping.abort();
    });
  return stopping.signal;
}

async function run(flags: Flags): Promise<void> {
  if (flags.example === true) {
    process.stdout.write(exampleScenario);
    return;
  }
  const { scenario: file, name, devices, seed, interval, rows, pool, duration, drain, ramp, label, drift, fault } = flags;
  const given = { scenario: file, name, devices, seed, interval, rows, pool, duration, drain, ramp, label, drift, fault };
  const scenario = loadScenario(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)));
  const collector = findCollector(flags, process.env);
  const voice = voiceOf(flags.json === true, process.stdout, process.stderr);
  const stateDir = flags.stateDir ?? usualStateDir(process.env, homedir(), collector.server, scenario.name);
  voice.say(`devices of ${collector.server}, seed ${scenario.seed}; their keys are in ${stateDir}`);
  const report = await simulate({
    scenario,
    collector,
    tokenFile: flags.tokenFile ?? null,
    stateDir,
    processes: flags.processes,
    model: flags.model ?? null,
    features: flags.features ?? null,
    isArranging: flags.rollout,
    voice,
    log: silentLog,
    signal: stopSignal((text) => voice.say(text)),
  });
  if (flags.report !== undefined) await writeFile(flags.report, `${JSON.stringify(report, null, 2)}\n`);
  voice.result(report, reportLines(report));
  const { produced, acknowledged, dropped } = report.windows;
  process.exitCode = report.ok ? exitCodes.ok : produced > acknowledged + dropped || report.messages.awaiting > 0 ? exitCodes.timeout : exitCodes.error;
}

function tell(error: unknown): void {
  const known = error instanceof KedgeError ? error : undefined;
  const cause = known?.cause === undefined ? "" : `\ncause: ${messageOf(known.cause)}`;
  process.stderr.write(`error: ${messageOf(error)}${cause}\n`);
  if (known?.hint !== undefined) process.stderr.write(`what to do: ${known.hint}\n`);
  if (known !== undefined) process.stderr.write(`code: ${known.code}\n`);
}

program.exitOverride();
try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof Error && "exitCode" in error && "code" in error && String(error.code).startsWith("commander.")) {
    process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  } else {
    tell(error);
    process.exitCode = exitCodeOf(error);
  }
}
// What is left open must not keep a program alive that is done.
setTimeout(() => process.exit(), 500).unref();
