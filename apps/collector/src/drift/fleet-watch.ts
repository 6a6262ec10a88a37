import type { Incident } from "@kedge/alert";
import { type Clock, type DeviceId, type Log, messageOf, type Sha256 } from "@kedge/core";
import { driftOptionsOf, FleetLooker } from "@kedge/drift";
import type { ReferenceProfile, Window } from "@kedge/profile";
import { change, type Documents, put, type TimeSeriesStore } from "@kedge/store";
import type { DeviceRecord, DriftModelRecord } from "../collections.js";
import type { BundleShelf } from "../fleet/bundle-shelf.js";
import { lookBackOf } from "../fleet/device-profiles.js";
import { type Look, worthKeeping } from "./look.js";
import { MemoryKeeper, type MemoryShard } from "./memory-keeper.js";
import { scoresKeptMs, ScoreHistory, type ScoreHour } from "./score-history.js";
import { withPauses } from "./with-pauses.js";
import { isQuiet, type LabelledWindow, type Learnt, type SeasonHour, SeasonKeeper, settleMs } from "./season-keeper.js";

/** What the watch needs of the program. */
export interface FleetWatchDeps {
  readonly shelf: BundleShelf;
  readonly series: TimeSeriesStore;
  readonly documents: {
    readonly driftModels: Documents<DriftModelRecord>;
    readonly driftMemories: Documents<MemoryShard>;
    readonly driftScores: Documents<ScoreHour>;
    readonly seasonHours: Documents<SeasonHour>;
    readonly incidents: Documents<Incident>;
  };
  readonly clock: Clock;
  readonly log: Log;
}

/** The devices that run a bundle, and when they are looked at. */
export interface BundleToWatch {
  readonly digest: Sha256;
  readonly devices: readonly DeviceRecord[];
  readonly atMs: number;
  readonly lookBackMs: number;
  readonly isOtherVersionClean: boolean;
}

/** Devices whose windows are in memory at once: ten minutes of 50 devices, a window a minute, are some 5 MB, and gone before the collector of garbage moves them. */
const devicesAtOnce = 50;
/** Windows that a device which was away gives its memory in one look. */
const mostEarlier = 5_000;
/** Rows that a device must have for its look to count as clean. */
const judgedRows = 50;
/** What is kept in memory is stored this often. */
const saveEveryMs = 300_000;
const hourMs = 3_600_000;

/** History is read in steps of a day of one device. */
const stepMs = 86_400_000;

/** History of a bundle. `isVouched`: somebody says that it was normal. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly digest: Sha256;
  readonly isVouched?: boolean;
}

/** What holds for a model about which nothing was set. */
export function newDriftModel(model: string, nowMs: number): DriftModelRecord {
  return { model, setting: {}, version: 0, changedAtMs: null, changedBy: null, learntUntilMs: Math.floor(nowMs / hourMs) * hourMs };
}

/** The drift monitor with what it keeps: memories of devices, hours of the week, scores of past looks, limits by model. */
export class FleetWatch {
  readonly #deps: FleetWatchDeps;
  readonly #memories: MemoryKeeper;
  readonly seasons: SeasonKeeper;
  readonly scores: ScoreHistory;
  #savedAtMs = 0;

  constructor(deps: FleetWatchDeps) {
    this.#deps = deps;
    const { driftMemories, seasonHours, driftScores } = deps.documents;
    this.#memories = new MemoryKeeper(driftMemories);
    this.seasons = new SeasonKeeper(seasonHours, deps.log);
    this.scores = new ScoreHistory(driftScores);
  }

  /** Takes what is stored in the place of what is in memory. */
  async load(): Promise<void> {
    this.scores.forget();
    await this.#memories.load();
    await this.seasons.load();
  }

  async modelOf(model: string): Promise<DriftModelRecord> {
    return (await this.#deps.documents.driftModels.get(model))?.body ?? newDriftModel(model, this.#deps.clock.nowMs());
  }

  /** Looks at the devices that run one bundle; `undefined` when that is not registered here. */
  async lookAt({ digest, devices, atMs, lookBackMs, isOtherVersionClean }: BundleToWatch): Promise<Look | undefined> {
    const known = await this.#deps.shelf.find(digest);
    if (known === undefined) return undefined;
    const { name, version } = known.bundle.manifest;
    const { reference, schema } = known;
    const seasonsOf = (training: Parameters<SeasonKeeper["seasonsOf"]>[2]) => this.seasons.seasonsOf(name, reference, training);
    const fleet = { bundleDigest: digest, reference, schema, memories: this.#memories.all, atMs, lookBackMs, seasonsOf, isOtherVersionClean };
    const looker = new FleetLooker(fleet, driftOptionsOf((await this.modelOf(name)).setting));
    for (let at = 0; at < devices.length; at += devicesAtOnce) {
      const some = devices.slice(at, at + devicesAtOnce);
      const backMs = new Map(some.map((device) => [device.deviceId, lookBackOf(device, lookBackMs)]));
      const windows = await this.#windowsOf(some, digest, atMs - Math.max(lookBackMs, ...backMs.values()));
      for (const { deviceId, labels } of some)
        looker.take({ deviceId, labels, windows: windows.get(deviceId) ?? [], lookBackMs: backMs.get(deviceId) ?? lookBackMs });
    }
    const { causes, verdicts, rows, leftOut, memories, devices: profiles } = await withPauses(looker.looking());
    this.#memories.keep(memories);
    await this.scores.note(digest, atMs, verdicts);
    const deviceIds = profiles.filter((p) => p.profile.rows >= judgedRows && !leftOut.includes(p.deviceId)).map((p) => p.deviceId);
    return { bundle: { digest, name, version }, atMs, lookBackMs, deviceIds, rows, leftOut, causes, verdicts: worthKeeping(verdicts) };
  }

  /** Windows of the look-back by device; of devices that were away, or while the collector was, also what their memories have not taken. */
  async #windowsOf(devices: readonly DeviceRecord[], bundleDigest: Sha256, fromMs: number): Promise<Map<DeviceId, Window[]>> {
    const { series } = this.#deps;
    const byDevice = new Map<DeviceId, Window[]>(devices.map((d) => [d.deviceId, []]));
    for (const { deviceId, isOnline } of devices) {
      const memory = this.#memories.all.get(deviceId);
      if (memory === undefined || memory.bundleDigest !== bundleDigest || memory.last.endMs >= fromMs || !isOnline) continue;
      const earlier = await series.windows({ deviceIds: [deviceId], bundleDigest, fromMs: memory.last.endMs, toMs: fromMs, limit: mostEarlier });
      byDevice.set(
        deviceId,
        earlier.filter((w) => w.endMs <= fromMs),
      );
    }
    for (const window of await series.windows({ deviceIds: devices.map((d) => d.deviceId), bundleDigest, fromMs })) {
      byDevice.get(window.key.deviceId)?.push(window);
    }
    return byDevice;
  }

  /** What is due beside looking: quiet hours are learnt, and what is kept is stored. */
  async upkeep(looks: readonly Look[], members: readonly DeviceRecord[], atMs: number): Promise<void> {
    for (const { bundle } of looks) await this.#learnHours(bundle, members, atMs);
    if (atMs - this.#savedAtMs < saveEveryMs) return;
    this.#savedAtMs = atMs;
    const ids = new Set(members.map((d) => d.deviceId));
    this.#memories.keepOnly((deviceId) => ids.has(deviceId));
    await this.save();
    await this.scores.prune(atMs - scoresKeptMs);
  }

  async save(): Promise<void> {
    await this.#memories.save();
    await this.scores.save();
  }

  async #learnHours({ name, digest }: Look["bundle"], members: readonly DeviceRecord[], atMs: number): Promise<void> {
    const { shelf, documents, log } = this.#deps;
    const { driftModels, incidents } = documents;
    const record = (await driftModels.get(name))?.body ?? (await put(driftModels, name, newDriftModel(name, atMs))).body;
    const fromMs = record.learntUntilMs;
    const known = await shelf.find(digest);
    if (known === undefined || fromMs + hourMs + settleMs > atMs) return;
    const ofModel = (await incidents.list({ newestFirst: true, limit: 10_000 })).map((d) => d.body).filter((i) => i.modelName === name);
    if (isQuiet(fromMs, ofModel)) {
      const taken = await this.learn(name, known.reference, members, { fromMs, toMs: fromMs + hourMs, digest });
      log.debug({ model: name, fromMs, ...taken }, "an hour of the week was learnt");
    }
    await change(driftModels, name, (r) => ({ ...r, learntUntilMs: fromMs + hourMs }));
  }

  /** Takes stored windows of a stretch of time for normal. */
  learn(model: string, reference: ReferenceProfile, members: Iterable<DeviceRecord>, { isVouched = false, ...stretch }: Stretch): Promise<Learnt> {
    return this.seasons.learn(model, reference, this.#history(members, stretch), isVouched);
  }

  /** Windows of devices, some at a time. */
  async *#history(members: Iterable<DeviceRecord>, { fromMs, toMs, digest }: Stretch): AsyncGenerator<LabelledWindow> {
    const { series, log } = this.#deps;
    for (const { deviceId, labels } of members) {
      for (let from = fromMs; from < toMs; from += stepMs) {
        const until = Math.min(toMs, from + stepMs);
        try {
          const windows = await series.windows({ deviceIds: [deviceId], bundleDigest: digest, fromMs: from, toMs: until });
          // A window that crosses the border belongs to the step that it ends in.
          for (const window of windows) if (window.endMs <= until) yield { window, labels };
        } catch (error) {
          log.error({ deviceId, error: messageOf(error) }, "windows of a device could not be read; its hours are not learnt");
        }
      }
    }
  }
}
