import { join } from "node:path";
import { type BundleShelf, collections, type DeviceRecord, FleetWatch, IngestLoop } from "@kedge/collector";
import { type DeviceId, type Sha256, silentLog } from "@kedge/core";
import { openAuthority } from "@kedge/identity/authority";
import { openSqliteStore, type OpenStore } from "@kedge/store/adapters";
import { clock, type Door, type Papers, papersOf, plainDoor, tlsDoor } from "./doors.js";
import { memberOf, shelfOf } from "./load-bundle.js";
import { windowMs } from "./packets.js";

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

const hourMs = 3_600_000;
/** How long after its end an hour is merged. */
const settledMs = 60_000;

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
