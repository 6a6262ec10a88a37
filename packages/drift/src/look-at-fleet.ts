import type { DeviceId, Labels, Sha256 } from "@kedge/core";
import { type Profile, ProfileSum, type ReferenceProfile, referenceFor, type Window } from "@kedge/profile";
import type { InputSchema } from "@kedge/sensor";
import { evaluatingAnomaliesFirst } from "./anomalies-first.js";
import { type DeviceMemory, isAfter, pooledByIndex, rememberWindow } from "./device-memory.js";
import { type DeviceProfile, type LabelledAnswers, partOf, type PartPlan, partPlanOf } from "./device-profile.js";
import { defaultDriftOptions, type DriftOptions } from "./drift-options.js";
import type { FleetEvaluation } from "./evaluate-fleet.js";
import { judgedWindows } from "./judged-windows.js";
import { seasonAt, type SeasonProfiles, withSpreadsOf } from "./seasons.js";
import { finished, type Steps } from "./steps.js";
import { type FeatureWatch, watchesOf } from "./watch.js";

/** A device with its windows of the bundle in question: those of the look-back, and any earlier ones that its memory has not taken. */
export interface WatchedDevice {
  readonly deviceId: DeviceId;
  readonly labels: Labels;
  /** In the order of their ends. */
  readonly windows: readonly Window[];
  /** Where it speaks so seldom that the fleet's look-back is too short for it. */
  readonly lookBackMs?: number;
  readonly labelled?: LabelledAnswers;
}

/** What is normal for the devices that run one bundle, and what is known of them from earlier looks. */
export interface WatchedFleet {
  readonly bundleDigest: Sha256;
  readonly reference: ReferenceProfile;
  /** What readings must be like; fields that break it are told of as such. */
  readonly schema?: InputSchema | undefined;
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

/** The sum of profiles that count by the first one's spec; the others are left out. */
class SumOfMany {
  #sum: ProfileSum | undefined;

  add(profile: ProfileSum): void {
    if (this.#sum === undefined) this.#sum = profile.copy();
    else this.#sum.add(profile);
  }

  get profile(): Profile | undefined {
    return this.#sum?.toProfile();
  }
}

/** What is usual, by reference and time, worked out once for all devices. */
class Usual {
  readonly #fleet: WatchedFleet;
  readonly #options: DriftOptions;
  readonly #watches = new Map<string, readonly FeatureWatch[]>();
  readonly #hours = new Map<Profile, SeasonProfiles | undefined>();
  readonly #seasons = new Map<Profile, Map<number, Readonly<Record<"whole" | "recent", Profile | undefined>>>>();
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

  #hoursOf(reference: Profile): SeasonProfiles | undefined {
    if (!this.#hours.has(reference)) this.#hours.set(reference, this.#fleet.seasonsOf?.(reference));
    return this.#hours.get(reference);
  }

  #between(reference: Profile, fromMs: number, toMs: number): Profile | undefined {
    const hours = this.#hoursOf(reference);
    const season = hours === undefined ? undefined : seasonAt(hours, fromMs, toMs);
    return season === undefined ? undefined : withSpreadsOf(season, reference);
  }

  /** How a window is followed. */
  watchesAt(selector: string, reference: Profile, window: Pick<Window, "startMs" | "endMs">): readonly FeatureWatch[] {
    const isSeasonal = this.#hoursOf(reference) !== undefined;
    const from = isSeasonal ? Math.floor(window.startMs / stretchMs) : 0;
    const to = isSeasonal ? Math.max(from + 1, Math.ceil(window.endMs / stretchMs)) : 0;
    const key = `${from}/${to}/${selector}`;
    const known = this.#watches.get(key);
    if (known !== undefined) return known;
    const season = isSeasonal ? this.#between(reference, from * stretchMs, to * stretchMs) : undefined;
    const watches = watchesOf(this.#fleet.reference.spec, season ?? reference, this.#options);
    this.#watches.set(key, watches);
    return watches;
  }

  /** What is usual over a look-back, and over its last part. */
  seasonsOf(reference: Profile, lookBackMs: number): Readonly<Record<"whole" | "recent", Profile | undefined>> {
    const ofReference = this.#seasons.get(reference) ?? new Map<number, Readonly<Record<"whole" | "recent", Profile | undefined>>>();
    this.#seasons.set(reference, ofReference);
    const known = ofReference.get(lookBackMs);
    if (known !== undefined) return known;
    const { atMs } = this.#fleet;
    const whole = this.#between(reference, atMs - lookBackMs, atMs);
    const seasons = { whole, recent: this.#between(reference, atMs - recentShare * lookBackMs, atMs) };
    ofReference.set(lookBackMs, seasons);
    return seasons;
  }
}

/**
 * One look at the devices that run one bundle: takes their new windows into their memories, then holds the look-back against what is usual.
 * Everything that a collector does to judge drift, so that replaying stored windows through it gives what the collector would have said.
 * Devices are taken one after the other, so that the windows of a large fleet need not be in memory at once.
 */
export class FleetLooker {
  readonly #fleet: WatchedFleet;
  readonly #options: DriftOptions;
  readonly #usual: Usual;
  readonly #parts: PartPlan;
  /** A window's profile in flat arrays, until the next one's. */
  #window: ProfileSum | undefined;
  readonly #pooled: ReturnType<typeof pooledByIndex>;
  readonly #memories = new Map<DeviceId, DeviceMemory>();
  readonly #profiles: DeviceProfile[] = [];
  /** Features of how a device runs: a machine that runs slower says nothing of what it sees. */
  readonly #ofRun: ReadonlySet<string>;

  constructor(fleet: WatchedFleet, options: DriftOptions = defaultDriftOptions) {
    this.#fleet = fleet;
    this.#options = options;
    this.#parts = partPlanOf(fleet.reference.spec);
    this.#usual = new Usual(fleet, options);
    this.#ofRun = new Set(fleet.reference.spec.features.flatMap((f) => (f.role === "runtime" ? [f.name] : [])));
    this.#pooled = pooledByIndex([...fleet.memories.values()].filter((m) => m.bundleDigest === fleet.bundleDigest));
  }

  #remember({ deviceId, labels, windows }: WatchedDevice): DeviceMemory | undefined {
    const { memories, bundleDigest } = this.#fleet;
    const reference = this.#usual.referenceOf(labels);
    let memory = memories.get(deviceId);
    if (reference === undefined) return undefined;
    const last = memory?.last;
    const unseen = windows.filter((w) => w.profile.specHash === reference.profile.specHash && (last === undefined || isAfter(w.key, last)));
    unseen.sort((a, b) => (isAfter(a.key, b.key) ? 1 : -1));
    for (const window of unseen) {
      const watches = this.#usual.watchesAt(reference.selector, reference.profile, window);
      memory = rememberWindow(memory, window, { bundleDigest, reference: reference.selector, watches, pooled: this.#pooled });
    }
    return memory?.bundleDigest === bundleDigest ? memory : undefined;
  }

  take(device: WatchedDevice): void {
    const { atMs } = this.#fleet;
    const { deviceId, labels, labelled, lookBackMs = this.#fleet.lookBackMs } = device;
    const memory = this.#remember(device);
    if (memory !== undefined) this.#memories.set(deviceId, memory);
    const fromMs = atMs - lookBackMs;
    const judged = judgedWindows(device.windows, { fromMs, leastRows: this.#options.minRows, tells: (stream) => !this.#ofRun.has(stream) });
    const [whole, lately] = [new SumOfMany(), new SumOfMany()];
    for (const window of judged) {
      const profile = this.#flat(window.profile);
      whole.add(profile);
      if (window.endMs > atMs - recentShare * lookBackMs) lately.add(profile);
    }
    const [profile, recent] = [whole.profile, lately.profile];
    if (profile === undefined) return;
    const held = this.#usual.referenceOf(labels);
    const seasons = held === undefined ? undefined : this.#usual.seasonsOf(held.profile, lookBackMs);
    this.#profiles.push({
      deviceId,
      labels,
      profile,
      parts: device.windows.flatMap((w) => (w.endMs > fromMs ? [partOf(w, this.#parts)] : [])),
      ...(recent === undefined ? {} : { recent }),
      ...(memory === undefined ? {} : { memory }),
      ...(seasons?.whole === undefined ? {} : { season: seasons.whole }),
      ...(seasons?.recent === undefined ? {} : { recentSeason: seasons.recent }),
      ...(labelled === undefined ? {} : { labelled }),
    });
  }

  #flat(profile: Profile): ProfileSum {
    if (this.#window === undefined || this.#window.load(profile) !== undefined) this.#window = ProfileSum.of(profile);
    return this.#window;
  }

  /** Judges what was taken, a few nodes at a time: a fleet of thousands takes seconds in all. */
  *looking(): Steps<FleetLook> {
    const { reference, schema, accuracy, isOtherVersionClean } = this.#fleet;
    const grounds = { ...(accuracy === undefined ? {} : { accuracy }), ...(isOtherVersionClean === undefined ? {} : { isOtherVersionClean }) };
    const found = yield* evaluatingAnomaliesFirst({ reference, schema, devices: this.#profiles, ...grounds }, this.#options);
    return { ...found, memories: this.#memories, devices: this.#profiles };
  }

  look(): FleetLook {
    return finished(this.looking());
  }
}

/** A look at devices that are all at hand; see {@link FleetLooker}. */
export function lookAtFleet(fleet: WatchedFleet, devices: readonly WatchedDevice[], options: DriftOptions = defaultDriftOptions): FleetLook {
  const looker = new FleetLooker(fleet, options);
  for (const device of devices) looker.take(device);
  return looker.look();
}
