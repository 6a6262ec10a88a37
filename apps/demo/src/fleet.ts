import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createClient, type KedgeClient } from "@kedge/api";
import { KedgeError } from "@kedge/core";
import type { Processes } from "./processes.js";

/** A device of the demo. */
export interface DemoDevice {
  readonly name: string;
  readonly site: string;
  readonly port: number;
}

/** A collector that the demo started. */
export interface DemoCollector {
  readonly url: string;
  readonly mqttUrl: string;
  readonly client: KedgeClient;
}

export const sites = ["oslo", "lyon", "porto"] as const;
const require = createRequire(import.meta.url);
const programOf = (name: string): string => join(require.resolve(`@kedge/${name}/package.json`), "..", "dist", "main.js");

/** Windows and looks as short as a demo wants them; by default they are minutes. */
export const windowMs = 5_000;

const collectorSettings = {
  drift: { tickMs: 2_500, lookBackMs: 11_000, looksBeforeOpen: 2, looksBeforeResolve: 3 },
  retrain: { labelledReadings: 600, heldBackShare: 0.25, cooldownMs: 0 },
  rollout: { canary: 1, wavesPercent: [50, 100], gateRows: 250, waveTimeoutMs: 60_000 },
  sampling: { selector: "", perHour: 7_200, perHourDuringIncident: 100_000, bytesPerDay: 1_000_000_000 },
  offlineAfterMs: 90_000,
  logLevel: "info",
};

const agentSettings = {
  windowMs,
  outbox: { fsync: "always" },
  probation: { predictions: 20, maxMs: 20_000 },
  // Raw frames leave a device only because its own settings say so; the collector can ask for less, never for more.
  sampling: {
    maxPerHour: 100_000,
    burst: 10_000,
    maxBytesPerDay: 1_000_000_000,
    maxBytesPerSample: 65_536,
    lowConfidenceBelow: 0,
    ordinaryShare: 1,
    balanceClasses: false,
    inputs: ["image"],
  },
};

/** Waits until `look` gives something; throws when `timeoutMs` have passed. */
export async function until<T>(what: string, timeoutMs: number, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline)
      throw new KedgeError("demo/timeout", `${what} did not happen within ${timeoutMs / 1000} s`, { hint: "Look into the logs in .kedge/demo/run." });
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function readJson<T>(path: string): Promise<T | undefined> {
  if (!existsSync(path)) return undefined;
  return JSON.parse(await readFile(path, "utf8")) as T;
}

/** Starts the collector in `directory`, on free ports of loopback. */
export async function startCollector(processes: Processes, directory: string): Promise<DemoCollector> {
  const dataDir = join(directory, "collector");
  await mkdir(dataDir, { recursive: true });
  // JSON is YAML.
  const config = join(directory, "collector.yaml");
  await writeFile(config, JSON.stringify(collectorSettings, null, 2));
  const started = processes.start(
    "collector",
    [programOf("collector"), "--config", config, "--data-dir", dataDir, "--mqtt-port", "0", "--http-port", "0"],
    join(directory, "collector.log"),
  );
  const endpoint = await until("the start of the collector", 30_000, () =>
    readJson<{ url: string; mqttUrl: string; pid: number }>(join(dataDir, "endpoint.json")).then((e) => (e?.pid === started.pid ? e : undefined)),
  );
  const token = (await readFile(join(dataDir, "admin-token"), "utf8")).trim();
  const client = createClient({ url: endpoint.url, token, fetch: (url, request) => fetch(url, request) });
  return { url: endpoint.url, mqttUrl: endpoint.mqttUrl, client };
}

/** Starts six agents at three sites with one token, and waits until all are online. */
export async function startAgents(processes: Processes, directory: string, collector: DemoCollector): Promise<DemoDevice[]> {
  const { secret } = await collector.client.tokens.create({ uses: sites.length * 2, ttlMs: 600_000, note: "the demo's cameras" });
  const tokenFile = join(directory, "token");
  await writeFile(tokenFile, secret, { mode: 0o600 });
  const config = join(directory, "agent.yaml");
  await writeFile(config, JSON.stringify(agentSettings, null, 2));
  const wanted = sites.flatMap((site) => [1, 2].map((n) => ({ name: `cam-${site}-${n}`, site })));
  const pids = new Map<string, number>();
  for (const { name, site } of wanted) {
    const stateDir = join(directory, name);
    const flags = [
      "--config",
      config,
      "--server",
      collector.mqttUrl,
      "--token-file",
      tokenFile,
      "--device-id",
      name,
      "--label",
      `site=${site}`,
      "--state-dir",
      stateDir,
      "--http-port",
      "0",
    ];
    pids.set(name, processes.start(name, [programOf("agent"), ...flags], join(directory, `${name}.log`)).pid);
  }
  return Promise.all(
    wanted.map(async ({ name, site }) => {
      const endpoint = await until(`the start of ${name}`, 60_000, () =>
        readJson<{ url: string; pid: number }>(join(directory, name, "endpoint.json")).then((e) => (e?.pid === pids.get(name) ? e : undefined)),
      );
      return { name, site, port: Number(new URL(endpoint.url).port) };
    }),
  );
}

/** What an agent says of itself. */
export interface AgentStatus {
  readonly running: string | null;
  readonly counters: { readonly windows: number; readonly predictions: number; readonly errors: number; readonly samples: number };
  readonly outbox: { readonly records: number };
}

export async function statusOf(device: DemoDevice): Promise<AgentStatus> {
  const answer = await fetch(`http://127.0.0.1:${device.port}/v1/status`);
  return (await answer.json()) as AgentStatus;
}
