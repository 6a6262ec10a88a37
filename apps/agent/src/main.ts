#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { exitCodeOf, exitCodes, KedgeError, messageOf } from "@kedge/core";
import { Command, InvalidArgumentError } from "commander";
import { pino } from "pino";
import { startAgent } from "./build.js";
import { type AgentConfig, loadConfig } from "./config.js";
import { examine } from "./doctor.js";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };

interface Flags {
  readonly config?: string;
  readonly server?: string;
  readonly tokenFile?: string;
  readonly stateDir?: string;
  readonly deviceId?: string;
  readonly label?: Readonly<Record<string, string>>;
  readonly window?: number;
  readonly httpPort?: string;
  readonly logLevel?: string;
}

function label(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("A label is key=value, such as site=lyon.");
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

function duration(text: string): number {
  const found = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  if (found === null) throw new InvalidArgumentError("A length of time is 500ms, 60s, 5m or 1h.");
  return Math.round(Number(found[1]) * { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[(found[2] ?? "ms") as "ms" | "s" | "m" | "h"]);
}

function configOf(flags: Flags): AgentConfig {
  return loadConfig(flags.config, process.env, {
    server: flags.server,
    tokenFile: flags.tokenFile,
    stateDir: flags.stateDir,
    deviceId: flags.deviceId,
    labels: flags.label,
    windowMs: flags.window,
    "http.port": flags.httpPort === undefined ? undefined : Number(flags.httpPort),
    logLevel: flags.logLevel,
  });
}

async function run(flags: Flags): Promise<void> {
  const config = configOf(flags);
  const log = pino({ level: config.logLevel }, pino.destination({ dest: 2, sync: true }));
  const stopping = new AbortController();
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
  });
  void stopped.then(() => stopping.abort());
  const agent = await startAgent(config, version, log, stopping.signal);
  // Stopped before it was enrolled: a try that is under way is not waited for.
  if (agent === undefined) process.exit(exitCodes.ok);
  await stopped;
  await agent.stop();
}

function say(error: unknown): void {
  const hint = error instanceof KedgeError && error.hint !== undefined ? `\n  What to do: ${error.hint}` : "";
  const code = error instanceof KedgeError ? ` (${error.code})` : "";
  process.stderr.write(`kedge-agent: ${messageOf(error)}${code}${hint}\n`);
}

function withFlags(command: Command): Command {
  return command
    .option("--config <file>", "settings in YAML")
    .option("--server <url>", "the collector, mqtts://host:8883")
    .option("--token-file <file>", "a file with an enrolment token; needed at the first start only")
    .option("--state-dir <directory>", "where identity, bundles and outbox are kept")
    .option("--device-id <id>", "the device's name; the collector chooses one otherwise")
    .option("--label <key=value>", "a label of this device; may be repeated", label)
    .option("--window <time>", "length of a window: 60s", duration)
    .option("--http-port <port>", "where POST /v1/predict listens on loopback; 0 takes a free port")
    .option("--log-level <level>", "debug, info, warn, error or silent");
}

// Commands take over what is set here; set later, a command misused would end with 1.
const program = withFlags(
  new Command("kedge-agent").description("Runs a model on this device, reports statistics of it, and keeps it up to date.").version(version).exitOverride(),
).action((flags: Flags) => run(flags));
const config = program.command("config").description("look at the settings");
withFlags(config.command("check").description("say whether the settings can be used")).action((_: Flags, command: Command) => {
  configOf(command.optsWithGlobals());
  process.stdout.write("the configuration can be used\n");
});
withFlags(config.command("print").description("print the settings in force, as JSON")).action((_: Flags, command: Command) => {
  process.stdout.write(`${JSON.stringify(configOf(command.optsWithGlobals()), null, 2)}\n`);
});
withFlags(program.command("doctor").description("check what the agent needs of this machine").option("--json", "as JSON")).action(
  async (_: unknown, command: Command) => {
    const flags = command.optsWithGlobals<Flags & { json?: boolean }>();
    const checks = await examine(configOf(flags));
    process.stdout.write(
      flags.json === true ? `${JSON.stringify(checks, null, 2)}\n` : checks.map((c) => `${c.ok ? "ok  " : "FAIL"}  ${c.name}: ${c.detail}\n`).join(""),
    );
    if (checks.some((c) => !c.ok)) process.exitCode = exitCodes.error;
  },
);

/** What is left open must not keep a program alive that is done. */
function endSoon(): void {
  setTimeout(() => process.exit(), 1_000).unref();
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof Error && "exitCode" in error && "code" in error && String(error.code).startsWith("commander.")) {
    process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  } else {
    say(error);
    process.exitCode = exitCodeOf(error);
  }
}
endSoon();
