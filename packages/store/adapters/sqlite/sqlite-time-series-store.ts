import type { DeviceId } from "@kedge/core";
import type { Window } from "@kedge/profile";
import type { StatementSyncInstance } from "@photostructure/sqlite";
import {
  type Batch,
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
  type Level,
  profilesOf,
  type Retention,
  type SampleQuery,
  type SeriesPoint,
  type SeriesQuestion,
  SeriesSums,
  type StoreCounts,
  type StoredSample,
  storeLimits,
  type TimeSeriesStore,
  tooManyWindows,
  type WindowQuery,
} from "../../src/index.js";
import { DeadLetterTable } from "./dead-letter-table.js";
import { GroupCommit } from "./group-commit.js";
import type { OpenDatabase } from "./open-database.js";
import { DueTable } from "./due-table.js";
import { PieceReader } from "./piece-reader.js";
import { RollUpPass } from "./roll-up-pass.js";
import { RollUpTable } from "./roll-up-table.js";
import { SampleTable, sampleRow } from "./sample-table.js";
import { storageFault } from "./sqlite-faults.js";
import { rangeOf, WindowTable, windowRow } from "./window-table.js";

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
  readonly #rollUps: RollUpTable;
  readonly #pieces: PieceReader;
  readonly #pass: RollUpPass;
  readonly #samples: SampleTable;
  readonly #letters: DeadLetterTable;
  readonly #saveMark: StatementSyncInstance;
  readonly #commits: GroupCommit;

  constructor(database: OpenDatabase) {
    const db = database.driver;
    this.#database = database;
    const due = new DueTable(db);
    this.#windows = new WindowTable(db, due);
    this.#rollUps = new RollUpTable(db, this.#windows.digests);
    const tables = { windows: this.#windows, rollUps: this.#rollUps, due };
    this.#pieces = new PieceReader(tables);
    this.#pass = new RollUpPass(db, tables);
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
        for (const window of page) {
          found.push({ ...window, profile: window.profile.toProfile() });
          matched += 1;
        }
        if (query.limit === undefined && matched > limit) throw tooManyWindows();
        if (found.length > 2 * limit) found = found.sort(byStart).slice(0, limit);
      }
      return found.sort(byStart).slice(0, limit);
    });
  }

  profilesByDevice(query: Range, specHash: string): Promise<DeviceProfiles> {
    return this.#reading(() => profilesOf(this.#pieces.pages(query, dayMs), rangeOf(query), specHash));
  }

  fleetProfile(query: Range, specHash: string): Promise<FleetProfile> {
    return this.#reading(async () => {
      const fold = new FleetFold(specHash);
      if (query.deviceIds !== undefined) {
        await fold.addDevices(this.#pieces.pages(query, dayMs), rangeOf(query));
        return fold.profile();
      }
      const { pieces, devices, gaps } = this.#pieces.fleet(query, dayMs, specHash);
      for (const piece of pieces) fold.add(piece);
      for (const no of devices()) fold.addDevice((this.#windows.devices.nameOf(no) ?? "") as DeviceId);
      for (const gap of gaps) await fold.addDevices(this.#pieces.pages({ ...query, ...gap }, dayMs), gap);
      return fold.profile();
    });
  }

  series(query: Range, question: SeriesQuestion): Promise<SeriesPoint[]> {
    const coarsest = coarsestFor(question.bucketMs);
    return this.#reading(async () => {
      const sums = new SeriesSums(question);
      const { pieces, gaps } = query.deviceIds === undefined ? this.#pieces.fleet(query, coarsest) : { pieces: [], gaps: [rangeOf(query)] };
      for (const { atMs, profile } of pieces) sums.add(atMs, profile);
      for (const gap of gaps) {
        for await (const page of this.#pieces.pages({ ...query, ...gap }, coarsest)) for (const { atMs, profile } of page) sums.add(atMs, profile);
      }
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

  deadLetters(query: DeadLetterQuery): Promise<StoredDeadLetter[]> {
    return this.#reading(async () => this.#letters.list(query));
  }

  deadLetter(id: number): Promise<StoredDeadLetter | undefined> {
    return this.#reading(async () => this.#letters.find(id));
  }

  deadLetterTotals(): Promise<DeadLetterTotal[]> {
    return this.#reading(async () => this.#letters.totals());
  }

  counts(deviceIds?: readonly string[]): Promise<StoreCounts> {
    return this.#reading(async () => ({
      ...this.#windows.counts(deviceIds),
      ...this.#samples.counts(deviceIds),
      deadLetters: this.#letters.count(deviceIds),
      damaged: this.#windows.damaged + this.#rollUps.damaged + this.#samples.damaged,
    }));
  }

  rollUp(nowMs: number): Promise<number> {
    return this.#reading(() => this.#pass.rollUp(nowMs));
  }

  deleteBefore(limits: Retention): Promise<number> {
    const { samplesMs = 0, deadLettersMs = 0 } = limits;
    return this.#reading(
      async () => (await this.#pass.deleteBefore(limits)) + (await this.#samples.deleteBefore(samplesMs)) + this.#letters.deleteBefore(deadLettersMs),
    );
  }

  /** Settles when all that was given to commit is written. */
  close(): Promise<void> {
    return this.#commits.close();
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

/** The longest pieces that fall into one bucket each. */
function coarsestFor(bucketMs: number): Level {
  return bucketMs % dayMs === 0 ? dayMs : bucketMs % hourMs === 0 ? hourMs : 0;
}
