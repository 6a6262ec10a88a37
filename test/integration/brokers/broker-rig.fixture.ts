import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { hasProgram } from "../../support/services.js";
import { read } from "../../support/repository.js";

/** An external broker in a process of its own, with the configuration that is in deploy/brokers. */
export interface BrokerRig {
  readonly name: string;
  /** Where devices and where collectors connect. */
  readonly deviceUrl: string;
  readonly collectorUrl: string;
  /** What a collector must be told beside the addresses, as keys of its configuration. */
  readonly collectorKeys: Readonly<Record<string, string>>;
  /** Who is the collector here, for `kedge broker probe`. */
  readonly collectorUser: { readonly username: string; readonly password: string } | undefined;
  /** The folder that `kedge collector broker-files` wrote. */
  readonly certificates: string;
  /** Starts it, or starts it again with what it had kept. Resolves once it answers. */
  start(): Promise<void>;
  /** As a power cut would: SIGKILL. */
  kill(): Promise<void>;
  /** Ends it and removes its files. */
  close(): Promise<void>;
}

/** The folder that `kedge collector broker-files` wrote. */
export interface RigParts {
  readonly certificates: string;
}

const programs = { mosquitto: "/usr/sbin/mosquitto", nats: "/usr/sbin/nats-server", rabbitmq: "/usr/lib/rabbitmq/bin/rabbitmq-server" } as const;

/** The brokers that the suite runs on. */
export type RigName = keyof typeof programs;

export function isInstalled(name: RigName): boolean {
  return hasProgram(programs[name], name);
}

/** A port of loopback where nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function answers(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connectTls({ host: "127.0.0.1", port, rejectUnauthorized: false });
    const done = (isThere: boolean) => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once("secureConnect", () => done(true));
    socket.once("error", (error: NodeJS.ErrnoException) => done(error.code !== "ECONNREFUSED" && error.code !== "ECONNRESET"));
  });
}

/** A child process with its last words. It leads a group of its own, so that what it starts ends with it. */
class Process {
  #child: ChildProcess | undefined;
  #said = "";

  start(command: string, args: readonly string[], options: { readonly env?: NodeJS.ProcessEnv; readonly cwd: string }): void {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { PATH: process.env["PATH"], ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const note = (part: Buffer) => {
      this.#said = `${this.#said}${part.toString("utf8")}`.slice(-4_000);
    };
    child.stdout?.on("data", note);
    child.stderr?.on("data", note);
    this.#child = child;
  }

  async until(what: string, isDone: () => Promise<boolean>): Promise<void> {
    const untilMs = performance.now() + 180_000;
    while (!(await isDone())) {
      if (this.#child?.exitCode !== null || performance.now() > untilMs) throw new Error(`${what} did not start: ${this.#said}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    process.kill(-child.pid, signal);
    await ended;
  }
}

/** A configuration as it is shipped, with the test's own places in it. Each must be there. */
async function shipped(path: string, to: string, places: Readonly<Record<string, string>>): Promise<void> {
  let text = read(`deploy/brokers/${path}`);
  for (const [from, place] of Object.entries(places)) {
    if (!text.includes(from)) throw new Error(`deploy/brokers/${path} does not say ${from}`);
    text = text.replaceAll(from, place);
  }
  await writeFile(to, text, { mode: 0o644 });
}

const secrets = { collector: "collector-secret", device: "device-secret" };

/** A rig that runs `launch` in a directory of its own. */
async function rig(
  name: RigName,
  ports: { readonly device: number; readonly collector: number },
  launch: {
    readonly directory: string;
    readonly start: (broker: Process) => void;
    readonly withPassword: boolean;
    readonly certificates: string;
    readonly beside?: Process;
  },
): Promise<BrokerRig> {
  const broker = new Process();
  const passwordFile = join(launch.directory, "password");
  await writeFile(passwordFile, `${secrets.collector}\n`, { mode: 0o600 });
  const user = { username: "kedge.collector", password: secrets.collector };
  return {
    name,
    certificates: launch.certificates,
    deviceUrl: `mqtts://localhost:${ports.device}`,
    collectorUrl: `mqtts://localhost:${ports.collector}`,
    collectorKeys: launch.withPassword ? { "broker.username": user.username, "broker.passwordFile": passwordFile } : {},
    collectorUser: launch.withPassword ? user : undefined,
    async start() {
      launch.start(broker);
      await broker.until(name, () => answers(ports.device));
    },
    kill: () => broker.end("SIGKILL"),
    async close() {
      await broker.end(name === "rabbitmq" ? "SIGKILL" : "SIGTERM");
      await launch.beside?.end("SIGKILL");
      await rm(launch.directory, { recursive: true, force: true });
    },
  };
}

async function mosquitto(directory: string, { certificates }: RigParts): Promise<BrokerRig> {
  const [device, collector] = [await freePort(), await freePort()];
  const places = { "/etc/kedge": certificates, "/etc/mosquitto": directory, "/var/lib/mosquitto": directory };
  const ports = { "listener 8883": `listener ${device} 127.0.0.1`, "listener 8884 127.0.0.1": `listener ${collector} 127.0.0.1` };
  const config = join(directory, "kedge.conf");
  await shipped("mosquitto/kedge.conf", config, { ...places, ...ports });
  await shipped("mosquitto/kedge.acl", join(directory, "kedge.acl"), {});
  // Started by root it would become another user, who may not read the test's files.
  if (process.getuid?.() === 0) await appendFile(config, "user root\n");
  const start = (broker: Process) => broker.start(programs.mosquitto, ["-c", config], { cwd: directory });
  return rig("mosquitto", { device, collector }, { directory, start, withPassword: false, certificates });
}

async function nats(directory: string, { certificates }: RigParts): Promise<BrokerRig> {
  const [mqtt, client] = [await freePort(), await freePort()];
  const config = join(directory, "kedge.conf");
  await shipped("nats/kedge.conf", config, {
    "/etc/kedge": certificates,
    "/var/lib/nats": directory,
    "127.0.0.1:4222": `127.0.0.1:${client}`,
    "0.0.0.0:8883": `127.0.0.1:${mqtt}`,
    "CHANGE-ME-TOO": secrets.device,
    "CHANGE-ME": secrets.collector,
  });
  const start = (broker: Process) => broker.start(programs.nats, ["-c", config], { cwd: directory });
  return rig("nats", { device: mqtt, collector: mqtt }, { directory, start, withPassword: true, certificates });
}

async function rabbitmq(directory: string, { certificates }: RigParts): Promise<BrokerRig> {
  const [mqtt, distribution, epmd] = [await freePort(), await freePort(), await freePort()];
  await shipped("rabbitmq/rabbitmq.conf", join(directory, "rabbitmq.conf"), {
    "/etc/kedge": certificates,
    "/etc/rabbitmq": directory,
    "0.0.0.0:8883": `127.0.0.1:${mqtt}`,
    "CHANGE-ME-TOO": secrets.device,
  });
  await shipped("rabbitmq/definitions.json", join(directory, "definitions.json"), { "CHANGE-ME-TOO": secrets.device, "CHANGE-ME": secrets.collector });
  await shipped("rabbitmq/enabled_plugins", join(directory, "enabled_plugins"), {});
  const env = {
    HOME: directory,
    RABBITMQ_NODENAME: `kedge-${mqtt}@localhost`,
    RABBITMQ_MNESIA_BASE: join(directory, "mnesia"),
    RABBITMQ_LOG_BASE: join(directory, "log"),
    RABBITMQ_LOGS: "-",
    RABBITMQ_CONFIG_FILE: join(directory, "rabbitmq.conf"),
    RABBITMQ_CONF_ENV_FILE: "/dev/null",
    RABBITMQ_ENABLED_PLUGINS_FILE: join(directory, "enabled_plugins"),
    RABBITMQ_PID_FILE: join(directory, "pid"),
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "+S 1:1 -kernel inet_dist_use_interface {127,0,0,1}",
    ERL_EPMD_PORT: String(epmd),
    ERL_EPMD_ADDRESS: "127.0.0.1",
  };
  // One of our own, in the foreground: the one that Erlang would start by itself outlives everything.
  const names = new Process();
  names.start("epmd", ["-port", String(epmd), "-address", "127.0.0.1"], { cwd: directory });
  const start = (broker: Process) => broker.start(programs.rabbitmq, [], { cwd: directory, env });
  return rig("rabbitmq", { device: mqtt, collector: mqtt }, { directory, start, withPassword: true, certificates, beside: names });
}

const rigs = { mosquitto, nats, rabbitmq } as const;

/** Makes a rig; nothing runs before its `start`. */
export async function openRig(name: RigName, parts: RigParts): Promise<BrokerRig> {
  return rigs[name](await mkdtemp(join(tmpdir(), `kedge-${name}-`)), parts);
}
