import { createPrivateKey, createPublicKey } from "node:crypto";
import { join } from "node:path";
import { type DeviceId, type Sha256, silentLog } from "@kedge/core";
import { BrokeredLink, type GrantedIdentity, sealBetween } from "@kedge/identity/adapters";
import { createKeyPair } from "@kedge/registry/adapters";
import { encodeBirth, encodeDeath, encodeWindow, type Link, shardOf, topicFor } from "@kedge/wire";
import { MemoryOutbox, openMqttLink, ReportLoop } from "@kedge/wire/adapters";
import { AgentLab, type AgentProgram } from "../agent-program.fixture.js";
import { CollectorLab, type CollectorProgram, enrolDevice } from "../collector-program.fixture.js";
import { type BrokerRig, freePort, openRig, type RigName } from "./broker-rig.fixture.js";
import { emptyProfile, tinyModel } from "./tiny-model.fixture.js";

/** A device's key and what it was granted. */
export type Papers = GrantedIdentity & { readonly privateKeyPem: string };

/** What a collector has counted of windows. */
export interface WindowCounts {
  readonly received: number;
  readonly stored: number;
  readonly rows: number;
  readonly repeated: number;
  readonly lost: number;
  readonly awaited: number;
  readonly deadLetters: number;
  readonly refused: Readonly<Record<string, number>>;
}

/** Asks until the answer is as wanted. The test's own limit ends what never comes; `what` and the last answer are then told. */
export async function until<T>(what: string, ask: () => Promise<T>, isDone: (answer: T) => boolean, withinMs = 60_000): Promise<T> {
  const untilMs = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (isDone(answer)) return answer;
    if (performance.now() > untilMs) throw new Error(`not within ${withinMs} ms: ${what}; last: ${JSON.stringify(answer)?.slice(0, 600)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const brightness = Uint8Array.of(200, 100, 50);

/** Has an agent predict; how many it answered. */
export async function predict(agentUrl: string, count: number): Promise<number> {
  let answered = 0;
  for (let i = 0; i < count; i += 1) {
    const answer = await fetch(`${agentUrl}/v1/predict`, { method: "POST", headers: { "content-type": "application/octet-stream" }, body: brightness });
    if (answer.status === 200) answered += 1;
    else throw new Error(await answer.text());
  }
  return answered;
}

/** A device without a model: an outbox, a link and the agent's own loop that empties the one into the other. */
export class RawDevice {
  readonly outbox = new MemoryOutbox({ bootEpoch: 7 });
  readonly link: Link;
  readonly report: ReportLoop;
  readonly #papers: Papers;

  constructor(papers: Papers, link: Link) {
    this.#papers = papers;
    this.link = link;
    this.report = new ReportLoop({ deviceId: papers.deviceId, outbox: this.outbox, link, log: silentLog });
  }

  get deviceId(): DeviceId {
    return this.#papers.deviceId;
  }

  /** The bytes of a window of one prediction less than none: it only has a number. */
  windowOf(seq: number, bundleDigest: Sha256): Uint8Array {
    const endMs = Date.now();
    const key = { deviceId: this.deviceId, bootEpoch: 7, seq };
    return encodeWindow({ key, startMs: endMs - 1_000, endMs, bundleDigest, profile: emptyProfile, trigger: "interval", uptimeMs: 1_000 });
  }

  async fill(count: number, bundleDigest: Sha256): Promise<void> {
    for (let i = 0; i < count; i += 1) await this.outbox.append("window", ({ seq }) => this.windowOf(seq, bundleDigest));
  }

  async start(): Promise<void> {
    const sayBirth = () => {
      const held = this.outbox.held().at(-1) ?? { bootEpoch: 7, oldestSeq: 1, nextSeq: 1 };
      const birth = { deviceId: this.deviceId, labels: {}, agentVersion: "0.1.0", bundleDigest: null, platform: "test", ...held, bootEpoch: 7 };
      void this.link.publish(topicFor(this.deviceId, "birth"), encodeBirth({ ...birth, atMs: Date.now(), uptimeMs: 1_000 }), { qos: 1 });
    };
    this.link.onConnect(sayBirth);
    await this.report.start();
    await this.link.connect();
  }

  async close(): Promise<void> {
    this.report.stop();
    await this.link.close();
  }
}

/** A fleet, its collector, and the broker between them; without a rig the collector's own broker. */
export class World {
  readonly collectors = new CollectorLab();
  readonly agents = new AgentLab();
  readonly #name: RigName | "aedes";
  readonly #at: { readonly dataDir?: string; readonly collectorKeys?: Readonly<Record<string, string>> };
  rig: BrokerRig | undefined;
  #collector: CollectorProgram | undefined;
  #mqttPort = 0;
  #dataDir = "";
  digest = "" as Sha256;

  /** `collectorKeys`: settings of the collector beside those that the broker needs. */
  constructor(name: RigName | "aedes", at: { readonly dataDir?: string; readonly collectorKeys?: Readonly<Record<string, string>> } = {}) {
    this.#name = name;
    this.#at = at;
  }

  get dataDir(): string {
    return this.#dataDir;
  }

  get mqttPort(): number {
    return this.#mqttPort;
  }

  get collector(): CollectorProgram {
    if (this.#collector === undefined) throw new Error("there is no collector");
    return this.#collector;
  }

  async open(): Promise<void> {
    this.#dataDir = this.#at.dataDir ?? (await this.collectors.directory());
    this.#mqttPort = await freePort();
    if (this.#name !== "aedes") {
      const certificates = join(await this.collectors.directory(), "certificates");
      const names = ["--name", "localhost", "127.0.0.1", "--out", certificates];
      const { code, stderr } = await this.collectors.run("broker-files", "--data-dir", this.#dataDir, ...names);
      if (code !== 0) throw new Error(stderr);
      this.rig = await openRig(this.#name, { certificates });
      await this.rig.start();
    }
    await this.startCollector();
  }

  /** `more`: settings of this start only. */
  async startCollector(more: Readonly<Record<string, string>> = {}): Promise<void> {
    const { rig } = this;
    const keys: Record<string, string> = rig === undefined ? {} : { "broker.kind": "external", "broker.url": rig.collectorUrl, ...rig.collectorKeys };
    if (rig !== undefined && rig.deviceUrl !== rig.collectorUrl) keys["broker.deviceUrl"] = rig.deviceUrl;
    Object.assign(keys, this.#at.collectorKeys, more);
    const settings = Object.entries(keys).flatMap(([key, value]) => ["--set", `${key}=${value}`]);
    this.#collector = await this.collectors.start(this.#dataDir, "--mqtt-port", String(this.#mqttPort), ...settings);
  }

  async stopCollector(signal: NodeJS.Signals): Promise<void> {
    await this.collector.stop(signal);
  }

  /** The broker is cut off and comes back. Where the collector is the broker, that is the collector. */
  async killBroker(): Promise<void> {
    if (this.rig === undefined) {
      await this.stopCollector("SIGKILL");
      await this.startCollector();
    } else {
      await this.rig.kill();
      await this.rig.start();
    }
  }

  async windows(): Promise<WindowCounts> {
    return (await this.collector.call("GET", "/v1/counters")).body.windows as WindowCounts;
  }

  async device(deviceId: string): Promise<{ readonly state: string; readonly running: unknown }> {
    return (await this.collector.call("GET", `/v1/devices/${deviceId}`)).body as { state: string; running: unknown };
  }

  /** Registers the tiny model; gives its digest. */
  async register(): Promise<void> {
    const { signer, publicPem } = createKeyPair();
    const packed = await tinyModel(signer);
    await this.collector.call("POST", "/v1/keys", { name: "tests", publicKey: publicPem });
    for (const file of Object.values(packed.manifest.files)) {
      const bytes = packed.files.get(file.path) ?? new Uint8Array();
      await this.collector.call("PUT", `/v1/blobs/${file.sha256}`, bytes);
    }
    const { status, body } = await this.collector.call("POST", "/v1/models", { envelope: packed.envelope });
    if (status >= 300) throw new Error(JSON.stringify(body));
    this.digest = packed.digest;
  }

  /** An agent of this fleet; enrols at its first start. */
  async startAgent(deviceId: string, stateDir: string): Promise<AgentProgram> {
    const { body } = await this.collector.call("POST", "/v1/enrolment-tokens", {});
    return this.startEnrolled(deviceId, stateDir, { tokenFile: await this.agents.file("token", body.secret as string) });
  }

  /** Starts an agent again; it needs nobody. `port`: where it finds its collector, by another way than the straight one. */
  startEnrolled(
    deviceId: string,
    stateDir: string,
    how: { readonly tokenFile?: string; readonly port?: number; readonly env?: Readonly<Record<string, string>> } = {},
  ): AgentProgram {
    const url = `mqtts://localhost:${how.port ?? this.#mqttPort}`;
    const own = ["--state-dir", stateDir, "--http-port", "0", "--device-id", deviceId, "--window", "1s", "--log-level", "warn"];
    const token = how.tokenFile === undefined ? [] : ["--token-file", how.tokenFile];
    return this.agents.start(["--server", url, ...token, ...own], how.env);
  }

  async enrol(deviceId: string): Promise<Papers> {
    return await enrolDevice(this.collector, await this.collectors.directory(), deviceId);
  }

  /** The connection of an enrolled device, as the agent makes it; by `way` through something in between. */
  linkOf(papers: Papers, way: { readonly url?: string; readonly keepAliveSeconds?: number } = {}): Link {
    const { deviceId, certificatePem: certificate, privateKeyPem: key, authoritiesPem: ca, broker } = papers;
    const url = way.url ?? broker?.url ?? `mqtts://localhost:${this.#mqttPort}`;
    const topic = topicFor(deviceId, "death");
    const death = encodeDeath({ bootEpoch: 7 });
    const seal = broker === null ? undefined : sealBetween(createPrivateKey(key), createPublicKey(broker.sealKeyPem), deviceId, "device");
    const will = { topic, payload: seal?.close(topic, death) ?? death, qos: 1 as const };
    const retry = { firstMs: 100, maxMs: 1_000 };
    const { keepAliveSeconds = 30 } = way;
    const inner = openMqttLink({ url, clientId: deviceId, ca, certificate, key, will, retry, keepAliveSeconds, random: () => 0.5 });
    return seal === undefined ? inner : new BrokeredLink(inner, { seal, random: () => 0.1, log: silentLog, shard: shardOf(deviceId) });
  }

  async close(): Promise<void> {
    await this.agents.close();
    await this.collectors.close();
    await this.rig?.close();
  }
}
