import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "@kedge/core";
import { type ManualClock, manualClock } from "@kedge/testkit";
import { httpFetch } from "../../../apps/cli/src/http-fetch.js";
import type { Io } from "../../../apps/cli/src/io.js";
import { run } from "../../../apps/cli/src/program.js";
import type { Caller } from "../../../apps/collector/src/commands.js";
import { MemoryCollector, memoryQueries } from "../../../apps/collector/src/http/fixtures/memory-collector.fixture.js";
import { memoryCommands } from "../../../apps/collector/src/http/fixtures/memory-commands.fixture.js";
import { type HttpOptions, type RunningHttp, startHttp } from "../../../apps/collector/src/http/server.js";

const callers: Readonly<Record<string, Caller>> = {
  va: { name: "vera", role: "viewer" },
  op: { name: "olaf", role: "operator" },
  ad: { name: "ada", role: "admin" },
};

/** What a run of the command left behind. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** How a run differs from the usual: an admin's, in no terminal. */
export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdin?: string;
  readonly isTerminal?: boolean;
  /** Called instead of waiting; given how often it was. */
  readonly onSleep?: (times: number) => void | Promise<void>;
  readonly signal?: AbortSignal;
  /** Told of standard output as it is written. */
  readonly onOut?: (text: string) => void;
}

/** A collector on a real port, and a home directory to run the command in. */
export class CliFixture {
  readonly clock: ManualClock = manualClock(1_790_000_060_000);
  readonly state = new MemoryCollector(this.clock);
  home = "";
  server: RunningHttp | undefined;

  async start(more: Partial<HttpOptions> = {}): Promise<void> {
    this.home = await mkdtemp(join(tmpdir(), "kedge-cli-"));
    for (const role of ["va", "op", "ad"]) await writeFile(join(this.home, `${role}.token`), `${role}\n`, { mode: 0o600 });
    this.server = await startHttp({
      host: "127.0.0.1",
      port: 0,
      tokens: (bearer) => (Object.hasOwn(callers, bearer) ? callers[bearer] : undefined),
      queries: memoryQueries(this.state),
      commands: memoryCommands(this.state),
      dashboardDir: null,
      version: "0.1.0",
      clock: this.clock,
      log: silentLog,
      ...more,
    });
  }

  async stop(): Promise<void> {
    await this.server?.close();
    await rm(this.home, { recursive: true, force: true });
  }

  get url(): string {
    return this.server?.url ?? "";
  }

  path(name: string): string {
    return join(this.home, name);
  }

  /** Runs one command line as `main` would. */
  async run(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
    const out: string[] = [];
    const err: string[] = [];
    let times = 0;
    const signal = options.signal ?? new AbortController().signal;
    const io: Io = {
      stdout: {
        isTerminal: options.isTerminal === true,
        write: (text) => {
          out.push(text);
          options.onOut?.(text);
        },
      },
      stderr: { isTerminal: options.isTerminal === true, write: (text) => void err.push(text) },
      stdin: async () => options.stdin ?? "",
      env: { KEDGE_URL: this.url, KEDGE_TOKEN_FILE: this.path("ad.token"), ...options.env },
      home: this.home,
      clock: this.clock,
      signal,
      sleep: async (ms) => {
        this.clock.advance(ms);
        times += 1;
        await options.onSleep?.(times);
      },
      fetchWith: (ca) => httpFetch({ ca, signal }),
    };
    const code = await run(argv, io);
    return { code, out: out.join(""), err: err.join("") };
  }
}
