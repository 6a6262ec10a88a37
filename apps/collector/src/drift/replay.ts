import { followModel, type Incident, type IncidentPolicy, isActive } from "@kedge/alert";
import { type DeviceId, type Labels, newId, type Random, seededRandom, type Sha256 } from "@kedge/core";
import { type DeviceMemory, driftOptionsOf, type DriftSetting, lookAtFleet, type SeasonProfiles } from "@kedge/drift";
import type { Profile, ReferenceProfile, Window } from "@kedge/profile";
import type { InputSchema } from "@kedge/sensor";
import type { TimeSeriesStore } from "@kedge/store";

/** A bundle of the model with what is normal for it. */
export interface BundleToReplay {
  readonly digest: Sha256;
  readonly reference: ReferenceProfile;
  readonly schema: InputSchema | undefined;
}

/** Which history to replay. */
export interface ReplayPlan {
  readonly model: string;
  readonly bundles: readonly BundleToReplay[];
  /** Each with how far back it is looked at. */
  readonly devices: readonly { readonly deviceId: DeviceId; readonly labels: Labels; readonly lookBackMs: number }[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
  readonly lookBackMs: number;
  readonly policy: IncidentPolicy;
  readonly seasonsOf: (reference: ReferenceProfile, training: Profile) => SeasonProfiles | undefined;
}

/** How many incidents would have opened under one setting. */
export interface Replayed {
  readonly setting: DriftSetting;
  readonly alarms: number;
}

/** One setting's collector, as it would have been. */
class Rehearsal {
  readonly setting: DriftSetting;
  readonly #plan: ReplayPlan;
  readonly #random: Random = seededRandom(1);
  readonly #labels: ReadonlyMap<DeviceId, Labels>;
  readonly #memories = new Map<DeviceId, DeviceMemory>();
  #incidents = new Map<string, Incident>();
  #ended = 0;

  constructor(setting: DriftSetting, plan: ReplayPlan) {
    this.setting = setting;
    this.#plan = plan;
    this.#labels = new Map(plan.devices.map((d) => [d.deviceId, d.labels]));
  }

  look(atMs: number, windows: ReadonlyMap<DeviceId, readonly Window[]>): void {
    const { bundles, devices, lookBackMs, model, policy, seasonsOf } = this.#plan;
    const looks = bundles.flatMap(({ digest, reference, schema }) => {
      const watched = devices.flatMap((d) => {
        const own = (windows.get(d.deviceId) ?? []).filter((w) => w.bundleDigest === digest);
        return own.length === 0 ? [] : [{ ...d, windows: own }];
      });
      if (watched.length === 0) return [];
      const fleet = { bundleDigest: digest, reference, schema, memories: this.#memories, atMs, lookBackMs, seasonsOf: (p: Profile) => seasonsOf(reference, p) };
      const { causes, memories, devices: judged } = lookAtFleet(fleet, watched, driftOptionsOf(this.setting));
      for (const [deviceId, memory] of memories) this.#memories.set(deviceId, memory);
      return [{ bundleDigest: digest, causes, judged: judged.map((d) => d.deviceId) }];
    });
    const context = { labelsOf: (id: DeviceId) => this.#labels.get(id), newIncidentId: () => newId("inc", atMs, this.#random), policy };
    const { changed, effects } = followModel([...this.#incidents.values()], { modelName: model, atMs, looks }, context);
    for (const incident of changed) this.#incidents.set(incident.incidentId, incident);
    for (const effect of effects) if (effect.kind === "Forget") this.#incidents.delete(effect.incidentId);
    for (const incident of [...this.#incidents.values()]) {
      if (isActive(incident) || atMs - (incident.resolvedAtMs ?? 0) < policy.cooldownMs) continue;
      this.#incidents.delete(incident.incidentId);
      if (incident.openedAtMs !== null) this.#ended += 1;
    }
  }

  get alarms(): number {
    return this.#ended + [...this.#incidents.values()].filter((i) => i.openedAtMs !== null).length;
  }
}

/** Gives the event loop a turn: devices and people must not wait for a rehearsal. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Replays stored windows through the looks and the incidents of the collector itself, under several settings side by side, and counts the
 * incidents that would have opened.
 */
export async function replayHistory(series: TimeSeriesStore, plan: ReplayPlan, settings: readonly DriftSetting[]): Promise<Replayed[]> {
  const rehearsals = settings.map((setting) => new Rehearsal(setting, plan));
  const digests = new Set(plan.bundles.map((b) => b.digest));
  const deviceIds = plan.devices.map((d) => d.deviceId);
  const kept = new Map<DeviceId, Window[]>(deviceIds.map((id) => [id, []]));
  const backMs = new Map(plan.devices.map((d) => [d.deviceId, d.lookBackMs]));
  for (let atMs = plan.fromMs + plan.stepMs; atMs <= plan.toMs; atMs += plan.stepMs) {
    for (const [id, windows] of kept) {
      const from = atMs - (backMs.get(id) ?? plan.lookBackMs);
      kept.set(
        id,
        windows.filter((w) => w.endMs > from),
      );
    }
    for (const window of await series.windows({ deviceIds, fromMs: atMs - plan.stepMs, toMs: atMs })) {
      const isDue = window.endMs <= atMs && digests.has(window.bundleDigest);
      if (isDue) kept.get(window.key.deviceId)?.push(window);
    }
    for (const rehearsal of rehearsals) {
      rehearsal.look(atMs, kept);
      await turn();
    }
  }
  return rehearsals.map(({ setting, alarms }) => ({ setting, alarms }));
}
