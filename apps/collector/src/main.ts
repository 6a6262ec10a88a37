#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { exitCodeOf, exitCodes, KedgeError, messageOf } from "@kedge/core";
import { Command } from "commander";
import { pino } from "pino";
import { backup, restore } from "./backup/backup.js";
import { writeBrokerFiles } from "./broker-files.js";
import { databaseFiles, startCollector } from "./build.js";
import { type CollectorConfig, loadConfig } from "./config.js";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };

interface Flags {
  readonly config?: string;
  readonly dataDir?: string;
  readonly mqttHost?: string;
  readonly mqttPort?: string;
  readonly httpHost?: string;
  readonly httpPort?: string;
  readonly logLevel?: string;
  readonly set?: readonly string[];
}

function configOf(flags: Flags): CollectorConfig {
  const set = Object.fromEntries(
    (flags.set ?? []).map((text) => {
      const at = text.indexOf("=");
      if (at < 1)
        throw new KedgeError("collector/config", `--set ${text} is not key=value`, { hint: "Write --set drift.tickMs=5000.", context: { exit: "usage" } });
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
  return loadConfig(flags.config, process.env, {
    dataDir: flags.dataDir,
    "mqtt.host": flags.mqttHost,
    "mqtt.port": flags.mqttPort,
    "http.host": flags.httpHost,
    "http.port": flags.httpPort,
    logLevel: flags.logLevel,
    ...set,
  });
}

async function run(flags: Flags): Promise<void> {
  const config = configOf(flags);
  const log = pino({ level: config.logLevel }, pino.destination({ dest: 2, sync: true }));
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
  });
  const collector = await startCollector(config, version, log);
  process.stdout.write(
    `The collector runs.\n  Devices   mqtts://${config.mqtt.host}:${collector.mqttPort}${config.broker.url === null ? "" : ` (to enrol), then ${config.broker.deviceUrl ?? config.broker.url}`}\n  API       ${collector.url}\n  Dashboard ${collector.url}/#token=$(cat ${config.dataDir}/admin-token)\n  Data      ${config.dataDir}\nNext: kedge token create > token.txt\n`,
  );
  await stopped;
  await collector.stop();
}

function withFlags(command: Command): Command {
  return command
    .option("--config <file>", "settings in YAML")
    .option("--data-dir <directory>", "where everything is kept")
    .option("--mqtt-host <host>", "where devices connect; loopback unless said otherwise")
    .option("--mqtt-port <port>", "0 takes a free one")
    .option("--http-host <host>", "where API and dashboard listen; other than loopback needs http.tls")
    .option("--http-port <port>", "0 takes a free one")
    .option("--log-level <level>", "debug, info, warn, error or silent")
    .option("--set <key=value...>", "any other setting by its dotted key");
}

// Commands take over what is set here; set later, a command misused would end with 1.
const program = withFlags(
  new Command("kedge collector").description("Broker, ingest, drift, alerts, retraining and rollouts in one process.").version(version).exitOverride(),
).action((flags: Flags) => run(flags));
const config = program.command("config").description("look at the settings");
withFlags(config.command("check").description("say whether the settings can be used")).action((_: Flags, command: Command) => {
  configOf(command.optsWithGlobals());
  process.stdout.write("the configuration can be used\n");
});
withFlags(config.command("print").description("print the settings in force, as JSON")).action((_: Flags, command: Command) => {
  process.stdout.write(`${JSON.stringify(configOf(command.optsWithGlobals()), null, 2)}\n`);
});

withFlags(program.command("backup <directory>").description("copy the data directory into a new one, while the collector runs or not")).action(
  async (directory: string, _: Flags, command: Command) => {
    const { dataDir, store } = configOf(command.optsWithGlobals());
    const { files } = await backup(dataDir, directory, { version, nowMs: Date.now(), files: databaseFiles });
    process.stdout.write(`${files.length} files, ${files.reduce((sum, f) => sum + f.bytes, 0)} bytes of ${dataDir} are in ${directory}\n`);
    if (store.records.kind === "postgres") process.stdout.write("The records are in PostgreSQL: back that up with pg_dump, too.\n");
    if (store.series.kind === "influxdb") process.stdout.write("The windows are in InfluxDB: back that up with influxd backup, too.\n");
  },
);
withFlags(program.command("restore <directory>").description("put a backup back as the data directory, which must be empty")).action(
  async (directory: string, _: Flags, command: Command) => {
    const { dataDir } = configOf(command.optsWithGlobals());
    const { files, createdAtMs } = await restore(directory, dataDir, { files: databaseFiles });
    process.stdout.write(`${files.length} files of ${new Date(createdAtMs).toISOString()} are back in ${dataDir}, each checked\n`);
  },
);
withFlags(
  program
    .command("broker-files")
    .description("write the certificates that an external broker needs, signed by this collector's authority")
    .requiredOption("--name <host...>", "names and addresses that clients reach the broker by")
    .requiredOption("--out <directory>", "where to; nothing is replaced"),
).action(async (_: Flags, command: Command) => {
  const flags = command.optsWithGlobals<Flags & { readonly name: readonly string[]; readonly out: string }>();
  const config = configOf(flags);
  const written = await writeBrokerFiles(config.cluster.sharedDir ?? config.dataDir, flags.out, flags.name, Date.now());
  for (const { path, purpose } of written) process.stdout.write(`${path}  ${purpose}\n`);
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof Error && "exitCode" in error && "code" in error && String(error.code).startsWith("commander.")) {
    process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  } else {
    const hint = error instanceof KedgeError && error.hint !== undefined ? `\n  What to do: ${error.hint}` : "";
    process.stderr.write(`kedge collector: ${messageOf(error)}${error instanceof KedgeError ? ` (${error.code})` : ""}${hint}\n`);
    process.exitCode = exitCodeOf(error);
  }
}
