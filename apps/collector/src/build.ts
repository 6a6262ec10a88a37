import { createHash, randomBytes, webcrypto } from "node:crypto";
import { rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Clock, Log, Sha256 } from "@kedge/core";
import { newWebhookSecret } from "@kedge/alert/adapters";
import { checkApiToken, checkEnrolmentToken, hashApiToken, parseEnrolmentToken } from "@kedge/identity";
import { OnnxruntimeNodeRuntime } from "@kedge/inference/adapters";
import { DirectoryBundleStore } from "@kedge/registry/adapters";
import { openSqliteStore } from "@kedge/store/adapters";
import { type Broker, startBroker } from "./broker/broker.js";
import { collections } from "./collections.js";
import type { CollectorConfig } from "./config.js";
import { answersOf } from "./answers/answers.js";
import { BundleShelf } from "./fleet/bundle-shelf.js";
import { EnrolmentDesk } from "./fleet/enrolment.js";
import { Fleet } from "./fleet/fleet.js";
import { type RunningHttp, startHttp } from "./http/server.js";
import { EventFeed } from "./http/event-feed.js";
import { collectorIdOf, ensureAdminToken, openKeys, trustOwnKey } from "./keys.js";
import { joinLoops } from "./loops.js";
import type { Services } from "./services.js";

/** A running collector. */
export interface RunningCollector {
  readonly mqttPort: number;
  readonly url: string;
  stop(): Promise<void>;
}

const clock: Clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
const random = (): number => (webcrypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32;
const sha256 = (bytes: Uint8Array): Sha256 => createHash("sha256").update(bytes).digest("hex") as Sha256;
const secretBytes = (count: number): Uint8Array => new Uint8Array(randomBytes(count));

/** Where the dashboard's built files are, if it is installed. */
function dashboardDir(): string | null {
  try {
    return join(dirname(createRequire(import.meta.url).resolve("@kedge/dashboard/package.json")), "dist");
  } catch {
    return null;
  }
}

async function writeWhole(path: string, value: unknown): Promise<void> {
  await writeFile(`${path}.new`, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

/** Starts a collector by its configuration. Throws KedgeError for whatever keeps it from starting; then nothing of it is left running. */
export async function startCollector(config: CollectorConfig, version: string, log: Log): Promise<RunningCollector> {
  const { dataDir } = config;
  const closers: (() => Promise<unknown>)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of closers.reverse()) await close();
  };
  try {
    const keys = await openKeys(dataDir, clock.nowMs());
    const store = await openSqliteStore(join(dataDir, "kedge.db"), clock);
    closers.push(() => store.close());
    const bundles = await DirectoryBundleStore.open(join(dataDir, "blobs"), clock);
    const documents = Object.fromEntries(
      Object.entries(collections).map(([name, collection]) => [name, store.records.documents(collection as never)]),
    ) as unknown as Services["documents"] & { readonly devices: never };
    await trustOwnKey(keys, documents.keys, clock.nowMs());
    await ensureAdminToken(dataDir, documents.accessTokens, { clock, random, secretBytes, sha256 });
    const fleet = new Fleet(store.records.documents(collections.devices), clock);
    await fleet.load();
    const credentials = await keys.authority.serverCredentials(
      [...new Set(["localhost", "127.0.0.1", "::1", config.mqtt.host, config.http.host, ...config.mqtt.names])].filter((n) => n !== "0.0.0.0" && n !== "::"),
      clock.nowMs(),
    );
    const broker: Broker = await startBroker({
      host: config.mqtt.host,
      port: config.mqtt.port,
      credentials,
      clock,
      log,
      limits: { maxConnections: config.mqtt.maxConnections },
      access: {
        isRevoked: (serial) => fleet.all().some((d) => d.isRetired && d.certificate.serial === serial),
        isMember: (deviceId) => fleet.all().some((d) => d.deviceId === deviceId && !d.isRetired),
        async checkEnrolment(text) {
          const token = parseEnrolmentToken(text);
          if (token === undefined) return { kind: "denied", code: "identity/token-malformed", message: "this is no enrolment token" };
          return checkEnrolmentToken(token, (await documents.tokens.get(token.id))?.body, { nowMs: clock.nowMs(), sha256 });
        },
        checkApi: async (text) => checkApiToken(text, await accessTokenOf(text), { nowMs: clock.nowMs(), sha256 }),
      },
    });
    closers.push(() => broker.close());
    async function accessTokenOf(text: string) {
      const hash = hashApiToken(text, sha256);
      return (await documents.accessTokens.list({ limit: 10_000 })).find((t) => t.body.hash === hash)?.body;
    }
    const publish = (topic: string, payload: Uint8Array, options: { readonly qos: 0 | 1; readonly retain?: boolean }): Promise<void> =>
      broker.publish(topic, payload, options);
    const feed = new EventFeed(clock);
    const base = {
      config,
      collectorId: await collectorIdOf(dataDir, { clock, random }),
      version,
      startedAtMs: clock.nowMs(),
      fleet,
      shelf: new BundleShelf(bundles),
      bundles,
      series: store.series,
      audit: store.records.audit,
      documents,
      feed,
      targetsSigner: keys.targets,
      authorityPin: keys.authority.pin,
      sha256,
      secretBytes,
      newWebhookSecret,
      disconnect: (deviceId: Parameters<typeof broker.disconnect>[0]) => void broker.disconnect(deviceId),
      faults: () => [],
      clock,
      random,
      log,
    };
    const loops = await joinLoops(base, { director: keys.director, publish, runtime: new OnnxruntimeNodeRuntime() });
    closers.push(() => loops.stop());
    const enrolment = new EnrolmentDesk({
      authority: keys.authority,
      fleet,
      tokens: documents.tokens,
      keys: documents.keys,
      audit: store.records.audit,
      directorKey: keys.directorKey,
      publish,
      sha256,
      clock,
      random,
      log,
    });
    broker.onDevice((deviceId, leaf, payload) => loops.desk.take(deviceId, leaf, payload));
    broker.onEnroll((arrival) => enrolment.take(arrival));
    broker.onPresence((deviceId, isConnected) => {
      if (isConnected) fleet.heardOf(deviceId);
      else void fleet.gone(deviceId);
    });
    const { queries, commands } = answersOf(loops.services);
    const http: RunningHttp = await startHttp({
      host: config.http.host,
      port: config.http.port,
      ...(config.http.tls ? { tls: { key: credentials.keyPem, cert: credentials.chainPem } } : {}),
      tokens: async (bearer) => {
        const checked = checkApiToken(bearer, await accessTokenOf(bearer), { nowMs: clock.nowMs(), sha256 });
        return checked.kind === "valid" ? { name: checked.record.name, role: checked.record.role } : undefined;
      },
      queries,
      commands,
      dashboardDir: dashboardDir(),
      version,
      clock,
      log,
    });
    closers.push(() => http.close());
    await writeFile(join(dataDir, "authority.pem"), keys.authority.certificatePem);
    broker.open();
    await loops.start();
    await writeWhole(join(dataDir, "endpoint.json"), {
      url: http.url,
      caFile: config.http.tls ? join(dataDir, "authority.pem") : null,
      mqttUrl: `mqtts://${config.mqtt.host === "0.0.0.0" ? "127.0.0.1" : config.mqtt.host}:${broker.port}`,
      pid: process.pid,
    });
    return { mqttPort: broker.port, url: http.url, stop: closeAll };
  } catch (error) {
    await closeAll().catch(() => undefined);
    throw error;
  }
}
