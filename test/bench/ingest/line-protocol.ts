import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { seededRandom } from "@kedge/core";
import mqtt, { type MqttClient } from "mqtt";
import { profileOf } from "../query/filled-store.js";
import { deviceMark, type LoadPlan, timeMark } from "./packets.js";
import { forkLoad } from "./run.js";

const programs = { mosquitto: "/usr/sbin/mosquitto", influxd: "/usr/bin/influxd" };
/** Windows that the bridge writes at once, and how long it waits for them; writes that are under way. */
const [batch, waitMs, underWay] = [150, 50, 4];

/** What a user would take who has no Kedge: the programs that are missing for it. */
export function missingPrograms(): string[] {
  return Object.values(programs).filter((path) => !existsSync(path));
}

/** Windows with the same values in InfluxDB's line protocol, a line a feature; device and time are filled in when they are sent. */
function windowLines(features: number, rows: number, count: number, seed: number): string[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () =>
    profileOf(features, rows, random)
      .features.map((f, i) => {
        if (f.kind !== "numeric") throw new Error("all features are numbers");
        const bins = f.counts.map((c, k) => `b${k}=${c}i`).join(",");
        const rest = `under=${f.under}i,over=${f.over}i,missing=${f.missing}i,nan=${f.notANumber}i,wrong=${f.wrongType}i`;
        return `window,device=${deviceMark},feature=f${i} ${bins},${rest},mean=${f.mean},m2=${f.m2},min=${f.min},max=${f.max} ${timeMark}`;
      })
      .join("\n"),
  );
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function until(isReady: () => Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    if (await isReady().catch(() => false)) return;
    await sleep(100);
  }
  throw new Error(`${what} did not come up`);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  await exit;
}

/** Takes messages from the broker and writes them to InfluxDB in batches. */
class Bridge {
  readonly #url: string;
  #waiting: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writes = 0;
  windows = 0;

  constructor(client: MqttClient, influxPort: number) {
    this.#url = `http://127.0.0.1:${influxPort}/write?db=kedge`;
    client.on("message", (_, payload) => {
      this.#waiting.push(payload.toString("latin1"));
      this.#timer ??= setTimeout(() => this.#write(true), waitMs);
      if (this.#waiting.length >= batch) this.#write(false);
    });
  }

  #write(isDue: boolean): void {
    if (isDue) this.#timer = undefined;
    while (this.#writes < underWay && (this.#waiting.length >= batch || (isDue && this.#waiting.length > 0))) {
      this.#writes += 1;
      const some = this.#waiting.splice(0, batch);
      void fetch(this.#url, { method: "POST", body: some.join("\n") }).then(async (answer) => {
        if (!answer.ok) throw new Error(await answer.text());
        this.windows += some.length;
        this.#writes -= 1;
        this.#write(this.#timer === undefined);
      });
    }
  }
}

/** The same values as line protocol, QoS 1, through mosquitto and a plain bridge into InfluxDB 1.x: windows a second, and how many are there. */
export async function runLineProtocol(plan: LoadPlan): Promise<{ readonly perSecond: number; readonly stored: number; readonly messageBytes: number }> {
  const folder = await mkdtemp(join(tmpdir(), "kedge-bench-lines-"));
  const [mqttPort, influxPort, rpcPort] = [await freePort(), await freePort(), await freePort()];
  const path = (name: string): string => JSON.stringify(join(folder, name));
  const queue = "max_queued_messages 0\nmax_queued_bytes 0\nmax_inflight_messages 0";
  await writeFile(
    join(folder, "mosquitto.conf"),
    `listener ${mqttPort} 127.0.0.1\nallow_anonymous true\npersistence false\n${queue}\nlog_type none\nuser root\n`,
  );
  const settings = [
    `reporting-disabled = true\nbind-address = "127.0.0.1:${rpcPort}"\n[meta]\ndir = ${path("meta")}\n[data]\ndir = ${path("data")}\nwal-dir = ${path("wal")}`,
    `index-version = "tsi1"\n[http]\nbind-address = "127.0.0.1:${influxPort}"\nlog-enabled = false\nmax-body-size = 0\n[coordinator]\nwrite-timeout = "60s"`,
  ];
  await writeFile(join(folder, "influxdb.conf"), `${settings.join("\n")}\n`);
  const children = [
    spawn(programs.mosquitto, ["-c", join(folder, "mosquitto.conf")], { stdio: "ignore" }),
    spawn(programs.influxd, ["run", "-config", join(folder, "influxdb.conf")], { stdio: "ignore" }),
  ];
  const ask = async (query: string): Promise<string> => {
    const answer = await fetch(`http://127.0.0.1:${influxPort}/query?db=kedge&epoch=ms&q=${encodeURIComponent(query)}`, { method: "POST" });
    return await answer.text();
  };
  try {
    await until(async () => (await ask('create database "kedge"')).includes("statement_id"), "InfluxDB");
    const client = mqtt.connect({ host: "127.0.0.1", port: mqttPort, clientId: "bridge", reconnectPeriod: 100 });
    await until(() => Promise.resolve(client.connected), "mosquitto");
    const bridge = new Bridge(client, influxPort);
    await client.subscribeAsync("windows/#", { qos: 1 });
    const lines = windowLines(plan.features, plan.rows, Math.min(100, plan.profiles), plan.seed);
    const load = await forkLoad({ ...plan, repeatsPerThousand: 0 }, { host: "127.0.0.1", port: mqttPort, awaits: "puback", lines, topic: "windows/all" });
    const began = performance.now();
    await load.run();
    const windows = plan.devices * plan.windowsOfEach;
    while (bridge.windows < windows) await sleep(10);
    const perSecond = (1_000 * windows) / (performance.now() - began);
    await load.close();
    await client.endAsync(true);
    const counted = /"(?:values)":\[\[\d+,(\d+)\]\]/.exec(await ask("select count(mean) from window"));
    return { perSecond, stored: Number(counted?.[1] ?? 0) / plan.features, messageBytes: lines[0]?.length ?? 0 };
  } finally {
    for (const child of children) await ended(child);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
