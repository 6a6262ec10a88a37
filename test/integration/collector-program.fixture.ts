import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { DeviceId } from "@kedge/core";
import { enrolClientId, parseEnrolmentToken } from "@kedge/identity";
import { enrol, fetchAuthority, type GrantedIdentity, loadDeviceKey, newEnrolNonce } from "@kedge/identity/adapters";
import type { Link } from "@kedge/wire";
import { openMqttLink } from "@kedge/wire/adapters";

/** The collector as it is installed. */
export const program = fileURLToPath(new URL("../../apps/collector/dist/main.js", import.meta.url));
export const isBuilt = existsSync(program);

/** How a program ended. */
export interface Ended {
  readonly code: number | null;
  readonly stderr: string;
}

/** An answer of the API. */
export interface Answered {
  readonly status: number;
  readonly contentType: string;
  // biome-ignore lint/suspicious/noExplicitAny: bodies are looked into by tests, which fail when they are otherwise.
  readonly body: any;
}

/** A collector in a process of its own. */
export class CollectorProgram {
  readonly dataDir: string;
  readonly url: string;
  readonly mqttPort: number;
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;

  constructor(parts: {
    readonly child: ChildProcess;
    readonly ended: Promise<Ended>;
    readonly dataDir: string;
    readonly url: string;
    readonly mqttPort: number;
  }) {
    this.#child = parts.child;
    this.ended = parts.ended;
    this.dataDir = parts.dataDir;
    this.url = parts.url;
    this.mqttPort = parts.mqttPort;
  }

  get httpPort(): number {
    return Number(new URL(this.url).port);
  }

  async token(): Promise<string> {
    return (await readFile(join(this.dataDir, "admin-token"), "utf8")).trim();
  }

  async call(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answered> {
    const isBytes = body instanceof Uint8Array;
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await this.token()}`,
        ...(body === undefined ? {} : { "content-type": isBytes ? "application/octet-stream" : "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isBytes ? new Uint8Array(body) : JSON.stringify(body) }),
    });
    const text = await response.text();
    const contentType = response.headers.get("content-type") ?? "";
    return { status: response.status, contentType, body: /json/.test(contentType) ? JSON.parse(text) : text };
  }

  /** Has a signal sent that does not end it, such as SIGSTOP. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<Ended> {
    this.#child.kill(signal);
    return await this.ended;
  }
}

/** Directories and programs of one test file. */
export class CollectorLab {
  readonly #directories: string[] = [];
  readonly #children: ChildProcess[] = [];

  async directory(): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), "kedge-collector-"));
    this.#directories.push(directory);
    return directory;
  }

  #spawn(args: readonly string[]): {
    readonly child: ChildProcess;
    readonly ended: Promise<Ended>;
    readonly listening: Promise<{ url: string; mqttPort: number }>;
  } {
    const child = spawn(process.execPath, [program, "--log-level", "error", ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: process.env["PATH"] },
    });
    this.#children.push(child);
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString("utf8")));
    const ended = new Promise<Ended>((resolve) => child.once("close", (code) => resolve({ code, stderr })));
    const listening = new Promise<{ url: string; mqttPort: number }>((resolve, reject) => {
      let stdout = "";
      child.stdout.on("data", (chunk: Buffer) => {
        stdout += chunk.toString("utf8");
        const [, port] = /mqtts:\/\/[^\s]*:(\d+)/.exec(stdout) ?? [];
        const [, url] = /API\s+(\S+)/.exec(stdout) ?? [];
        if (port !== undefined && url !== undefined && /Data/.test(stdout)) resolve({ url, mqttPort: Number(port) });
      });
      void ended.then(({ code, stderr: said }) => reject(new Error(`the collector ended with ${code}: ${said}`)));
    });
    listening.catch(() => {});
    return { child, ended, listening };
  }

  /** Starts a collector on free ports of loopback. */
  async start(dataDir: string, ...args: readonly string[]): Promise<CollectorProgram> {
    const { child, ended, listening } = this.#spawn(["--data-dir", dataDir, "--mqtt-port", "0", "--http-port", "0", ...args]);
    return new CollectorProgram({ child, ended, dataDir, ...(await listening) });
  }

  /** Runs the program to its end. */
  async run(...args: readonly string[]): Promise<Ended> {
    return await this.#spawn(args).ended;
  }

  async close(): Promise<void> {
    for (const child of this.#children) if (child.exitCode === null) child.kill("SIGKILL");
    for (const directory of this.#directories) await rm(directory, { recursive: true, force: true });
  }
}

/** Enrols a device as an agent does: by a token and an address. */
export async function enrolDevice(
  collector: CollectorProgram,
  keyDir: string,
  deviceId: string,
): Promise<GrantedIdentity & { readonly privateKeyPem: string }> {
  const made = await collector.call("POST", "/v1/enrolment-tokens", { labels: { site: "lyon" } });
  const secret = made.body.secret as string;
  const token = parseEnrolmentToken(secret);
  if (token === undefined) throw new Error(`no token: ${JSON.stringify(made.body)}`);
  const { certificatePem } = await fetchAuthority("127.0.0.1", collector.mqttPort, token.authorityPin, { nowMs: Date.now() });
  const nonce = newEnrolNonce();
  const link = openMqttLink({
    url: `mqtts://127.0.0.1:${collector.mqttPort}`,
    clientId: enrolClientId(nonce),
    username: "enroll",
    password: secret,
    ca: certificatePem,
  });
  await link.connect();
  try {
    const privateKeyPem = await loadDeviceKey(keyDir);
    const request = {
      nonce,
      token: secret,
      authorityPin: token.authorityPin,
      privateKeyPem,
      requestedId: deviceId as DeviceId,
      labels: {},
      agentVersion: "0.1.0",
      platform: "test",
    };
    const outcome = await enrol(link, request);
    if (outcome.kind !== "granted") throw new Error(outcome.message);
    return { ...outcome.identity, privateKeyPem };
  } finally {
    await link.close();
  }
}

/** Connects as an enrolled device. */
export async function deviceLink(collector: CollectorProgram, identity: GrantedIdentity & { readonly privateKeyPem: string }): Promise<Link> {
  const { deviceId, certificatePem, privateKeyPem, authoritiesPem } = identity;
  const link = openMqttLink({
    url: `mqtts://127.0.0.1:${collector.mqttPort}`,
    clientId: deviceId,
    certificate: certificatePem,
    key: privateKeyPem,
    ca: authoritiesPem,
  });
  await link.connect();
  return link;
}
