import { type ChildProcess, fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ProbeAnswer, ProbeAsk } from "./probe.js";

const collectorMain = fileURLToPath(new URL("../../../../apps/collector/dist/main.js", import.meta.url));
const probePath = new URL("./probe.js", import.meta.url).href;

/** A process of which the next message answers what it was asked. */
export class Asked<Ask extends object | string, Answer> {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;

  constructor(child: ChildProcess) {
    this.child = child;
    this.ended = new Promise((resolve) => child.once("close", () => resolve()));
  }

  ask(ask: Ask): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const gone = (): void => reject(new Error(`the process ended before it answered ${JSON.stringify(ask)}`));
      this.child.once("message", (answer) => {
        this.child.off("close", gone);
        resolve(answer as Answer);
      });
      this.child.once("close", gone);
      this.child.send(ask);
    });
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    await this.ended;
  }

  /** The most memory it ever held, in MiB, by the kernel. */
  peakRssMiB(): number {
    const [, kib] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.child.pid ?? 0}/status`, "utf8")) ?? [];
    return Math.round(Number(kib) / 1_024);
  }
}

/** A collector as it is installed, with a probe in it. */
export class CollectorUnderStorm extends Asked<ProbeAsk, ProbeAnswer> {
  readonly mqttPort: number;
  readonly url: string;

  private constructor(child: ChildProcess, places: { readonly mqttPort: number; readonly url: string }) {
    super(child);
    this.mqttPort = places.mqttPort;
    this.url = places.url;
  }

  /** Windows in its store. */
  async storedWindows(dataDir: string): Promise<number> {
    const token = readFileSync(join(dataDir, "admin-token"), "utf8").trim();
    const response = await fetch(`${this.url}/v1/overview`, { headers: { authorization: `Bearer ${token}` } });
    const { counters } = (await response.json()) as { readonly counters: { readonly windows: { readonly stored: number } } };
    return counters.windows.stored;
  }

  /** Starts it; resolves when it says that it runs. `port` 0: any free one. */
  static async start(dataDir: string, port: number, set: readonly string[] = []): Promise<CollectorUnderStorm> {
    const flags = ["--data-dir", dataDir, "--mqtt-port", `${port}`, "--http-port", "0", "--log-level", "error", ...set.flatMap((text) => ["--set", text])];
    const child = fork(collectorMain, flags, { execArgv: ["--import", probePath, "--expose-gc"], stdio: ["ignore", "pipe", "inherit", "ipc"] });
    const places = await new Promise<{ mqttPort: number; url: string }>((resolve, reject) => {
      let said = "";
      child.stdout?.on("data", (chunk: Buffer) => {
        said += chunk.toString("utf8");
        const [, found] = /mqtts:\/\/[^\s]*:(\d+)/.exec(said) ?? [];
        const [, url] = /API\s+(\S+)/.exec(said) ?? [];
        if (found !== undefined && url !== undefined && said.includes("Data")) resolve({ mqttPort: Number(found), url });
      });
      child.once("close", (code) => reject(new Error(`the collector ended with ${code}`)));
    });
    return new CollectorUnderStorm(child, places);
  }
}
