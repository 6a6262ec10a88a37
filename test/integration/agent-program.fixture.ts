import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CollectorProgram } from "./collector-program.fixture.js";

/** The agent as it is installed. */
export const agentProgram = fileURLToPath(new URL("../../apps/agent/dist/main.js", import.meta.url));
export const isAgentBuilt = existsSync(agentProgram);

/** How an agent ended. */
export interface AgentEnded {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What `GET /v1/status` says, as far as tests look at it. */
export interface AgentStatus {
  readonly deviceId: string;
  readonly bootEpoch: number;
  readonly running: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly outbox: { readonly records: number };
}

/** An agent in a process of its own. */
export class AgentProgram {
  readonly ended: Promise<AgentEnded>;
  readonly #child: ChildProcess;
  readonly #isOver: () => boolean;
  #stdout = "";
  #stderr = "";

  constructor(args: readonly string[], env: Readonly<Record<string, string>>) {
    const child = spawn(process.execPath, [agentProgram, ...args], { stdio: ["ignore", "pipe", "pipe"], env: { PATH: process.env["PATH"], ...env } });
    child.stdout.on("data", (part: Buffer) => (this.#stdout += part.toString("utf8")));
    child.stderr.on("data", (part: Buffer) => (this.#stderr += part.toString("utf8")));
    let isOver = false;
    this.ended = new Promise((resolve) =>
      child.once("close", (code, signal) => {
        isOver = true;
        resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr });
      }),
    );
    this.#child = child;
    this.#isOver = () => isOver;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Resolves when the log says `text`; throws when the program ends before. */
  async said(text: string): Promise<void> {
    await this.#until(`"${text}" in the log`, () => (this.#stderr.includes(text) ? true : undefined));
  }

  /** Where it answers on loopback, once it does. */
  async url(stateDir: string): Promise<string> {
    return await this.#until("an address", async () => {
      const text = await readFile(join(stateDir, "endpoint.json"), "utf8").catch(() => undefined);
      if (text === undefined) return undefined;
      const endpoint = JSON.parse(text) as { url: string; pid: number };
      return endpoint.pid === this.pid ? endpoint.url : undefined;
    });
  }

  async status(stateDir: string): Promise<AgentStatus> {
    const answer = await fetch(`${await this.url(stateDir)}/v1/status`);
    return (await answer.json()) as AgentStatus;
  }

  async #until<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      if (this.#isOver()) throw new Error(`the agent ended without ${what}: ${this.#stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Ends it by a signal, and tells how it ended. */
  stop(signal: NodeJS.Signals = "SIGTERM"): Promise<AgentEnded> {
    this.#child.kill(signal);
    return this.ended;
  }
}

/** Agents and directories of one test file. */
export class AgentLab {
  readonly #directories: string[] = [];
  readonly #agents: AgentProgram[] = [];

  async directory(): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), "kedge-agent-"));
    this.#directories.push(directory);
    return directory;
  }

  /** A file with this text. */
  async file(name: string, text: string): Promise<string> {
    const path = join(await this.directory(), name);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  }

  start(args: readonly string[], env: Readonly<Record<string, string>> = {}): AgentProgram {
    const agent = new AgentProgram(args, env);
    this.#agents.push(agent);
    return agent;
  }

  /** Runs the program to its end. */
  run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<AgentEnded> {
    return this.start(args, env).ended;
  }

  /** Starts an agent of `collector` on a free port of loopback. */
  join(collector: CollectorProgram, stateDir: string, ...args: readonly string[]): AgentProgram {
    return this.start(["--server", `mqtts://127.0.0.1:${collector.mqttPort}`, "--state-dir", stateDir, "--http-port", "0", ...args]);
  }

  async close(): Promise<void> {
    for (const agent of this.#agents) await agent.stop("SIGKILL");
    for (const directory of this.#directories) await rm(directory, { recursive: true, force: true });
  }
}
