import type { DeviceId } from "@kedge/core";
import { KedgeError } from "@kedge/core";
import type { Window } from "@kedge/profile";
import type { StatementSyncInstance } from "@photostructure/sqlite";
import {
  type Batch,
  type Committed,
  type DeadLetter,
  type DeviceProfiles,
  type DeviceWindows,
  type FleetProfile,
  type IngestMark,
  jsonText,
  type SampleQuery,
  type SeriesPoint,
  type SeriesQuestion,
  SeriesSums,
  type StoreCounts,
  type StoredSample,
  storeCodes,
  storeLimits,
  type TimeSeriesStore,
  WindowMerger,
  type WindowQuery,
} from "../../src/index.js";
import { DeadLetterTable } from "./dead-letter-table.js";
import { GroupCommit } from "./group-commit.js";
import type { OpenDatabase } from "./open-database.js";
import { SampleTable, sampleRow } from "./sample-table.js";
import { storageFault } from "./sqlite-faults.js";
import { WindowTable, windowRow } from "./window-table.js";

type Range = Omit<WindowQuery, "limit">;

function byStart(a: Window, b: Window): number {
  return (
    a.startMs - b.startMs ||
    (a.key.deviceId < b.key.deviceId ? -1 : a.key.deviceId > b.key.deviceId ? 1 : 0) ||
    a.key.bootEpoch - b.key.bootEpoch ||
    a.key.seq - b.key.seq
  );
}

/** Windows, samples, ingest marks and dead letters in SQLite. */
export class SqliteTimeSeriesStore implements TimeSeriesStore {
  readonly #database: OpenDatabase;
  readonly #windows: WindowTable;
  readonly #samples: SampleTable;
  readonly #letters: DeadLetterTable;
  readonly #saveMark: StatementSyncInstance;
  readonly #commits: GroupCommit;

  constructor(database: OpenDatabase) {
    const db = database.driver;
    this.#database = database;
    this.#windows = new WindowTable(db);
    this.#samples = new SampleTable(db);
    this.#letters = new DeadLetterTable(db);
    this.#saveMark = db.prepare("insert into ingest_marks values (?, ?) on conflict (device_id) do update set state = excluded.state");
    this.#commits = new GroupCommit(db, { fault: (error) => this.#fault(error, "writing to"), undone: () => this.#windows.forget() });
  }

  async commit(batch: Batch): Promise<Committed> {
    // Encoded before the transaction: what cannot be stored harms only its own batch.
    const windows = batch.windows.map(windowRow);
    const samples = batch.samples.map(sampleRow);
    const marks = batch.marks.map((m) => [m.deviceId, jsonText(m.state, `the ingest state of ${m.deviceId}`)] as const);
    const inserted = await this.#commits.run(windows.length + samples.length + marks.length, () => {
      for (const [id, state] of marks) this.#saveMark.run(id, state);
      return this.#windows.insert(windows) + this.#samples.insert(samples);
    });
    return { inserted, repeated: windows.length + samples.length - inserted };
  }

  ingestMarks(): Promise<IngestMark[]> {
    return this.#reading(async () => {
      const rows = this.#database.driver.prepare("select device_id, state from ingest_marks order by device_id").all() as {
        device_id: string;
        state: string;
      }[];
      return rows.map((r) => ({ deviceId: r.device_id as DeviceId, state: JSON.parse(r.state) as unknown }));
    });
  }

  windows(query: WindowQuery): Promise<Window[]> {
    const limit = query.limit ?? storeLimits.windows;
    return this.#reading(async () => {
      let found: Window[] = [];
      let matched = 0;
      for await (const page of this.#windows.pages(query)) {
        for (const window of page) found.push(window);
        matched += page.length;
        if (query.limit === undefined && matched > limit) throw tooManyWindows();
        if (found.length > 2 * limit) found = found.sort(byStart).slice(0, limit);
      }
      return found.sort(byStart).slice(0, limit);
    });
  }

  profilesByDevice(query: Range, specHash: string, options: { readonly withParts?: boolean } = {}): Promise<DeviceProfiles> {
    return this.#reading(async () => {
      const devices: DeviceWindows[] = [];
      let others = 0;
      await this.#mergeDevices(
        query,
        () => new WindowMerger(specHash, options),
        (deviceId, { merged, parts, others: more }) => {
          others += more;
          if (merged !== undefined) devices.push({ deviceId, ...merged, ...(parts === undefined ? {} : { parts }) });
        },
      );
      return { devices, others };
    });
  }

  fleetProfile(query: Range, specHash: string): Promise<FleetProfile> {
    return this.#reading(async () => {
      const fleet = new WindowMerger(specHash);
      let devices = 0;
      let others = 0;
      await this.#mergeDevices(
        query,
        () => new WindowMerger(specHash),
        (_deviceId, merger) => {
          others += merger.others;
          if (merger.merged === undefined) return;
          devices += 1;
          fleet.addMerged(merger.merged);
        },
      );
      return { merged: fleet.merged, devices, others: others + fleet.others };
    });
  }

  series(query: Range, question: SeriesQuestion): Promise<SeriesPoint[]> {
    return this.#reading(async () => {
      const sums = new SeriesSums(question);
      for await (const page of this.#windows.pages(query)) for (const window of page) sums.add(window);
      return sums.points();
    });
  }

  samples(query: SampleQuery): Promise<StoredSample[]> {
    return this.#reading(async () => this.#samples.list(query));
  }

  sample(id: string): Promise<StoredSample | undefined> {
    return this.#reading(async () => this.#samples.find(id));
  }

  label(labels: readonly { readonly id: string; readonly label: string }[], atMs: number): Promise<number> {
    return this.#commits.run(labels.length, () => this.#samples.label(labels, atMs));
  }

  trimSamples(maxBytes: number): Promise<number> {
    return this.#reading(() => this.#samples.trim(maxBytes));
  }

  addDeadLetter(letter: DeadLetter): Promise<void> {
    return this.#commits.run(1, () => this.#letters.insert(letter));
  }

  deadLetters(limit: number): Promise<DeadLetter[]> {
    return this.#reading(async () => this.#letters.list(limit));
  }

  deadLetterTotals(): Promise<Readonly<Record<string, number>>> {
    return this.#reading(async () => this.#letters.totals());
  }

  counts(deviceIds?: readonly string[]): Promise<StoreCounts> {
    return this.#reading(async () => ({
      ...this.#windows.counts(deviceIds),
      ...this.#samples.counts(deviceIds),
      deadLetters: this.#letters.count(deviceIds),
      damaged: this.#windows.damaged + this.#samples.damaged,
    }));
  }

  deleteBefore(beforeMs: number): Promise<number> {
    return this.#reading(
      async () => (await this.#windows.deleteBefore(beforeMs)) + (await this.#samples.deleteBefore(beforeMs)) + this.#letters.deleteBefore(beforeMs),
    );
  }

  /** Settles when all that was given to commit is written. */
  close(): Promise<void> {
    return this.#commits.close();
  }

  async #mergeDevices(query: Range, start: () => WindowMerger, done: (deviceId: DeviceId, merger: WindowMerger) => void): Promise<void> {
    let current: { readonly deviceId: DeviceId; readonly merger: WindowMerger } | undefined;
    for await (const page of this.#windows.pages(query)) {
      for (const window of page) {
        if (current?.deviceId !== window.key.deviceId) {
          if (current !== undefined) done(current.deviceId, current.merger);
          current = { deviceId: window.key.deviceId, merger: start() };
        }
        current.merger.add(window);
      }
    }
    if (current !== undefined) done(current.deviceId, current.merger);
  }

  async #reading<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw this.#fault(error, "using");
    }
  }

  #fault(error: unknown, doing: string): Error {
    return storageFault(error, `${doing} the database ${this.#database.path}`, this.#database.path);
  }
}

function tooManyWindows(): KedgeError {
  return new KedgeError(storeCodes.tooLarge, `reading windows failed: more than ${storeLimits.windows} match`, {
    hint: "Narrow the time or the devices, give a limit, or ask for them merged.",
    context: { exit: "usage" },
  });
}
