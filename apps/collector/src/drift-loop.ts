import { type Clock, type Log, messageOf, newId, type Random, type Refused, type Sha256 } from "@kedge/core";
import { defaultIncidentPolicy, followModel, type Incident, type IncidentEvent, type IncidentPolicy, isActive, type ModelLook } from "@kedge/alert";
import type { DeviceRecord } from "./collections.js";
import type { CollectorConfig } from "./config.js";
import type { FleetWatch } from "./drift/fleet-watch.js";
import type { Look } from "./drift/look.js";
import type { Fleet } from "./fleet/fleet.js";
import { IncidentBook, type IncidentBookDeps } from "./incident-book.js";

/** What the loop needs of the program. */
export interface DriftDeps extends IncidentBookDeps {
  readonly fleet: Fleet;
  readonly watch: FleetWatch;
  readonly config: CollectorConfig["drift"];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly onLook: (look: Look) => void;
  /** Why looks fail; `undefined`: they do not. */
  readonly onFault: (message: string | undefined) => void;
}

/** Between two looks that early windows ask for. */
const soonestLookMs = 1_000;

/** store → drift → alert: holds the fleet against its references and lets incidents follow what it finds. */
export class DriftLoop {
  readonly #deps: DriftDeps;
  readonly #policy: IncidentPolicy;
  readonly #book: IncidentBook;
  readonly #looks = new Map<Sha256, Look>();
  #tail: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  lastLookAtMs: number | null = null;
  #soon: NodeJS.Timeout | undefined;

  constructor(deps: DriftDeps) {
    this.#deps = deps;
    this.#book = new IncidentBook(deps);
    const { looksBeforeOpen, looksBeforeResolve, lookBackMs } = deps.config;
    this.#policy = { ...defaultIncidentPolicy, openAfterLooks: looksBeforeOpen, resolveAfterLooks: looksBeforeResolve, cooldownMs: lookBackMs };
  }

  get policy(): IncidentPolicy {
    return this.#policy;
  }

  /** The latest look at every bundle that runs. */
  looks(): Look[] {
    return [...this.#looks.values()];
  }

  /** Takes up what is kept of devices, tells what was decided and perhaps not told, and looks from then on. */
  start(): void {
    const { watch, log } = this.#deps;
    this.#tail = this.#tail
      .then(() => watch.load())
      .catch((error: unknown) => log.error({ error: messageOf(error) }, "what is kept of devices could not be read; they are watched anew"))
      .then(() => this.#book.tellLeft())
      .catch((error: unknown) => log.error({ error: messageOf(error) }, "notices are left untold"));
    this.#timer = setInterval(() => void this.tick(), this.#deps.config.tickMs);
  }

  /**
   * Looks as soon as may be: a device sent a window early. However many do, there is at most one such look a second.
   */
  lookSoon(): void {
    if (this.#soon !== undefined) return;
    const sinceMs = this.#deps.clock.nowMs() - (this.lastLookAtMs ?? 0);
    this.#soon = setTimeout(
      () => {
        this.#soon = undefined;
        void this.tick();
      },
      Math.min(soonestLookMs, Math.max(0, soonestLookMs - sinceMs)),
    );
  }

  /** Looks once; looks never overlap. A look that fails is told to the log, and the next one comes. */
  tick(): Promise<void> {
    const { onFault, log } = this.#deps;
    const looked = this.#tail.then(() => this.#look());
    const failed = (error: unknown): void => {
      onFault(messageOf(error));
      log.error({ error: messageOf(error) }, "a look at the fleet failed");
    };
    this.#tail = looked.then(() => onFault(undefined), failed);
    return this.#tail;
  }

  async #look(): Promise<void> {
    const { fleet, watch, clock, config } = this.#deps;
    const atMs = clock.nowMs();
    const members = fleet.members();
    const byBundle = new Map<Sha256, DeviceRecord[]>();
    for (const device of members) {
      const digest = device.reported?.runningDigest ?? null;
      if (digest === null) continue;
      const own = byBundle.get(digest);
      if (own === undefined) byBundle.set(digest, [device]);
      else own.push(device);
    }
    for (const digest of this.#looks.keys()) if (!byBundle.has(digest)) this.#looks.delete(digest);
    const byModel = new Map<string, ModelLook[]>();
    for (const [digest, devices] of byBundle) {
      const isOtherVersionClean = this.#isOtherVersionClean(digest);
      const look = await watch.lookAt({ digest, devices, atMs, lookBackMs: config.lookBackMs, isOtherVersionClean });
      if (look === undefined) continue;
      this.#looks.set(digest, look);
      this.#deps.onLook(look);
      const { name } = look.bundle;
      byModel.set(name, [...(byModel.get(name) ?? []), { bundleDigest: digest, causes: look.causes, judged: look.deviceIds }]);
    }
    this.lastLookAtMs = atMs;
    for (const [modelName, looks] of byModel) await this.#follow(modelName, atMs, looks);
    await watch.upkeep(this.looks(), members, atMs);
  }

  /** Whether devices that run another version of the same model were judged and showed nothing when they were last looked at. */
  #isOtherVersionClean(digest: Sha256): boolean {
    const own = this.#looks.get(digest);
    const others = this.looks().filter((l) => l.bundle.digest !== digest && l.bundle.name === own?.bundle.name && l.deviceIds.length > 0);
    return others.length > 0 && others.every((l) => l.causes.length === 0);
  }

  async #follow(modelName: string, atMs: number, looks: readonly ModelLook[]): Promise<void> {
    const { fleet, clock, random } = this.#deps;
    const stored = await this.#book.read();
    const known = [...stored.values()].map((d) => d.body);
    const recent = known.filter((i) => isActive(i) || atMs - (i.resolvedAtMs ?? 0) < this.#policy.cooldownMs);
    const followed = followModel(
      recent,
      { modelName, atMs, looks },
      { labelsOf: (id) => fleet.labelsOf(id), newIncidentId: () => newId("inc", clock.nowMs(), random), policy: this.#policy },
    );
    await this.#book.keep(stored, followed.changed, followed.effects);
  }

  /** Brings an event to an incident, between looks; the incident, why it was refused, or `undefined` when there is none. */
  apply(incidentId: string, event: IncidentEvent): Promise<Incident | Refused | undefined> {
    const result = this.#tail.then(() => this.#book.apply(incidentId, event, this.#policy));
    this.#tail = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
    await this.#tail;
    const { watch, log } = this.#deps;
    await watch.save().catch((error: unknown) => log.warn({ error: messageOf(error) }, "what was learnt of devices since it was last stored is learnt anew"));
  }
}
