import { join } from "node:path";
import { type Sha256, silentLog } from "@kedge/core";
import { BrokeredLink, sealBetween } from "@kedge/identity/adapters";
import { createKeyPair } from "@kedge/registry/adapters";
import { encodeDeath, shardOf, topicFor } from "@kedge/wire";
import { openMqttLink } from "@kedge/wire/adapters";
import { createPrivateKey, createPublicKey } from "node:crypto";
import { type RunningServer, startInflux, startPostgres } from "../../support/running-server.js";
import { type BrokerRig, openRig } from "../brokers/broker-rig.fixture.js";
import { tinyModel } from "../brokers/tiny-model.fixture.js";
import { type Papers, RawDevice } from "../brokers/world.fixture.js";
import { CollectorLab, type CollectorProgram, enrolDevice } from "../collector-program.fixture.js";

/** What `/v1/overview` says of collectors that share a fleet. */
export interface Standing {
  readonly evaluator: string | null;
  readonly unowned: number;
  readonly members: readonly { readonly collectorId: string; readonly shards: number }[];
}

/** Some collectors on one mosquitto, PostgreSQL and InfluxDB. */
export class Cluster {
  readonly #lab = new CollectorLab();
  readonly #servers: RunningServer[] = [];
  readonly #devices: RawDevice[] = [];
  #rig: BrokerRig | undefined;
  #settings: readonly string[] = [];
  #influxPort = 0;

  async open(): Promise<void> {
    const [postgres, influx] = await Promise.all([startPostgres(), startInflux()]);
    this.#servers.push(postgres, influx);
    this.#influxPort = influx.port;
    const shared = await this.#lab.directory();
    const certificates = join(await this.#lab.directory(), "certificates");
    const names = ["--name", "localhost", "127.0.0.1", "--out", certificates];
    const { code, stderr } = await this.#lab.run("broker-files", "--data-dir", shared, ...names);
    if (code !== 0) throw new Error(stderr);
    this.#rig = await openRig("mosquitto", { certificates });
    await this.#rig.start();
    const keys = {
      "cluster.enabled": "true",
      "cluster.sharedDir": shared,
      "broker.kind": "external",
      "broker.url": this.#rig.collectorUrl,
      "broker.deviceUrl": this.#rig.deviceUrl,
      "store.records": JSON.stringify({ kind: "postgres", port: postgres.port, database: "postgres" }),
      "store.series": JSON.stringify({ kind: "influxdb", port: influx.port }),
    };
    this.#settings = Object.entries(keys).flatMap(([key, value]) => ["--set", `${key}=${value}`]);
  }

  directory(): Promise<string> {
    return this.#lab.directory();
  }

  start(dataDir: string): Promise<CollectorProgram> {
    return this.#lab.start(dataDir, ...this.#settings);
  }

  /** PostgreSQL, as a power cut would end it, and back. */
  async withoutRecords(meanwhile: () => Promise<void>): Promise<void> {
    const [postgres] = this.#servers;
    await postgres?.stop("SIGKILL");
    await meanwhile();
    await postgres?.start();
  }

  /** Registers the tiny model at a collector. */
  async register(collector: CollectorProgram): Promise<Sha256> {
    const { signer, publicPem } = createKeyPair();
    const packed = await tinyModel(signer);
    await collector.call("POST", "/v1/keys", { name: "tests", publicKey: publicPem });
    for (const file of Object.values(packed.manifest.files)) {
      await collector.call("PUT", `/v1/blobs/${file.sha256}`, packed.files.get(file.path) ?? new Uint8Array());
    }
    const { status, body } = await collector.call("POST", "/v1/models", { envelope: packed.envelope });
    if (status >= 300) throw new Error(JSON.stringify(body));
    return packed.digest;
  }

  /** A device of the real protocol, enrolled at a collector and connected to the broker. */
  async device(collector: CollectorProgram, deviceId: string): Promise<RawDevice> {
    const papers: Papers = await enrolDevice(collector, await this.#lab.directory(), deviceId);
    const { certificatePem: certificate, privateKeyPem: key, authoritiesPem: ca, broker } = papers;
    if (broker === null) throw new Error("the device was told of no broker");
    const seal = sealBetween(createPrivateKey(key), createPublicKey(broker.sealKeyPem), papers.deviceId, "device");
    const topic = topicFor(papers.deviceId, "death");
    const will = { topic, payload: seal.close(topic, encodeDeath({ bootEpoch: 7 })), qos: 1 as const };
    const inner = openMqttLink({ url: broker.url, clientId: papers.deviceId, ca, certificate, key, will, retry: { firstMs: 100, maxMs: 1_000 } });
    const link = new BrokeredLink(inner, { seal, random: () => 0.3, log: silentLog, shard: shardOf(papers.deviceId) });
    const device = new RawDevice(papers, link);
    this.#devices.push(device);
    await device.start();
    return device;
  }

  async standing(collector: CollectorProgram): Promise<Standing | undefined> {
    return (await collector.call("GET", "/v1/overview")).body.cluster as Standing | undefined;
  }

  /** How many windows of each device are stored, and how many numbers they have: they differ when one was stored twice. */
  async stored(): Promise<Map<string, { readonly windows: number; readonly numbers: number }>> {
    const q = "select count(seq) as windows, count(distinct(seq)) as numbers from (select seq from windows) group by device";
    const response = await fetch(`http://127.0.0.1:${this.#influxPort}/query?${new URLSearchParams({ db: "kedge", q }).toString()}`);
    const answer = (await response.json()) as {
      readonly results: readonly {
        readonly series?: readonly { readonly tags: { readonly device: string }; readonly values: readonly (readonly number[])[] }[];
      }[];
    };
    return new Map((answer.results[0]?.series ?? []).map(({ tags, values }) => [tags.device, { windows: values[0]?.[1] ?? 0, numbers: values[0]?.[2] ?? 0 }]));
  }

  async close(): Promise<void> {
    for (const device of this.#devices) await device.close();
    await this.#lab.close();
    await this.#rig?.close();
    for (const server of this.#servers) await server.remove();
  }
}
