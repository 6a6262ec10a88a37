import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A server that a test started: on loopback, with a directory of its own, ended by its process id. */
export interface RunningServer {
  readonly port: number;
  /** Ends it as it wants to be ended, or at once (kill -9). */
  stop(signal?: "SIGTERM" | "SIGINT" | "SIGKILL"): Promise<void>;
  /** Starts it again on the same port and files. */
  start(): Promise<void>;
  /** Ends it and deletes its files. */
  remove(): Promise<void>;
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

interface Program {
  readonly name: string;
  readonly folder: string;
  readonly port: number;
  readonly command: readonly string[];
  /** Throws, or gives false, until the server answers. */
  isReady(): Promise<boolean>;
}

const readyWithinMs = 60_000;

async function run({ name, folder, port, command, isReady }: Program): Promise<RunningServer> {
  let child: ChildProcess | undefined;
  const server: RunningServer = {
    port,
    async start() {
      const [program = "", ...args] = command;
      const started = spawn(program, args, { stdio: "ignore" });
      child = started;
      const until = Date.now() + readyWithinMs;
      while (!(await isReady().catch(() => false))) {
        if (started.exitCode !== null || Date.now() > until) throw new Error(`${name} did not start`);
        await sleep(50);
      }
    },
    async stop(signal = "SIGTERM") {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill(signal);
      await ended;
    },
    async remove() {
      await server.stop("SIGKILL");
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  await server.start();
  return server;
}

/** Where PostgreSQL's programs are in Debian; the newest. */
export function postgresFolder(): string {
  const all = "/usr/lib/postgresql";
  const newest = existsSync(all) ? readdirSync(all).sort((a, b) => Number(b) - Number(a))[0] : undefined;
  return join(all, newest ?? "none", "bin");
}

/** PostgreSQL with the user and database `kedge`, without a password. It will not run as root, so root runs it as `postgres`. */
export async function startPostgres(settings: readonly string[] = []): Promise<RunningServer> {
  const folder = mkdtempSync(join(tmpdir(), "kedge-postgres-"));
  const isRoot = process.getuid?.() === 0;
  const prefix = isRoot ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : [];
  if (isRoot) chownSync(folder, Number(execFileSync("id", ["-u", "postgres"])), Number(execFileSync("id", ["-g", "postgres"])));
  const files = join(folder, "data");
  const as = (program: string, ...args: readonly string[]): string[] => [...prefix, join(postgresFolder(), program), ...args];
  const [first = "", ...rest] = as("initdb", "-D", files, "-U", "kedge", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync");
  execFileSync(first, rest, { cwd: folder, stdio: "ignore" });
  const port = await freePort();
  const set = ["listen_addresses=127.0.0.1", `unix_socket_directories=${folder}`, "max_connections=40", ...settings].flatMap((s) => ["-c", s]);
  const [ready = "", ...readyArgs] = as("psql", "-h", "127.0.0.1", "-p", String(port), "-U", "kedge", "-d", "postgres", "-c", "select 1");
  return run({
    name: "PostgreSQL",
    folder,
    port,
    command: as("postgres", "-D", files, "-p", String(port), ...set),
    isReady: async () => {
      execFileSync(ready, readyArgs, { cwd: folder, stdio: "ignore" });
      return true;
    },
  });
}

/** InfluxDB 1.x, which syncs each write before it answers; `backupPort` is what `influxd backup` and `restore` speak to. */
export async function startInflux(): Promise<RunningServer & { readonly backupPort: number }> {
  const folder = mkdtempSync(join(tmpdir(), "kedge-influx-"));
  const [port, backupPort] = [await freePort(), await freePort()];
  const path = (name: string): string => JSON.stringify(join(folder, name));
  const settings = [
    "reporting-disabled = true",
    `bind-address = "127.0.0.1:${backupPort}"`,
    `[meta]\ndir = ${path("meta")}`,
    `[data]\ndir = ${path("data")}\nwal-dir = ${path("wal")}\nindex-version = "tsi1"\nquery-log-enabled = false`,
    `[http]\nbind-address = "127.0.0.1:${port}"\nlog-enabled = false`,
  ];
  writeFileSync(join(folder, "influxdb.conf"), `${settings.join("\n")}\n`);
  const server = await run({
    name: "InfluxDB",
    folder,
    port,
    command: ["/usr/bin/influxd", "run", "-config", join(folder, "influxdb.conf")],
    isReady: async () => (await fetch(`http://127.0.0.1:${port}/ping`)).ok,
  });
  return Object.assign(server, { backupPort });
}

/** VictoriaMetrics; `flags` beside those that every one has. */
export async function startVictoria(flags: readonly string[] = ["-dedup.minScrapeInterval=1ms"]): Promise<RunningServer> {
  const folder = mkdtempSync(join(tmpdir(), "kedge-victoria-"));
  const port = await freePort();
  return run({
    name: "VictoriaMetrics",
    folder,
    port,
    command: [
      "/usr/bin/victoria-metrics",
      `-storageDataPath=${folder}`,
      `-httpListenAddr=127.0.0.1:${port}`,
      "-retentionPeriod=2y",
      "-search.latencyOffset=0s",
      ...flags,
    ],
    // One with a password asks for it here, too.
    isReady: async () => [200, 401].includes((await fetch(`http://127.0.0.1:${port}/health`)).status),
  });
}
