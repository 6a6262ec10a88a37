import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { join } from "node:path";
import {
  BundleShelf,
  collections,
  type DeviceRecord,
  defaultBrokerLimits,
  FleetWatch,
  IngestLoop,
  openFront,
  type ProvenSocket,
  startBroker,
} from "@kedge/collector";
import { type Clock, type DeviceId, seededRandom, type Sha256, silentLog } from "@kedge/core";
import { certificateRequest, newDeviceKey } from "@kedge/identity/adapters";
import { type Authority, openAuthority } from "@kedge/identity/authority";
import type { ReferenceProfile } from "@kedge/profile";
import { type BundleParts, packBundle } from "@kedge/registry";
import { createKeyPair, MemoryBundleStore, sha256, storePackedBundle } from "@kedge/registry/adapters";
import { openSqliteStore, type OpenStore } from "@kedge/store/adapters";
import { encodeReferenceProfile } from "@kedge/wire";
import { DatabaseSync } from "@photostructure/sqlite";
import { deviceId, profileOf } from "../query/filled-store.js";
import { prefaceBytes, specAndHash, windowMs } from "./packets.js";

export interface CollectorPlan {
  readonly devices: number;
  readonly features: number;
  readonly windowsOfEach: number;
  readonly startMs: number;
  readonly isTls: boolean;
  /** How often the fleet is looked at in the devices' time, and how far back: each window is looked at once. */
  readonly lookEveryMs: number;
  readonly seed: number;
}

const clock: Clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
const hourMs = 3_600_000;
/** How long after its end an hour is merged. */
const settledMs = 60_000;

interface Papers {
  readonly cert: string;
  readonly key: string;
}

/** Every device may come in: what admission costs is another benchmark's question. */
const access = {
  isRevoked: () => false,
  isMember: () => true,
  checkEnrolment: () => Promise.resolve({ kind: "denied", code: "identity/token-unknown", message: "not asked here" } as const),
  checkApi: () => Promise.resolve({ kind: "denied", code: "identity/token-unknown", message: "not asked here" } as const),
};

async function papersOf(authority: Authority, devices: number): Promise<readonly Papers[]> {
  const papers: Papers[] = [];
  for (let i = 0; i < devices; i += 1) {
    const key = newDeviceKey();
    const read = await authority.readRequest(certificateRequest(key, deviceId(i)));
    if (read.kind !== "read") throw new Error(read.message);
    const { certificatePem } = await authority.issueDevice(read, deviceId(i), { nowMs: clock.nowMs() });
    papers.push({ cert: certificatePem, key: key.export({ type: "pkcs8", format: "pem" }).toString() });
  }
  return papers;
}

/** The broker as it is in production, over TLS; or its own front over plain TCP, where each connection is given its device's certificate. */
interface Door {
  readonly port: number;
  readonly publish: Publish;
  onDevice(receive: IngestLoop["take"]): void;
  close(): Promise<void>;
}

type Publish = ConstructorParameters<typeof IngestLoop>[0]["publish"];

async function tlsDoor(authority: Authority): Promise<Door> {
  const credentials = await authority.serverCredentials(["127.0.0.1"], clock.nowMs());
  const limits = { handshakesPerSecond: 10_000, handshakeBurst: 10_000 };
  const broker = await startBroker({ host: "127.0.0.1", port: 0, credentials, access, clock, log: silentLog, limits });
  broker.open();
  return {
    port: broker.port,
    publish: (topic, payload, options) => broker.publish(topic, payload, options),
    onDevice: (receive) => broker.onDevice(receive),
    close: () => broker.close(),
  };
}

async function plainDoor(authority: Authority, papers: readonly Papers[]): Promise<Door> {
  const certificates = new Map(papers.map(({ cert }, i) => [deviceId(i), new X509Certificate(cert)]));
  const front = await openFront({ limits: defaultBrokerLimits, access, authority: new X509Certificate(authority.certificatePem), clock, log: silentLog });
  const tcp = createServer(
    { pauseOnConnect: true, noDelay: true },
    (socket) => void named(socket).then((id) => front.welcome(proven(socket, certificates.get(id)))),
  );
  tcp.listen(0, "127.0.0.1");
  await once(tcp, "listening");
  return {
    port: (tcp.address() as AddressInfo).port,
    publish: (topic, payload, options) => front.outlet.publish(topic, payload, options),
    onDevice(receive) {
      front.intake.receivers.device = receive;
    },
    async close() {
      await front.close();
      tcp.close();
    },
  };
}

/** The device that a connection names itself after, as a handshake would have told. */
async function named(socket: Socket): Promise<DeviceId> {
  for (;;) {
    const preface: unknown = socket.read(prefaceBytes);
    if (preface instanceof Buffer) return preface.toString("latin1").trim() as DeviceId;
    await once(socket, "readable");
  }
}

function proven(socket: Socket, certificate: X509Certificate | undefined): ProvenSocket {
  return Object.assign(socket, { getPeerX509Certificate: () => certificate });
}

const parts: Omit<BundleParts, "reference"> = {
  name: "load",
  version: "1.0.0",
  createdAtMs: 1_750_000_000_000,
  signature: {
    inputs: [{ name: "x", type: "float32", dims: [-1, 4] }],
    outputs: [{ name: "scores", type: "float32", dims: [-1, 2] }],
    task: { kind: "classification", classes: ["no", "yes"], scores: "scores", activation: "probabilities" },
  },
  preprocessing: { inputs: { x: { from: "image", raw: { type: "uint8", dims: [2, 2] }, steps: [{ op: "scale", by: 1 / 255, offset: 0 }] } } },
  model: Uint8Array.of(8, 7, 6, 5),
  golden: {
    tolerance: 1e-5,
    cases: [
      {
        inputs: { x: { type: "float32", dims: [1, 4], values: Float32Array.of(0, 0.1, 0.2, 1) } },
        outputs: { scores: { type: "float32", dims: [1, 2], values: Float32Array.of(0.25, 0.75) } },
      },
    ],
  },
  metrics: { accuracy: 0.9 },
  labels: {},
};

/** A registered bundle whose reference counts as the devices do. */
export async function shelfOf(features: number, seed: number): Promise<{ readonly shelf: BundleShelf; readonly digest: Sha256 }> {
  const { spec, hash } = specAndHash(features);
  const rows = 20_000;
  const reference: ReferenceProfile = {
    spec,
    cohorts: [{ selector: "", profile: { ...profileOf(features, rows, seededRandom(seed)), specHash: hash }, rows }],
  };
  const bundles = new MemoryBundleStore(clock);
  const packed = await packBundle({ ...parts, reference: encodeReferenceProfile(reference) }, createKeyPair().signer, sha256);
  await storePackedBundle(packed, bundles);
  const shelf = new BundleShelf(bundles);
  await shelf.find(packed.digest);
  return { shelf, digest: packed.digest };
}

function memberOf(i: number, digest: Sha256): DeviceRecord {
  const id = deviceId(i);
  const reported = {
    ...{ deviceId: id, bootEpoch: 1, atMs: 1, runningDigest: digest, previousDigest: null, desiredVersion: 1, update: "IDLE" as const },
    ...{ targetDigest: null, reason: "", outbox: { records: 0, bytes: 0, dropped: 0 }, counters: { windows: 0, predictions: 0, errors: 0, samples: 0 } },
  };
  return {
    ...{ deviceId: id, labels: { site: `site-${i % 10}` }, isRetired: false, isOnline: true, agentVersion: null, platform: null, enrolledAtMs: 1 },
    ...{ lastSeenAtMs: null, certificate: { serial: "", notAfterMs: 0 }, keySha256: digest, tokenId: "", bootEpoch: 1, reported, desired: null },
  };
}

interface RememberedShard {
  readonly memories: Readonly<Record<string, { readonly features: readonly { readonly windows: number }[] }>>;
}

/** What the collector says of a run. */
export interface Taken {
  /** Windows that the drift monitor's memories of devices have taken. */
  readonly remembered: number;
  readonly looks: number;
  readonly repeated: number;
  readonly refused: number;
}

/** What a store's file holds, asked past the collector's own code; `rolledUp`: windows in merged hours of devices. */
export function countedIn(folder: string): { readonly stored: number; readonly distinct: number; readonly rolledUp: number } {
  const db = new DatabaseSync(join(folder, "kedge.db"), { readOnly: true });
  try {
    const one = (sql: string): number => Number(Object.values((db.prepare(sql).get() ?? {}) as Record<string, unknown>)[0] ?? 0);
    return {
      stored: one("select count(*) from windows"),
      distinct: one("select count(*) from (select distinct device_no, boot_epoch, seq from windows)"),
      rolledUp: one("select coalesce(sum(windows), 0) from roll_ups where level_ms = 3600000 and device_no > 0"),
    };
  } finally {
    db.close();
  }
}

/** A collector's path from broker to drift state over a store on disk: broker, ingest loop, commits, roll-ups and looks as they are in production. */
export class CollectorUnderLoad {
  readonly #plan: CollectorPlan;
  readonly #store: OpenStore;
  readonly #door: Door;
  readonly #loop: IngestLoop;
  readonly #watch: FleetWatch;
  readonly #members: readonly DeviceRecord[];
  readonly #digest: Sha256;
  /** Windows of each device that are committed, and how many devices have committed how many: what all have is due for looks and roll-ups. */
  readonly #committed = new Map<DeviceId, number>();
  #nextLookMs: number;
  #nextHourMs: number;
  #work: Promise<void> = Promise.resolve();
  #isWorking = false;
  #looks = 0;
  lookSeconds = 0;
  rollUpSeconds = 0;
  readonly papers: readonly Papers[];
  readonly authority: string;

  private constructor(made: {
    plan: CollectorPlan;
    store: OpenStore;
    door: Door;
    papers: readonly Papers[];
    authority: string;
    shelf: BundleShelf;
    digest: Sha256;
  }) {
    const { plan, store, door, papers, authority, shelf, digest } = made;
    this.#plan = plan;
    this.#store = store;
    this.#door = door;
    this.#digest = digest;
    this.papers = papers;
    this.authority = authority;
    this.#nextLookMs = plan.startMs + plan.lookEveryMs;
    this.#nextHourMs = Math.floor(plan.startMs / hourMs + 1) * hourMs;
    this.#members = Array.from({ length: plan.devices }, (_, i) => memberOf(i, digest));
    for (const { deviceId: id } of this.#members) this.#committed.set(id, 0);
    const { records, series } = store;
    const documents: ConstructorParameters<typeof FleetWatch>[0]["documents"] = {
      driftModels: records.documents(collections.driftModels),
      driftMemories: records.documents(collections.driftMemories),
      driftScores: records.documents(collections.driftScores),
      seasonHours: records.documents(collections.seasonHours),
      incidents: records.documents(collections.incidents),
    };
    this.#watch = new FleetWatch({ shelf, series, clock, log: silentLog, documents });
    const fence = { name: "all", epoch: 1, holder: "bench" };
    this.#loop = new IngestLoop({
      series: store.series,
      publish: door.publish,
      clock,
      log: silentLog,
      specHashOf: (bundle) => shelf.specHashOf(bundle),
      fenceOf: () => fence,
      ownShards: () => [],
      onFault: (message) => {
        if (message !== undefined) throw new Error(message);
      },
      onEvents: () => {},
      onWindows: (windows) => {
        for (const { key } of windows) this.#committed.set(key.deviceId, (this.#committed.get(key.deviceId) ?? 0) + 1);
        this.#follow();
      },
    });
    door.onDevice((id, leaf, payload) => this.#loop.take(id, leaf, payload));
  }

  static async open(folder: string, plan: CollectorPlan): Promise<CollectorUnderLoad> {
    const authority = await openAuthority(join(folder, "authority"), { nowMs: clock.nowMs() });
    const papers = await papersOf(authority, plan.devices);
    const door = plan.isTls ? await tlsDoor(authority) : await plainDoor(authority, papers);
    const store = await openSqliteStore(join(folder, "kedge.db"), clock);
    const { shelf, digest } = await shelfOf(plan.features, plan.seed);
    return new CollectorUnderLoad({ plan, store, door, papers, authority: authority.certificatePem, shelf, digest });
  }

  get port(): number {
    return this.#door.port;
  }

  get bundleDigest(): Sha256 {
    return this.#digest;
  }

  /** Windows of the slowest device. */
  #least(): number {
    let least = Number.POSITIVE_INFINITY;
    for (const windows of this.#committed.values()) least = Math.min(least, windows);
    return least;
  }

  /** Does what is due in the devices' time, while more comes in. */
  #follow(): void {
    const throughMs = this.#throughMs();
    if (this.#isWorking || throughMs < Math.min(this.#nextLookMs, this.#nextHourMs)) return;
    this.#isWorking = true;
    this.#work = this.#catchUp(throughMs).finally(() => {
      this.#isWorking = false;
    });
  }

  /** The end of what all devices have committed. */
  #throughMs(): number {
    return this.#plan.startMs + this.#least() * windowMs;
  }

  async #catchUp(throughMs: number): Promise<void> {
    for (; this.#nextLookMs <= throughMs; this.#nextLookMs += this.#plan.lookEveryMs) await this.#look(this.#nextLookMs);
    for (; this.#nextHourMs <= throughMs; this.#nextHourMs += hourMs) await this.#rollUp(this.#nextHourMs);
  }

  async #look(atMs: number): Promise<void> {
    const began = performance.now();
    await this.#watch.lookAt({ digest: this.#digest, devices: this.#members, atMs, lookBackMs: this.#plan.lookEveryMs, isOtherVersionClean: false });
    this.lookSeconds += (performance.now() - began) / 1_000;
    this.#looks += 1;
  }

  /** An hour that is over is merged when what is late has had its time. */
  async #rollUp(hourEndMs: number): Promise<void> {
    const began = performance.now();
    await this.#store.series.rollUp(hourEndMs + settledMs);
    this.rollUpSeconds += (performance.now() - began) / 1_000;
  }

  /** Settles when all that was sent is looked at and rolled up. */
  async finished(): Promise<void> {
    await this.#work;
    await this.#catchUp(this.#throughMs());
    await this.#rollUp(Math.ceil(this.#throughMs() / hourMs) * hourMs);
  }

  async taken(): Promise<Taken> {
    await this.#watch.save();
    const shards = await this.#store.records.documents<RememberedShard>(collections.driftMemories).list({ limit: 10_000 });
    const memories = shards.flatMap(({ body }) => Object.values(body.memories));
    const { repeated, refused } = this.#loop.counters;
    return {
      remembered: memories.reduce((sum, { features }) => sum + (features[0]?.windows ?? 0), 0),
      looks: this.#looks,
      repeated,
      refused: Object.values(refused).reduce((a, b) => a + b, 0),
    };
  }

  async close(): Promise<void> {
    await this.#door.close();
    this.#loop.stop();
    await this.#store.close();
  }
}
