import type { DeviceId } from "@kedge/core";
import type { Window } from "@kedge/profile";
import { encodeSample } from "@kedge/wire";
import {
  type Batch,
  byText,
  type Committed,
  type DeadLetter,
  type DeadLetterQuery,
  type DeadLetterTotal,
  type StoredDeadLetter,
  type DeviceProfiles,
  dayMs,
  FleetFold,
  type FleetProfile,
  hourMs,
  type IngestMark,
  jsonText,
  messageOfWindow,
  type Piece,
  pieceOf,
  profilesOf,
  type Retention,
  rolledUp,
  type SampleQuery,
  type SeriesPoint,
  type SeriesQuestion,
  SeriesSums,
  type StoreCounts,
  type StoredSample,
  sampleId,
  startOf,
  storeLimits,
  type TimeRange,
  type TimeSeriesStore,
  totalsOf,
  tooManySamples,
  tooManyWindows,
  type WindowQuery,
  windowOf,
} from "../../src/index.js";

type Range = Omit<WindowQuery, "limit">;

interface DeviceShelf {
  /** By epoch and sequence; as the wire has them, so that what comes back is what any store would give. */
  readonly windows: Map<string, Window>;
  /** Hours whose windows, and days whose hours, are gone. */
  merged: Piece[];
}

const rangeOf = ({ fromMs = 0, toMs = Number.MAX_SAFE_INTEGER }: Range): TimeRange => ({ fromMs, toMs });
const isIn = (atMs: number, { fromMs, toMs }: TimeRange): boolean => atMs >= fromMs && atMs < toMs;
const byKey = (a: Window, b: Window): number => a.key.bootEpoch - b.key.bootEpoch || a.key.seq - b.key.seq;
const byEnd = (a: Window, b: Window): number => a.endMs - b.endMs || byKey(a, b);
const byStart = (a: Window, b: Window): number => a.startMs - b.startMs || byText(a.key.deviceId, b.key.deviceId) || byKey(a, b);

/**
 * What devices sent, in memory and in the plainest form: what the other stores are held against, and what simulations use. It forgets all when the
 * process ends, so a collector does not offer it.
 */
export class MemoryTimeSeriesStore implements TimeSeriesStore {
  readonly #devices = new Map<string, DeviceShelf>();
  readonly #marks = new Map<DeviceId, string>();
  readonly #samples = new Map<string, { readonly stored: StoredSample; readonly bytes: number }>();
  #letters: StoredDeadLetter[] = [];
  #lastLetter = 0;
  readonly #letterTotals = new Map<string, number>();

  async commit({ windows, samples, marks }: Batch): Promise<Committed> {
    // All that can fail comes first: a batch is kept wholly or not at all.
    const checked = windows.map((received) => {
      const { key, startMs, endMs, bundleDigest, trigger } = received;
      return windowOf({ key, startMs, endMs, bundleDigest, trigger, ...totalsOf(received), encoded: messageOfWindow(received) });
    });
    const sized = samples.map((sample) => ({ stored: { id: sampleId(sample), sample, label: null, labelledMs: null }, bytes: encodeSample(sample).length }));
    const states = marks.map((m) => [m.deviceId, jsonText(m.state, `the ingest state of ${m.deviceId}`)] as const);
    let inserted = 0;
    for (const window of checked) {
      const shelf = this.#devices.get(window.key.deviceId) ?? { windows: new Map<string, Window>(), merged: [] };
      this.#devices.set(window.key.deviceId, shelf);
      const key = `${window.key.bootEpoch}.${window.key.seq}`;
      if (shelf.windows.has(key)) continue;
      shelf.windows.set(key, window);
      inserted += 1;
    }
    for (const sample of sized) {
      if (this.#samples.has(sample.stored.id)) continue;
      this.#samples.set(sample.stored.id, sample);
      inserted += 1;
    }
    for (const [id, state] of states) this.#marks.set(id, state);
    return { inserted, repeated: windows.length + samples.length - inserted };
  }

  async ingestMarks(): Promise<IngestMark[]> {
    return [...this.#marks].sort((a, b) => byText(a[0], b[0])).map(([deviceId, state]) => ({ deviceId, state: JSON.parse(state) as unknown }));
  }

  async windows(query: WindowQuery): Promise<Window[]> {
    const found = this.#ids(query).flatMap((id) => this.#windowsOf(id, query));
    if (query.limit === undefined && found.length > storeLimits.windows) throw tooManyWindows();
    return found.sort(byStart).slice(0, query.limit);
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

  async samples(query: SampleQuery): Promise<StoredSample[]> {
    const after = query.after === undefined ? undefined : this.#samples.get(query.after)?.stored;
    const isAfter = (s: StoredSample): boolean =>
      query.after === undefined || (after !== undefined && (s.sample.atMs - after.sample.atMs || byText(s.id, after.id)) > 0);
    const found = this.#sorted().filter(
      (s) =>
        (query.deviceIds?.includes(s.sample.key.deviceId) ?? true) &&
        (query.isLabelled === undefined || query.isLabelled === (s.label !== null)) &&
        s.sample.atMs >= (query.fromMs ?? 0) &&
        s.sample.atMs < (query.toMs ?? Number.POSITIVE_INFINITY) &&
        isAfter(s),
    );
    if (query.limit === undefined && found.length > storeLimits.samples) throw tooManySamples();
    return found.slice(0, query.limit);
  }

  async sample(id: string): Promise<StoredSample | undefined> {
    return this.#samples.get(id)?.stored;
  }

  async label(labels: readonly { readonly id: string; readonly label: string }[], atMs: number): Promise<number> {
    let count = 0;
    for (const { id, label } of labels) {
      const found = this.#samples.get(id);
      if (found === undefined) continue;
      this.#samples.set(id, { ...found, stored: { ...found.stored, label, labelledMs: atMs } });
      count += 1;
    }
    return count;
  }

  async trimSamples(maxBytes: number): Promise<number> {
    const all = this.#sorted().sort((a, b) => Number(a.label !== null) - Number(b.label !== null));
    let total = [...this.#samples.values()].reduce((sum, s) => sum + s.bytes, 0);
    let gone = 0;
    for (const { id } of all) {
      if (total <= maxBytes) break;
      total -= this.#samples.get(id)?.bytes ?? 0;
      this.#samples.delete(id);
      gone += 1;
    }
    return gone;
  }

  async addDeadLetter(letter: DeadLetter): Promise<void> {
    this.#lastLetter += 1;
    this.#letters.push({ ...letter, id: this.#lastLetter, bytes: letter.bytes.slice(0, storeLimits.deadLetterBytes) });
    if (this.#letters.length > storeLimits.deadLetters) this.#letters.shift();
    const own = this.#letters.filter((l) => l.deviceId === letter.deviceId);
    if (own.length > storeLimits.deadLettersOfDevice) this.#letters.splice(this.#letters.indexOf(own[0] as StoredDeadLetter), 1);
    this.#letterTotals.set(letter.reason, (this.#letterTotals.get(letter.reason) ?? 0) + 1);
  }

  async deadLetters({ deviceId, reason, beforeId, limit }: DeadLetterQuery): Promise<StoredDeadLetter[]> {
    return this.#letters
      .filter((l) => l.deviceId === (deviceId ?? l.deviceId) && l.reason === (reason ?? l.reason) && l.id < (beforeId ?? Number.POSITIVE_INFINITY))
      .reverse()
      .slice(0, limit);
  }

  async deadLetter(id: number): Promise<StoredDeadLetter | undefined> {
    return this.#letters.find((l) => l.id === id);
  }

  async deadLetterTotals(): Promise<DeadLetterTotal[]> {
    return [...this.#letterTotals]
      .sort((a, b) => byText(a[0], b[0]))
      .map(([reason, total]) => {
        const kept = this.#letters.filter((l) => l.reason === reason);
        return { reason, total, kept: kept.length, newestMs: kept.length === 0 ? null : Math.max(...kept.map((l) => l.atMs)) };
      });
  }

  async counts(deviceIds?: readonly string[]): Promise<StoreCounts> {
    const windows = this.#ids(deviceIds === undefined ? {} : { deviceIds }).flatMap((id) => this.#windowsOf(id, {}));
    const samples = this.#sorted().filter((s) => deviceIds?.includes(s.sample.key.deviceId) ?? true);
    return {
      stored: windows.length,
      distinct: windows.length,
      rows: windows.reduce((sum, w) => sum + w.profile.rows, 0),
      samples: samples.length,
      labelled: samples.filter((s) => s.label !== null).length,
      deadLetters: this.#letters.filter((l) => deviceIds?.includes(l.deviceId) ?? true).length,
      damaged: 0,
    };
  }

  /** Nothing to do: windows are merged when they are asked for. */
  async rollUp(): Promise<number> {
    return 0;
  }

  async deleteBefore({ windowsMs = 0, hoursMs = 0, daysMs = 0, samplesMs = 0, deadLettersMs = 0 }: Retention): Promise<number> {
    let deleted = 0;
    for (const shelf of this.#devices.values()) deleted += this.#age(shelf, startOf(windowsMs, hourMs), startOf(hoursMs, dayMs), startOf(daysMs, dayMs));
    for (const [id, { stored }] of this.#samples) if (stored.label === null && stored.sample.atMs < samplesMs && this.#samples.delete(id)) deleted += 1;
    const kept = this.#letters.filter((l) => l.atMs >= deadLettersMs);
    deleted += this.#letters.length - kept.length;
    this.#letters = kept;
    return deleted;
  }

  #age(shelf: DeviceShelf, windowsMs: number, hoursMs: number, daysMs: number): number {
    const old = [...shelf.windows.values()].filter((w) => w.endMs < windowsMs).sort(byEnd);
    for (const { key } of old) shelf.windows.delete(`${key.bootEpoch}.${key.seq}`);
    const hours = rolledUp(hourMs, [...shelf.merged.filter((p) => p.levelMs === hourMs), ...old.map(pieceOf)]);
    const oldHours = hours.filter((p) => p.atMs < hoursMs);
    const days = rolledUp(dayMs, [...shelf.merged.filter((p) => p.levelMs === dayMs), ...oldHours]);
    const oldDays = days.filter((p) => p.atMs < daysMs);
    shelf.merged = [...days.filter((p) => p.atMs >= daysMs), ...hours.filter((p) => p.atMs >= hoursMs)];
    return old.length + oldHours.length + oldDays.length;
  }

  #ids({ deviceIds }: Pick<WindowQuery, "deviceIds">): string[] {
    return [...new Set(deviceIds ?? this.#devices.keys())].sort(byText);
  }

  #windowsOf(id: string, query: Range): Window[] {
    const range = rangeOf(query);
    const own = [...(this.#devices.get(id)?.windows.values() ?? [])];
    return own.filter((w) => isIn(w.endMs, range) && (query.bundleDigest === undefined || w.bundleDigest === query.bundleDigest)).sort(byEnd);
  }

  async *#pages(query: Range): AsyncGenerator<readonly Piece[]> {
    const range = rangeOf(query);
    for (const id of this.#ids(query)) {
      const merged = (this.#devices.get(id)?.merged ?? []).filter(
        (p) => isIn(p.atMs, range) && (query.bundleDigest === undefined || p.bundleDigest === query.bundleDigest),
      );
      yield [...merged, ...this.#windowsOf(id, query).map(pieceOf)];
    }
  }

  #sorted(): StoredSample[] {
    return [...this.#samples.values()].map((s) => s.stored).sort((a, b) => a.sample.atMs - b.sample.atMs || byText(a.id, b.id));
  }
}
