import type { DeviceId, Labels, Sha256 } from "@kedge/core";
import { isIncompatible, mergeProfiles, type Profile, type ReferenceProfile, referenceFor, type Window } from "@kedge/profile";
import { type DeviceMemory, isAfter, pooledByIndex, rememberWindow } from "./device-memory.js";
import type { DeviceProfile, LabelledAnswers } from "./device-profile.js";
import { defaultDriftOptions, type DriftOptions } from "./drift-options.js";
import { evaluateFleet, type FleetEvaluation } from "./evaluate-fleet.js";
import { seasonAt, type SeasonProfiles } from "./seasons.js";
import { type FeatureWatch, watchesOf } from "./watch.js";

/** A device with its windows of the bundle in question: those of the look-back, and any earlier ones that its memory has not taken. */
export interface WatchedDevice {
  readonly deviceId: DeviceId;
  readonly labels: Labels;
  /** In the order of their ends. */
  readonly windows: readonly Window[];
  readonly labelled?: LabelledAnswers;
}

/** The devices that run one bundle, what is normal for them, and what is known of them from earlier looks. */
export interface WatchedFleet {
  readonly bundleDigest: Sha256;
  readonly reference: ReferenceProfile;
  readonly devices: readonly WatchedDevice[];
  readonly memories: ReadonlyMap<DeviceId, DeviceMemory>;
  readonly atMs: number;
  readonly lookBackMs: number;
  /** What is usual in each hour of the week for devices with this reference of the bundle; `undefined`: nothing was learnt. */
  readonly seasonsOf?: (reference: Profile) => SeasonProfiles | undefined;
  readonly accuracy?: LabelledAnswers;
  readonly isOtherVersionClean?: boolean;
}

/** What a look found, and what is to be kept for the next one. */
export interface FleetLook extends FleetEvaluation {
  /** Of the devices that were looked at. */
  readonly memories: ReadonlyMap<DeviceId, DeviceMemory>;
  /** Devices that have windows in the look-back. */
  readonly devices: readonly DeviceProfile[];
}

/** The last part of the look-back that is looked at by itself. */
const recentShare = 0.3;
/** What is usual is asked for anew for each stretch of this length. */
const stretchMs = 600_000;

function sumOf(windows: readonly Window[]): Profile | undefined {
  let sum: Profile | undefined;
  for (const { profile } of windows) {
    const merged = sum === undefined ? profile : mergeProfiles(sum, profile);
    if (!isIncompatible(merged)) sum = merged;
  }
  return sum;
}

/** What is usual, by reference and time, worked out once for all devices. */
class Usual {
  readonly #fleet: WatchedFleet;
  readonly #options: DriftOptions;
  readonly #watches = new Map<string, readonly FeatureWatch[]>();
  readonly #seasons = new Map<Profile, Profile | undefined>();
  readonly #references = new Map<string, { readonly selector: string; readonly profile: Profile } | undefined>();

  constructor(fleet: WatchedFleet, options: DriftOptions) {
    this.#fleet = fleet;
    this.#options = options;
  }

  /** The reference of these labels with its selector. */
  referenceOf(labels: Labels): { readonly selector: string; readonly profile: Profile } | undefined {
    const key = JSON.stringify(labels);
    if (this.#references.has(key)) return this.#references.get(key);
    const profile = referenceFor(this.#fleet.reference, labels);
    const selector = this.#fleet.reference.cohorts.find((c) => c.profile === profile)?.selector ?? "";
    const found = profile === undefined ? undefined : { selector, profile };
    this.#references.set(key, found);
    return found;
  }

  /** How a window that begins then is followed. */
  watchesAt(selector: string, reference: Profile, startMs: number): readonly FeatureWatch[] {
    const seasons = this.#fleet.seasonsOf?.(reference);
    const stretch = seasons === undefined ? 0 : Math.floor(startMs / stretchMs);
    const key = `${stretch}/${selector}`;
    const known = this.#watches.get(key);
    if (known !== undefined) return known;
    const season = seasons === undefined ? undefined : seasonAt(seasons, stretch * stretchMs, (stretch + 1) * stretchMs);
    const watches = watchesOf(this.#fleet.reference.spec, season ?? reference, this.#options);
    this.#watches.set(key, watches);
    return watches;
  }

  /** What is usual over these windows' time. */
  seasonOf(reference: Profile): Profile | undefined {
    if (this.#seasons.has(reference)) return this.#seasons.get(reference);
    const { seasonsOf, atMs, lookBackMs } = this.#fleet;
    const seasons = seasonsOf?.(reference);
    const season = seasons === undefined ? undefined : seasonAt(seasons, atMs - lookBackMs, atMs);
    this.#seasons.set(reference, season);
    return season;
  }
}

function remember(device: WatchedDevice, fleet: WatchedFleet, usual: Usual, pooled: ReadonlyMap<number, number>): DeviceMemory | undefined {
  const reference = usual.referenceOf(device.labels);
  let memory = fleet.memories.get(device.deviceId);
  if (reference === undefined) return memory;
  const { last } = memory ?? {};
  const unseen = device.windows.filter((w) => w.profile.specHash === reference.profile.specHash && (last === undefined || isAfter(w.key, last)));
  unseen.sort((a, b) => (isAfter(a.key, b.key) ? 1 : -1));
  for (const window of unseen) {
    const watches = usual.watchesAt(reference.selector, reference.profile, window.startMs);
    memory = rememberWindow(memory, window, { bundleDigest: fleet.bundleDigest, reference: reference.selector, watches, pooled });
  }
  return memory?.bundleDigest === fleet.bundleDigest ? memory : undefined;
}

/**
 * One look at the devices that run one bundle: takes their new windows into their memories, then holds the look-back against what is usual.
 * Everything that a collector does to judge drift, so that replaying stored windows through it gives what the collector would have said.
 */
export function lookAtFleet(fleet: WatchedFleet, options: DriftOptions = defaultDriftOptions): FleetLook {
  const { atMs, lookBackMs, reference, accuracy, isOtherVersionClean } = fleet;
  const usual = new Usual(fleet, options);
  const pooled = pooledByIndex(fleet.devices.flatMap(({ deviceId }) => fleet.memories.get(deviceId) ?? []).filter((m) => m.bundleDigest === fleet.bundleDigest));
  const memories = new Map<DeviceId, DeviceMemory>();
  const profiles: DeviceProfile[] = [];
  for (const device of fleet.devices) {
    const { deviceId, labels, labelled } = device;
    const memory = remember(device, fleet, usual, pooled);
    if (memory !== undefined) memories.set(deviceId, memory);
    const windows = device.windows.filter((w) => w.endMs > atMs - lookBackMs);
    const profile = sumOf(windows);
    if (profile === undefined) continue;
    const recent = sumOf(windows.filter((w) => w.endMs > atMs - recentShare * lookBackMs));
    const held = usual.referenceOf(labels);
    const season = held === undefined ? undefined : usual.seasonOf(held.profile);
    profiles.push({
      deviceId,
      labels,
      profile,
      windows,
      ...(recent === undefined ? {} : { recent }),
      ...(memory === undefined ? {} : { memory }),
      ...(season === undefined ? {} : { season }),
      ...(labelled === undefined ? {} : { labelled }),
    });
  }
  const grounds = { ...(accuracy === undefined ? {} : { accuracy }), ...(isOtherVersionClean === undefined ? {} : { isOtherVersionClean }) };
  return { ...evaluateFleet({ reference, devices: profiles, ...grounds }, options), memories, devices: profiles };
}
