import { type DeviceId, KedgeError } from "@kedge/core";
import type { Window } from "@kedge/profile";
import { shardOf } from "@kedge/wire";
import {
  type Batch,
  byText,
  type Committed,
  type DeviceProfiles,
  dayMs,
  FleetFold,
  type FleetProfile,
  hourMs,
  jsonText,
  type IngestLedger,
  type Piece,
  pieceOf,
  profilesOf,
  type Retention,
  rolledUp,
  type SeriesPoint,
  type SeriesQuestion,
  SeriesSums,
  type StoreCounts,
  startOf,
  storeCodes,
  storeLimits,
  type TimeRange,
  type TimeSeriesStore,
  tooManyWindows,
  type WindowQuery,
} from "../../src/index.js";
import { type InfluxWindow, type InfluxWindows, influxWindow } from "./influx-windows.js";

type Range = Omit<WindowQuery, "limit">;

interface Waiting {
  readonly windows: readonly InfluxWindow[];
  readonly rest: Pick<Batch, "samples" | "marks" | "fences">;
  resolve(committed: Committed): void;
  reject(error: unknown): void;
}

/** (device, epoch)s whose highest sequence is remembered; past it all are asked for again. */
const maxRemembered = 200_000;

const rangeOf = ({ fromMs = 0, toMs = Number.MAX_SAFE_INTEGER }: Range): TimeRange => ({ fromMs, toMs });
const isIn = (shards: readonly string[] | undefined, deviceId: string): boolean => shards?.includes(shardOf(deviceId as DeviceId)) ?? true;
const epochOf = ({ deviceId, bootEpoch }: Window["key"]): string => `${deviceId} ${bootEpoch}`;

/**
 * Windows in InfluxDB 1.x; ingest marks, samples and dead letters in the collector's own store. Windows are written, and synced by the server, before
 * the marks: a crash between them leaves windows that the device sends again and that are known for repeats. One process at a time writes of a device.
 */
export class InfluxTimeSeriesStore implements TimeSeriesStore {
  readonly #influx: InfluxWindows;
  readonly #own: IngestLedger;
  readonly #highest = new Map<string, number>();
  #waiting: Waiting[] = [];
  #pending = 0;
  #isDraining = false;
  /** Writes, and what deletes, one after another. */
  #last: Promise<unknown> = Promise.resolve();
  /** Settles when no device's windows are being exchanged for their hour. */
  #exchange: Promise<unknown> = Promise.resolve();

  constructor(influx: InfluxWindows, own: IngestLedger) {
    this.#influx = influx;
    this.#own = own;
  }

  /** Forgets what is known of windows, and finishes what a crash left half deleted of these shards; before anything of them is written. */
  async adopt(shards?: readonly string[]): Promise<void> {
    this.#highest.clear();
    const left = (await this.#influx.pending()).filter((piece) => isIn(shards, piece.deviceId));
    for (const piece of left) await this.#alone(() => this.#settle(piece.deviceId, [piece]));
  }

  async commit({ windows, samples, marks, fences = [] }: Batch): Promise<Committed> {
    // What cannot be stored harms only its own batch.
    const ready = windows.map(influxWindow);
    for (const { deviceId, state } of marks) jsonText(state, `the ingest state of ${deviceId}`);
    if (this.#pending > 0 && this.#pending + ready.length > storeLimits.pending) {
      throw new KedgeError(storeCodes.overloaded, `committing ${ready.length} windows failed: ${this.#pending} wait already`, {
        hint: "InfluxDB is slower than what comes in; devices send again.",
        retryable: true,
      });
    }
    this.#pending += ready.length;
    return await new Promise((resolve, reject) => {
      this.#waiting.push({ windows: ready, rest: { samples, marks, fences }, resolve, reject });
      if (!this.#isDraining) void this.#drain();
    });
  }

  async windows(query: WindowQuery): Promise<Window[]> {
    const found: Window[] = [];
    await this.#exchange;
    for (const id of await this.#ids(query)) {
      for await (const page of this.#influx.windowsOf(id, rangeOf(query), query.bundleDigest)) {
        for (const window of page) found.push(window);
        if (query.limit === undefined && found.length > storeLimits.windows) throw tooManyWindows();
      }
    }
    const inOrder = found.sort(
      (a, b) => a.startMs - b.startMs || byText(a.key.deviceId, b.key.deviceId) || a.key.bootEpoch - b.key.bootEpoch || a.key.seq - b.key.seq,
    );
    return inOrder.slice(0, query.limit);
  }

  profilesByDevice(query: Range, specHash: string): Promise<DeviceProfiles> {
    return profilesOf(this.#pages(query), rangeOf(query), specHash);
  }

  async fleetProfile(query: Range, specHash: string): Promise<FleetProfile> {
    const fold = new FleetFold(specHash);
    await fold.addDevices(this.#pages(query), rangeOf(query));
    return fold.profile();
  }

  async series(query: Range, question: SeriesQuestion): Promise<SeriesPoint[]> {
    const sums = new SeriesSums(question);
    for await (const page of this.#pages(query)) for (const { atMs, profile } of page) sums.add(atMs, profile);
    return sums.points();
  }

  ingestMarks: TimeSeriesStore["ingestMarks"] = (shards) => this.#own.ingestMarks(shards);
  samples: TimeSeriesStore["samples"] = (query) => this.#own.samples(query);
  sample: TimeSeriesStore["sample"] = (id) => this.#own.sample(id);
  label: TimeSeriesStore["label"] = (labels, atMs) => this.#own.label(labels, atMs);
  trimSamples: TimeSeriesStore["trimSamples"] = (maxBytes) => this.#own.trimSamples(maxBytes);
  addDeadLetter: TimeSeriesStore["addDeadLetter"] = (letter) => this.#own.addDeadLetter(letter);
  deadLetters: TimeSeriesStore["deadLetters"] = (query) => this.#own.deadLetters(query);
  deadLetter: TimeSeriesStore["deadLetter"] = (id) => this.#own.deadLetter(id);
  deadLetterTotals: TimeSeriesStore["deadLetterTotals"] = () => this.#own.deadLetterTotals();

  async counts(deviceIds?: readonly string[]): Promise<StoreCounts> {
    const own = await this.#own.counts(deviceIds);
    const { stored, rows } = await this.#influx.counts(deviceIds);
    // A key is one point, so that there is nothing to be counted twice.
    return { ...own, stored, distinct: stored, rows, damaged: own.damaged + this.#influx.damaged };
  }

  /** Windows are merged when they are asked for, and when they are deleted. */
  async rollUp(): Promise<number> {
    return 0;
  }

  async deleteBefore(limits: Retention): Promise<number> {
    const { windowsMs = 0, hoursMs = 0, daysMs = 0 } = limits;
    const { samplesMs, deadLettersMs } = limits;
    let deleted = await this.#own.deleteBefore({
      ...(samplesMs === undefined ? {} : { samplesMs }),
      ...(deadLettersMs === undefined ? {} : { deadLettersMs }),
    });
    for (const id of (await this.#influx.deviceIds()).filter((id) => isIn(limits.shards, id))) {
      deleted += await this.#alone(() => this.#age(id, startOf(windowsMs, hourMs), startOf(hoursMs, dayMs)));
      if (startOf(daysMs, dayMs) > 0) await this.#influx.deletePieces(id, dayMs, { fromMs: 0, toMs: startOf(daysMs, dayMs) });
    }
    return deleted;
  }

  async #drain(): Promise<void> {
    this.#isDraining = true;
    while (this.#waiting.length > 0) {
      let count = 0;
      let size = 0;
      for (const { windows } of this.#waiting) {
        if (count > 0 && size + windows.length > storeLimits.group) break;
        size += windows.length;
        count += 1;
      }
      const group = this.#waiting.splice(0, count);
      await this.#alone(() => this.#commit(group));
      this.#pending -= size;
    }
    this.#isDraining = false;
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    try {
      const all = group.flatMap((g) => g.windows);
      const isNew = await this.#newOnes(all);
      await this.#influx.writeWindows(all.filter((_, i) => isNew[i]));
      for (const [i, { window }] of all.entries()) {
        const epoch = epochOf(window.key);
        if (isNew[i] === true) this.#highest.set(epoch, Math.max(this.#highest.get(epoch) ?? 0, window.key.seq));
      }
      let at = 0;
      for (const one of group) {
        const fresh = isNew.slice(at, at + one.windows.length).filter(Boolean).length;
        at += one.windows.length;
        this.#own.commit({ windows: [], ...one.rest }).then(
          ({ inserted, repeated }) => one.resolve({ inserted: inserted + fresh, repeated: repeated + one.windows.length - fresh }),
          (error: unknown) => one.reject(error),
        );
      }
    } catch (error) {
      for (const one of group) one.reject(error);
    }
  }

  /** Which windows are not stored: at once for what comes in order, by asking for the rest. */
  async #newOnes(all: readonly InfluxWindow[]): Promise<boolean[]> {
    if (this.#highest.size > maxRemembered) this.#highest.clear();
    const keys = all.map(({ window }) => window.key);
    const unknown = [...new Map(keys.filter((k) => !this.#highest.has(epochOf(k))).map((k) => [epochOf(k), k])).values()];
    const found = await this.#influx.highest(unknown);
    for (const [i, key] of unknown.entries()) this.#highest.set(epochOf(key), found[i] ?? 0);
    const doubtful = keys.filter((k) => k.seq <= (this.#highest.get(epochOf(k)) ?? 0));
    const known = await this.#influx.known(doubtful);
    const seen = new Set(doubtful.filter((_, i) => known[i]).map((k) => `${epochOf(k)} ${k.seq}`));
    return keys.map((key) => {
      const name = `${epochOf(key)} ${key.seq}`;
      if (seen.has(name)) return false;
      seen.add(name);
      return true;
    });
  }

  /** Exchanges a device's old windows for their hours, and old hours for their days; how many went. */
  async #age(deviceId: string, windowsMs: number, hoursMs: number): Promise<number> {
    const old: Piece[] = [];
    for await (const page of this.#influx.windowsOf(deviceId, { fromMs: 0, toMs: windowsMs }, undefined)) for (const window of page) old.push(pieceOf(window));
    const before = await this.#influx.piecesOf(deviceId, { fromMs: 0, toMs: windowsMs }, undefined);
    const starts = new Set(old.map((w) => startOf(w.atMs, hourMs)));
    const touched = before.filter((p) => p.levelMs === hourMs && starts.has(p.atMs));
    await this.#swap(deviceId, rolledUp(hourMs, [...touched, ...old]));
    const kept = await this.#influx.piecesOf(deviceId, { fromMs: 0, toMs: hoursMs }, undefined);
    const oldHours = kept.filter((p) => p.levelMs === hourMs);
    const days = new Set(oldHours.map((p) => startOf(p.atMs, dayMs)));
    await this.#swap(deviceId, rolledUp(dayMs, [...kept.filter((p) => p.levelMs === dayMs && days.has(p.atMs)), ...oldHours]));
    return old.length + oldHours.length;
  }

  async #swap(deviceId: string, merged: readonly Piece[]): Promise<void> {
    if (merged.length === 0) return;
    const work = async (): Promise<void> => {
      const pending = merged.map((piece) => ({ ...piece, isPending: true }));
      await this.#influx.writePieces(pending);
      await this.#settle(deviceId, pending);
    };
    this.#exchange = work();
    await this.#exchange;
  }

  /** Deletes what pieces were merged from, and says so. Done again after a crash, it deletes nothing else. */
  async #settle(deviceId: string, pieces: readonly Piece[]): Promise<void> {
    for (const { levelMs, atMs } of pieces) {
      const range = { fromMs: atMs, toMs: atMs + levelMs };
      if (levelMs === hourMs) await this.#influx.deleteWindows(deviceId, range);
      else await this.#influx.deletePieces(deviceId, hourMs, range);
    }
    await this.#influx.writePieces(pieces.map((piece) => ({ ...piece, isPending: false })));
  }

  async #ids({ deviceIds }: Range): Promise<string[]> {
    return [...new Set(deviceIds ?? (await this.#influx.deviceIds()))].sort(byText);
  }

  async *#pages(query: Range): AsyncGenerator<readonly Piece[]> {
    for (const id of await this.#ids(query)) {
      // Between an hour's writing and its windows' deletion both are there.
      await this.#exchange;
      yield await this.#influx.piecesOf(id, rangeOf(query), query.bundleDigest);
      for await (const page of this.#influx.windowsOf(id, rangeOf(query), query.bundleDigest)) yield page.map(pieceOf);
    }
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work, work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
