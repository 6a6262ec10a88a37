#!/usr/bin/env node
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { exitCodes, KedgeError, messageOf } from "@kedge/core";
import { readIdxFile } from "@kedge/sensor/adapters";
import { makeFirstBundle } from "./first-bundle.js";
import { readFashion } from "./first-model.js";
import { startAgents, startCollector } from "./fleet.js";
import { dataDir, keptDir } from "./places.js";
import { Processes } from "./processes.js";
import { type Report, reportOf } from "./report.js";
import { play, pushFirstModel } from "./scenario.js";
import { createStory, type Story } from "./story.js";

const usage = `npm start [-- OPTIONS]
  --once           do it once and end, instead of keeping the dashboard up
  --report FILE    write what was measured as JSON
`;

interface Options {
  readonly once: boolean;
  readonly report: string | undefined;
}

function optionsOf(argv: readonly string[]): Options | undefined {
  try {
    const { values } = parseArgs({
      args: argv.slice(),
      options: { once: { type: "boolean", default: false }, report: { type: "string" }, help: { type: "boolean", default: false } },
    });
    if (values.help) {
      process.stdout.write(usage);
      process.exit(exitCodes.ok);
    }
    // Where npm was called, not where the script runs.
    const from = process.env["INIT_CWD"] ?? process.cwd();
    return { once: values.once, report: values.report === undefined ? undefined : resolve(from, values.report) };
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n${usage}`);
    return undefined;
  }
}

const home = join(keptDir, "demo");
const startedAt = performance.now();

async function loop(
  options: Options,
  story: Story,
  processes: Processes,
  signal: AbortSignal,
): Promise<{ readonly report: Report; readonly dashboard: string; stop(): Promise<void> }> {
  const directory = join(home, "run");
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  story.chapter("A first model, a collector, six devices");
  const sets = await readFashion(dataDir, readIdxFile);
  // The collector starts while the model is trained.
  const [first, collector] = await Promise.all([
    makeFirstBundle({ sets, dataDir, cacheDir: home, signal, onProgress: (share) => story.waiting(`training the first model: ${(100 * share).toFixed(0)} %`) }),
    startCollector(processes, directory),
  ]);
  story.settle();
  story.good(
    first.trainingSeconds === null
      ? "the first model is at hand from an earlier run"
      : `the first model was trained on ${sets.train.length} images in ${first.trainingSeconds.toFixed(1)} s`,
  );
  story.good(`the collector runs: ${collector.mqttUrl} for devices, ${collector.url} for people`);
  await pushFirstModel({ collector, story }, first);
  const { secret } = await collector.client.access.create({ name: "dashboard", role: "viewer" });
  const dashboard = `${collector.url}/#token=${secret}`;
  story.fact(`dashboard: ${dashboard}`);
  const devices = await startAgents(processes, directory, collector);
  story.good(`six agents have enrolled, two each at ${[...new Set(devices.map((d) => d.site))].join(", ")}`);
  const { findings, stop } = await play({ story, collector, devices, sets, startedAt, memoryMiB: () => processes.memoryMiB() }, first);
  const report = reportOf(findings);
  if (options.report !== undefined) await writeFile(options.report, `${JSON.stringify(report, null, 2)}\n`);
  return { report, dashboard, stop };
}

async function main(): Promise<number> {
  const options = optionsOf(process.argv.slice(2));
  if (options === undefined) return exitCodes.usage;
  const isTerminal = process.stdout.isTTY === true;
  const story = createStory(
    { write: (text) => process.stdout.write(text), live: isTerminal, colour: isTerminal && process.env["NO_COLOR"] === undefined },
    () => performance.now() - startedAt,
  );
  const processes = new Processes();
  process.on("exit", () => processes.killAll());
  // Whoever reads the story may stop reading (`npm start | head`): the loop goes on, and ends its processes as ever.
  process.stdout.on("error", () => undefined);
  const interrupted = new AbortController();
  const asked = new Promise<"asked">((done) => {
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(name, () => {
        interrupted.abort();
        done("asked");
      });
    }
  });
  const died = new Promise<never>((_, reject) =>
    processes.onUnexpectedEnd((name, how, log) =>
      reject(new KedgeError("demo/process-ended", `${name} ended unexpectedly (${how})`, { hint: `Its log is ${log}.` })),
    ),
  );
  let stop = async (): Promise<void> => {};
  try {
    const played = await Promise.race([loop(options, story, processes, interrupted.signal), asked, died]);
    if (played === "asked") return 130;
    stop = played.stop;
    const { report } = played;
    story.chapter(report.closed ? `The loop is closed: ${report.seconds} s, ${report.peakMemoryMiB} MiB at most in all` : "The loop did not close");
    for (const fault of report.faults) story.bad(fault);
    if (options.once) return report.closed ? exitCodes.ok : exitCodes.error;
    story.fact(`The dashboard stays up until Ctrl-C: ${played.dashboard}`);
    await Promise.race([asked, died]);
    return exitCodes.ok;
  } catch (error) {
    story.settle();
    story.bad(`${messageOf(error)}${error instanceof KedgeError && error.hint !== undefined ? ` ${error.hint}` : ""}`);
    return exitCodes.error;
  } finally {
    story.settle();
    await stop().catch(() => undefined);
    await processes.endAll();
  }
}

process.exit(await main());
