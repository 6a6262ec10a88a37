import { createHash, randomBytes, webcrypto } from "node:crypto";
import { rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type Clock, type Log, messageOf, type Sha256 } from "@kedge/core";
import { newWebhookSecret } from "@kedge/alert/adapters";
import type { ServerCredentials } from "@kedge/identity/authority";
import { OnnxruntimeNodeRuntime } from "@kedge/inference/adapters";
import { DirectoryBundleStore } from "@kedge/registry/adapters";
import type { Collection, Documents, Fence, Leases } from "@kedge/store";
import {
  checkDatabase,
  MemoryLeases,
  type OpenRecords,
  type OpenStore,
  openInfluxSeries,
  openPostgresRecords,
  openSqliteStore,
  snapshotDatabase,
} from "@kedge/store/adapters";
import { parseTopic } from "@kedge/wire";
import { type Broker, startBroker } from "./broker/broker.js";
import { DeviceChannels } from "./broker/device-channels.js";
import { type OpenedExternal, openExternal } from "./broker/open-external.js";
import { followOthers } from "./cluster/follow-others.js";
import { ShardDesk } from "./cluster/shard-desk.js";
import { withLease } from "./cluster/with-lease.js";
import { collections } from "./collections.js";
import type { CollectorConfig } from "./config.js";
import { answersOf } from "./answers/answers.js";
import { FleetWatch } from "./drift/fleet-watch.js";
import type { MemoryShard } from "./drift/memory-keeper.js";
import type { ScoreHour } from "./drift/score-history.js";
import { Access, AccessTokens } from "./fleet/access.js";
import { BundleShelf } from "./fleet/bundle-shelf.js";
import type { Publish } from "./fleet/director.js";
import { FaultBoard } from "./fault-board.js";
import { EnrolmentDesk } from "./fleet/enrolment.js";
import { Fleet } from "./fleet/fleet.js";
import { type RunningHttp, startHttp } from "./http/server.js";
import { EventFeed } from "./http/event-feed.js";
import { collectorIdOf, ensureAdminToken, type Keys, openKeys, trustOwnKey, useDirectory } from "./keys.js";
import { type BaseServices, joinLoops, type Loops } from "./loops.js";
import { openMetrics } from "./metrics/open-metrics.js";
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

/** How `backup` and `restore` treat databases. */
export const databaseFiles = { snapshot: snapshotDatabase, check: checkDatabase };

type Closers = (() => Promise<unknown>)[];

interface Stores extends Pick<OpenStore, "records" | "series"> {
  readonly leases: Leases;
  /** Records in a server; `undefined`: in the data directory. */
  readonly server: OpenRecords | undefined;
  /** Documents that only the holder of a lease may write; of a store that one collector opens, all. */
  fenced<T>(collection: Collection<T>, fence: () => Fence | undefined): Documents<T>;
}

interface Ground {
  readonly keys: Keys;
  readonly store: Stores;
  readonly collectorId: string;
  readonly shards: ShardDesk;
  readonly accessTokens: AccessTokens;
  readonly bundles: DirectoryBundleStore;
  readonly documents: Services["documents"];
  readonly fleet: Fleet;
  readonly access: Access;
}

/** Records and series in the data directory's file, or either in a server. */
async function openStores({ dataDir, store, cluster }: CollectorConfig, closers: Closers): Promise<Stores> {
  const own = await openSqliteStore(join(dataDir, "kedge.db"), clock);
  closers.push(() => own.close());
  const server = store.records.kind === "postgres" ? await openPostgresRecords(store.records, clock) : undefined;
  if (server !== undefined) closers.push(() => server.close());
  const ledger = cluster.enabled && server !== undefined ? server.ledger : own.series;
  const series = store.series.kind === "influxdb" ? await openInfluxSeries(store.series, ledger, { isShared: cluster.enabled }) : own.series;
  const records = server?.records ?? own.records;
  if (!cluster.enabled || server === undefined)
    return { records, series, server, leases: new MemoryLeases(clock), fenced: (collection) => records.documents(collection) };
  return { records, series, server, leases: server.leases, fenced: (collection, fence) => server.fencedDocuments(collection, fence) };
}

/** Opens what is kept: in the data directory, in servers, and in what collectors share. */
async function openGround(config: CollectorConfig, faults: FaultBoard, log: Log, closers: Closers): Promise<Ground> {
  const { dataDir, cluster } = config;
  await useDirectory(dataDir);
  const collectorId = await collectorIdOf(dataDir, { clock, random });
  const store = await openStores(config, closers);
  const sharedDir = cluster.enabled && cluster.sharedDir !== null ? cluster.sharedDir : dataDir;
  // Of collectors that start at once for the first time, one makes the keys.
  const keys = await withLease({ leases: store.leases, member: collectorId, name: "keys", clock }, () => openKeys(sharedDir, clock.nowMs()));
  const bundles = await DirectoryBundleStore.open(join(sharedDir, "blobs"), clock, cluster.enabled ? { temporary: `tmp-${collectorId}` } : {});
  const named = Object.entries(collections).map(([name, collection]) => [name, store.records.documents(collection as never)]);
  const stored = Object.fromEntries(named) as unknown as Services["documents"];
  const accessTokens = await AccessTokens.open(stored.accessTokens);
  const documents = { ...stored, accessTokens: accessTokens.documents };
  await trustOwnKey(keys, documents.keys, clock.nowMs());
  await ensureAdminToken(dataDir, documents.accessTokens, { clock, random, secretBytes, sha256 });
  const leaseMs = cluster.enabled ? cluster.leaseMs : Number.POSITIVE_INFINITY;
  const shards = new ShardDesk({ leases: store.leases, member: collectorId, leaseMs, clock, log, faults });
  const fleet = new Fleet(store.records.documents(collections.devices), clock, { isOwn: shards.isOwn, isShared: cluster.enabled });
  await fleet.load();
  const access = new Access({ fleet, enrolments: documents.tokens, accessTokens, clock, sha256 });
  return { keys, store, collectorId, shards, accessTokens, bundles, documents, fleet, access };
}

/** The server's certificate for every name it is reached by. */
function credentialsOf({ authority }: Keys, { mqtt, http }: CollectorConfig): Promise<ServerCredentials> {
  const names = ["localhost", "127.0.0.1", "::1", mqtt.host, http.host, ...mqtt.names].filter((n) => n !== "0.0.0.0" && n !== "::");
  return authority.serverCredentials([...new Set(names)], clock.nowMs());
}

const renewEveryMs = 86_400_000;

/** Has a server that stays up for years use certificates that are valid. */
function keepRenewed(make: () => Promise<ServerCredentials>, use: (credentials: ServerCredentials) => void, log: Log): NodeJS.Timeout {
  return setInterval(() => {
    make().then(use, (error: unknown) => log.error({ error: messageOf(error) }, "a server's certificate could not be renewed"));
  }, renewEveryMs);
}

async function listenForDevices(config: CollectorConfig, { keys, access }: Ground, log: Log, closers: Closers): Promise<Broker> {
  const { host, port, maxConnections } = config.mqtt;
  const broker = await startBroker({ host, port, credentials: await credentialsOf(keys, config), clock, log, limits: { maxConnections }, access });
  const renewal = keepRenewed(
    () => credentialsOf(keys, config),
    (credentials) => broker.renewCredentials(credentials),
    log,
  );
  closers.push(() => {
    clearInterval(renewal);
    return broker.close();
  });
  return broker;
}

function servicesOf(config: CollectorConfig, version: string, ground: Ground, broker: Broker, log: Log, faults: FaultBoard): BaseServices {
  const { keys, store, bundles, documents, fleet, collectorId, shards } = ground;
  const shelf = new BundleShelf(bundles);
  const { series } = store;
  const watched = {
    driftMemories: store.fenced<MemoryShard>(collections.driftMemories, shards.evaluatorFence),
    driftScores: store.fenced<ScoreHour>(collections.driftScores, shards.evaluatorFence),
  };
  return {
    config,
    collectorId,
    shards,
    evaluation: {
      incidents: store.fenced(collections.incidents, shards.evaluatorFence),
      notices: store.fenced(collections.notices, shards.evaluatorFence),
    },
    version,
    startedAtMs: clock.nowMs(),
    fleet,
    shelf,
    bundles,
    series,
    driftWatch: new FleetWatch({ shelf, series, documents: { ...documents, ...watched }, clock, log }),
    metrics: openMetrics(config.store.metrics, { shelf, labelsOf: (deviceId) => fleet.labelsOf(deviceId), clock, random, log }),
    audit: store.records.audit,
    documents,
    feed: new EventFeed(clock),
    targetsSigner: keys.targets,
    authorityPin: keys.authority.pin,
    sha256,
    secretBytes,
    newWebhookSecret,
    brokerStats: () => broker.stats(),
    disconnect: (deviceId) => void broker.disconnect(deviceId),
    faults,
    clock,
    random,
    log,
  };
}

/** The ways to devices: the collector's own port, and an external broker where there is one. */
interface Ways {
  readonly broker: Broker;
  readonly external: OpenedExternal | undefined;
  readonly channels: DeviceChannels | undefined;
  readonly publish: Publish;
}

async function openWays(config: CollectorConfig, ground: Ground, faults: FaultBoard, log: Log, closers: Closers): Promise<Ways> {
  const { keys, fleet, collectorId } = ground;
  const external = await openExternal({ config: config.broker, keys, fleet, collectorId, faults, clock, random, log });
  const broker = await listenForDevices(config, ground, log, closers);
  if (external === undefined) return { broker, external, channels: undefined, publish: (topic, payload, options) => broker.publish(topic, payload, options) };
  closers.push(() => external.broker.close());
  const channels = new DeviceChannels(broker, external.broker);
  return { broker, external, channels, publish: channels.publish };
}

/** Connects to an external broker, now or whenever it answers, and takes what devices say there. */
function hearAfar({ external, channels }: Ways, loops: Loops, log: Log): void {
  const started = external?.broker.start({
    onDevice(deviceId, leaf, payload) {
      channels?.heardAfar(deviceId);
      return loops.desk.take(deviceId, leaf, payload);
    },
    onRefused: (deviceId, leaf, payload, reason) => loops.services.ingest.refuse({ deviceId, leaf, payload, ...reason, isOwn: false }),
    onConnect: () => loops.sayAgain(),
    shards: loops.services.shards.shards,
  });
  started?.catch((error: unknown) => log.debug({ error: messageOf(error) }, "stopped before the broker was reached"));
}

const leafOf = (topic: string): string => {
  const parsed = parseTopic(topic);
  return parsed?.kind === "device" ? parsed.leaf : "-";
};

/** Brings what clients say to the loops, and to the desk that lets new ones in. */
function receive({ broker, external, channels, publish }: Ways, { keys, documents, fleet, store }: Ground, loops: Loops, log: Log): void {
  const { authority, directorKey } = keys;
  const enrolment = new EnrolmentDesk({
    authority,
    fleet,
    tokens: documents.tokens,
    keys: documents.keys,
    audit: store.records.audit,
    directorKey,
    broker: external?.deviceBroker ?? null,
    publish,
    sha256,
    clock,
    random,
    log,
  });
  broker.onDevice((deviceId, leaf, payload) => {
    channels?.heardHere(deviceId, leaf);
    return loops.desk.take(deviceId, leaf, payload);
  });
  broker.onRefused(({ topic, ...refused }) => void loops.services.ingest.refuse({ ...refused, leaf: leafOf(topic), isOwn: true }));
  broker.onEnroll((arrival) => enrolment.take(arrival));
  broker.onPresence((deviceId, isConnected) => {
    if (channels?.isAfar(deviceId) === true) return;
    if (isConnected) fleet.heardOf(deviceId);
    else fleet.gone(deviceId).catch((error: unknown) => log.error({ deviceId, error: messageOf(error) }, "that a device is gone could not be stored"));
  });
}

async function listenForPeople(config: CollectorConfig, { keys, access }: Ground, { services }: Loops, closers: Closers): Promise<RunningHttp> {
  const { keyPem, chainPem } = await credentialsOf(keys, config);
  const { version, log } = services;
  const http = await startHttp({
    host: config.http.host,
    port: config.http.port,
    ...(config.http.tls ? { tls: { key: keyPem, cert: chainPem } } : {}),
    tokens: (bearer) => access.callerOf(bearer),
    ...answersOf(services),
    dashboardDir: dashboardDir(),
    version,
    clock,
    log,
  });
  const renewal = keepRenewed(
    () => credentialsOf(keys, config),
    (renewed) => http.renewCredentials({ key: renewed.keyPem, cert: renewed.chainPem }),
    log,
  );
  closers.push(() => {
    clearInterval(renewal);
    return http.close();
  });
  return http;
}

/** Says in files where this collector is found, for commands on the same machine. */
async function writeEndpoint(config: CollectorConfig, { keys }: Ground, url: string, mqttPort: number): Promise<void> {
  const { dataDir } = config;
  const caFile = join(dataDir, "authority.pem");
  await writeFile(caFile, keys.authority.certificatePem);
  const host = config.mqtt.host === "0.0.0.0" ? "127.0.0.1" : config.mqtt.host;
  await writeWhole(join(dataDir, "endpoint.json"), { url, caFile: config.http.tls ? caFile : null, mqttUrl: `mqtts://${host}:${mqttPort}`, pid: process.pid });
}

/** Starts a collector by its configuration. Throws KedgeError for whatever keeps it from starting; then nothing of it is left running. */
export async function startCollector(config: CollectorConfig, version: string, log: Log): Promise<RunningCollector> {
  const closers: Closers = [];
  const closeAll = async (): Promise<void> => {
    for (const close of closers.reverse()) await close();
  };
  try {
    const faults = new FaultBoard();
    const ground = await openGround(config, faults, log, closers);
    const ways = await openWays(config, ground, faults, log, closers);
    const { broker } = ways;
    const base = servicesOf(config, version, ground, broker, log, faults);
    const loops = await joinLoops(base, { director: ground.keys.director, publish: ways.publish, runtime: new OnnxruntimeNodeRuntime() });
    closers.push(() => loops.stop());
    receive(ways, ground, loops, log);
    const http = await listenForPeople(config, ground, loops, closers);
    await loops.start(async (gained) => {
      await ways.external?.broker.hear(ground.shards.shards());
      if (gained.length > 0) await ways.external?.broker.call(gained);
    });
    if (config.cluster.enabled) await ground.store.server?.onChange(followOthers(loops, ground.accessTokens));
    broker.open();
    hearAfar(ways, loops, log);
    await writeEndpoint(config, ground, http.url, broker.port);
    return { mqttPort: broker.port, url: http.url, stop: closeAll };
  } catch (error) {
    await closeAll().catch(() => undefined);
    throw error;
  }
}
