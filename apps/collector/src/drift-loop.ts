import { type Clock, isRefused, type Log, messageOf, newId, type Random, type Refused, type Sha256 } from "@kedge/core";
import {
  defaultIncidentPolicy,
  followModel,
  type Incident,
  type IncidentEffect,
  type IncidentEvent,
  type IncidentPolicy,
  isActive,
  type ModelLook,
  stepIncident,
} from "@kedge/alert";
import { type Documents, put } from "@kedge/store";
import type { DeviceRecord } from "./collections.js";
import type { CollectorConfig } from "./config.js";
import type { FleetWatch } from "./drift/fleet-watch.js";
import type { Look } from "./drift/look.js";
import type { Fleet } from "./fleet/fleet.js";

/** What the loop needs of the program. */
export interface DriftDeps {
  readonly fleet: Fleet;
  readonly watch: FleetWatch;
  readonly incidents: Documents<Incident>;
  readonly config: CollectorConfig["drift"];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly onLook: (look: Look) => void;
  /** Why looks fail; `undefined`: they do not. */
  readonly onFault: (message: string | undefined) => void;
  /** An incident changed and is stored. */
  readonly onIncident: (incident: Incident) => Promise<void>;
  /** To be told; the incident as it is now. */
  readonly notify: (incident: Incident, effect: Extract<IncidentEffect, { kind: "Notify" }>) => Promise<void>;
}

/** store → drift → alert: holds the fleet against its references and lets incidents follow what it finds. */
export class DriftLoop {
  readonly #deps: DriftDeps;
  readonly #policy: IncidentPolicy;
  readonly #looks = new Map<Sha256, Look>();
  #tail: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  lastLookAtMs: number | null = null;

  constructor(deps: DriftDeps) {
    this.#deps = deps;
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

  start(): void {
    this.#timer = setInterval(() => void this.tick(), this.#deps.config.tickMs);
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
    const { incidents, fleet, clock, random, onIncident, notify } = this.#deps;
    const known = (await incidents.list({ newestFirst: true, limit: 1_000 })).map((d) => d.body);
    const recent = known.filter((i) => isActive(i) || atMs - (i.resolvedAtMs ?? 0) < this.#policy.cooldownMs);
    const followed = followModel(
      recent,
      { modelName, atMs, looks },
      { labelsOf: (id) => fleet.labelsOf(id), newIncidentId: () => newId("inc", clock.nowMs(), random), policy: this.#policy },
    );
    for (const incident of followed.changed) {
      await put(incidents, incident.incidentId, incident);
      await onIncident(incident);
    }
    for (const effect of followed.effects) {
      const incident = followed.changed.find((i) => i.incidentId === effect.incidentId);
      if (effect.kind === "Forget") await incidents.delete(effect.incidentId);
      else if (incident !== undefined) await notify(incident, effect);
    }
  }

  /** Brings an event to an incident, between looks; the incident, why it was refused, or `undefined` when there is none. */
  apply(incidentId: string, event: IncidentEvent): Promise<Incident | Refused | undefined> {
    const { incidents, onIncident, notify } = this.#deps;
    const step = async (): Promise<Incident | Refused | undefined> => {
      const found = await incidents.get(incidentId);
      if (found === undefined) return undefined;
      const next = stepIncident(found.body, event, this.#policy);
      if (isRefused(next)) return next;
      await put(incidents, incidentId, next.to);
      await onIncident(next.to);
      for (const effect of next.effects) if (effect.kind === "Notify") await notify(next.to, effect);
      return next.to;
    };
    const result = this.#tail.then(step);
    this.#tail = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#tail;
    await this.#deps.watch.save();
  }
}
