import { copyFile, mkdtemp, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "@kedge/core";
import { encodeWindow } from "@kedge/wire";
import { DatabaseSync } from "@photostructure/sqlite";
import { Kysely, Migrator } from "kysely";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeSample, makeStream, makeWindow, specHash } from "../../src/contract/stream.js";
import { dayMs, storeLimits } from "../../src/index.js";
import { openSqliteStore } from "../index.js";
import { dialectOver } from "./kysely-dialect.js";
import { openDatabase } from "./open-database.js";
import { migrations } from "./schema.js";
import { SqliteTimeSeriesStore } from "./sqlite-time-series-store.js";

const clock = { nowMs: () => 1_000, monotonicMs: () => 0 };
let folder = "";
let path = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kedge-faults-"));
  path = join(folder, "kedge.db");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const batchOf = (windows: ReturnType<typeof makeStream>) => ({ windows, samples: [], marks: [] });

describe("a full disk", () => {
  test("fails the commit by name, harms nothing stored, and ends when there is room again", async () => {
    const database = await openDatabase(path);
    const series = new SqliteTimeSeriesStore(database);
    await series.commit(batchOf([makeWindow({ seq: 1 })]));
    const pages = Number(Object.values(database.driver.prepare("pragma page_count").get() as object)[0]);
    database.driver.exec(`pragma max_page_count = ${pages + 2}`);
    const many = makeStream(seededRandom(1), 4, 200);
    await expect(series.commit(batchOf(many))).rejects.toMatchObject({
      code: "store/disk-full",
      retryable: true,
      context: { exit: "storage", path },
      hint: expect.stringContaining("Free space"),
    });
    expect(await series.counts()).toMatchObject({ stored: 1, distinct: 1 });
    database.driver.exec("pragma max_page_count = 1000000");
    expect(await series.commit(batchOf(many))).toEqual({ inserted: 799, repeated: 1 });
    expect((await series.profilesByDevice({}, specHash)).devices.map((d) => [d.deviceId, d.windows])).toEqual([
      ["cam-0", 200],
      ["cam-1", 200],
      ["cam-2", 200],
      ["cam-3", 200],
    ]);
    await series.close();
    await database.close();
  });

  test("fails a record's save by name too", async () => {
    const database = await openDatabase(path);
    database.driver.exec("pragma max_page_count = 1");
    const body = "x".repeat(200_000);
    const save = database.records
      .insertInto("documents")
      .values({ collection: "c", id: "1", version: 1, status: "", created_ms: 0, updated_ms: 0, body })
      .execute();
    await expect(save).rejects.toMatchObject({ code: "store/disk-full", context: { exit: "storage" } });
    await database.close();
  });
});

test("a merge that fails leaves no number behind that is given to another name afterwards", async () => {
  const database = await openDatabase(path);
  const series = new SqliteTimeSeriesStore(database);
  await series.commit(batchOf([makeWindow({ seq: 1, endMs: 1_000 })]));
  database.driver.exec("create trigger broken before insert on roll_ups begin select raise(abort, 'no room'); end");
  await expect(series.rollUp(3 * dayMs)).rejects.toThrow();
  database.driver.exec("drop trigger broken");
  await series.commit(batchOf([makeWindow({ seq: 2, endMs: 2_000, bundle: 1 })]));
  await series.rollUp(3 * dayMs);
  const reopened = new SqliteTimeSeriesStore(database);
  expect(await reopened.fleetProfile({ toMs: 2 * dayMs }, specHash)).toMatchObject({ devices: 1, merged: { windows: 2 } });
  await series.close();
  await database.close();
});

describe("a damaged file", () => {
  test("cut anywhere in its write-ahead log holds a prefix of what was committed", async () => {
    const store = await openSqliteStore(path, clock);
    for (let seq = 1; seq <= 30; seq += 1)
      await store.series.commit({ ...batchOf([makeWindow({ seq })]), marks: [{ deviceId: makeSample(1).key.deviceId, state: seq }] });
    await copyFile(path, `${path}.copy`);
    const log = await readFile(`${path}-wal`);
    await store.close();
    const random = seededRandom(4);
    for (let round = 0; round < 15; round += 1) {
      const torn = join(folder, `torn-${round}.db`);
      await copyFile(`${path}.copy`, torn);
      await writeFile(`${torn}-wal`, log.subarray(0, Math.floor(random() * log.length)));
      const { series, close } = await openSqliteStore(torn, clock);
      const [mark] = await series.ingestMarks();
      const through = Number(mark?.state ?? 0);
      expect((await series.windows({})).map((w) => w.key.seq)).toEqual(Array.from({ length: through }, (_, i) => i + 1));
      await close();
    }
  });

  test("is told apart from a fault of Kedge when a query meets the damage", async () => {
    const store = await openSqliteStore(path, clock);
    await store.series.commit(batchOf(makeStream(seededRandom(1), 4, 100)));
    await store.close();
    const { size } = await stat(path);
    const bytes = await readFile(path);
    bytes.fill(0xa5, 8192 * 2, size);
    await writeFile(path, bytes);
    await expect(
      (async () => {
        const again = await openSqliteStore(path, clock);
        try {
          await again.series.windows({});
        } finally {
          await again.close();
        }
      })(),
    ).rejects.toMatchObject({ code: "store/corrupt", context: { exit: "storage", path } });
  });

  test("with one damaged window gives the others, and counts it", async () => {
    const database = await openDatabase(path);
    const series = new SqliteTimeSeriesStore(database);
    await series.commit({ windows: [makeWindow({ seq: 1 }), makeWindow({ seq: 2 })], samples: [makeSample(1)], marks: [] });
    database.driver.exec("update windows set body = x'0102' where seq = 1; update samples set body = x''");
    expect((await series.windows({})).map((w) => w.key.seq)).toEqual([2]);
    expect(await series.samples({})).toEqual([]);
    expect(await series.counts()).toMatchObject({ stored: 2, samples: 1, damaged: 2 });
    await database.close();
  });
});

describe("a file that is not ours", () => {
  test("is left as it is", async () => {
    const other = new DatabaseSync(path);
    other.exec("create table recipes (title text); insert into recipes values ('soup')");
    other.close();
    const before = await readFile(path);
    await expect(openSqliteStore(path, clock)).rejects.toMatchObject({
      code: "store/foreign",
      context: { exit: "storage" },
      hint: expect.stringContaining("path of its own"),
    });
    expect(await readFile(path)).toEqual(before);
  });

  test("also when it has a mark of its own", async () => {
    const other = new DatabaseSync(path);
    other.exec("pragma application_id = 42; create table t (a)");
    other.close();
    await expect(openSqliteStore(path, clock)).rejects.toMatchObject({ code: "store/foreign" });
  });

  test("an empty file is taken", async () => {
    await writeFile(path, "");
    await (await openSqliteStore(path, clock)).close();
    expect((await readFile(path)).subarray(68, 72).toString()).toBe("Kedg");
  });
});

test("a store from before windows had numbers keeps every window", async () => {
  const old = new DatabaseSync(path);
  const older = Object.fromEntries(Object.entries(migrations).filter(([name]) => name < "0003"));
  const db = new Kysely<{ windows: Record<string, unknown>; dead_letters: Record<string, unknown> }>({ dialect: dialectOver(old, path) });
  await new Migrator({ db, provider: { getMigrations: () => Promise.resolve(older) } }).migrateToLatest();
  const stream = makeStream(seededRandom(8), 3, 40);
  for (const w of stream) {
    const { deviceId, bootEpoch, seq } = w.key;
    const row = {
      device_id: deviceId,
      boot_epoch: bootEpoch,
      seq,
      start_ms: w.startMs,
      end_ms: w.endMs,
      bundle_digest: w.bundleDigest,
      rows: w.profile.rows,
      body: encodeWindow(w),
    };
    await db.insertInto("windows").values(row).execute();
  }
  await db
    .insertInto("dead_letters")
    .values({ at_ms: 1, device_id: "d", leaf: "stats", reason: "r", message: "m", bytes: Uint8Array.of(1) })
    .execute();
  old.close();
  const { series, close } = await openSqliteStore(path, clock);
  expect((await series.windows({})).length).toBe(stream.length);
  expect(await series.commit(batchOf(stream))).toEqual({ inserted: 0, repeated: stream.length });
  const [first] = stream;
  expect(await series.windows({ deviceIds: ["cam-0"], toMs: (first?.endMs ?? 0) + 1, fromMs: first?.endMs ?? 0 })).toContainEqual(first);
  expect(await series.deadLetterTotals()).toMatchObject([{ reason: "r", total: 1, kept: 1 }]);
  expect(await series.rollUp(dayMs)).toBeGreaterThan(0);
  expect((await series.fleetProfile({}, specHash)).merged?.windows).toBe(stream.length);
  await close();
});

test.skipIf(process.platform === "win32")("the file is its owner's alone", async () => {
  const store = await openSqliteStore(join(folder, "deep", "kedge.db"), clock);
  await store.series.commit(batchOf([makeWindow({ seq: 1 })]));
  for (const end of ["", "-wal"]) expect((await stat(join(folder, "deep", `kedge.db${end}`))).mode & 0o077).toBe(0);
  await store.close();
});

describe("a store that is closed", () => {
  test("has written everything that was given before", async () => {
    const first = await openSqliteStore(path, clock);
    const commits = Promise.all(Array.from({ length: 50 }, (_, i) => first.series.commit(batchOf([makeWindow({ seq: i + 1 })]))));
    await first.close();
    await commits;
    await first.close();
    const again = await openSqliteStore(path, clock);
    expect((await again.series.counts()).stored).toBe(50);
    await again.close();
  });

  test("says so by name", async () => {
    const { series, records, close } = await openSqliteStore(path, clock);
    await close();
    await expect(series.commit(batchOf([makeWindow({ seq: 1 })]))).rejects.toMatchObject({ code: "store/closed" });
    await expect(series.windows({})).rejects.toMatchObject({ code: "store/closed" });
    await expect(records.audit.list()).rejects.toThrow();
  });
});

test("what is more than may wait is refused whole, and what waits is stored", async () => {
  const { series, close } = await openSqliteStore(":memory:", clock);
  const letter = { atMs: 1, deviceId: "d", leaf: "stats", reason: "r", message: "m", bytes: Uint8Array.of(1), size: 1 };
  const marks = Array.from({ length: storeLimits.pending }, (_, i) => ({ deviceId: makeSample(1, { device: `d${i}` }).key.deviceId, state: 1 }));
  const large = series.commit({ windows: [], samples: [], marks });
  await expect(series.addDeadLetter(letter)).rejects.toMatchObject({ code: "store/overloaded", retryable: true });
  await large;
  await series.addDeadLetter(letter);
  expect((await series.ingestMarks()).length).toBe(storeLimits.pending);
  await close();
});

test("an answer that would be too long is refused, and says what to do", async () => {
  const database = await openDatabase(":memory:");
  const series = new SqliteTimeSeriesStore(database);
  await series.commit({ windows: [], samples: [makeSample(1)], marks: [] });
  database.driver.exec(
    `with recursive n(i) as (select 2 union all select i + 1 from n where i < ${storeLimits.samples + 2}) insert into samples select 'x' || i, 'cam', 5000 + i, x'', null, null from n`,
  );
  await expect(series.samples({})).rejects.toMatchObject({ code: "store/too-large", hint: expect.stringContaining("after"), context: { exit: "usage" } });
  expect((await series.samples({ limit: 5 })).length).toBe(1);
  await database.close();
});

test("dead letters stay within their bound", async () => {
  const database = await openDatabase(":memory:");
  const series = new SqliteTimeSeriesStore(database);
  const letters = Array.from({ length: storeLimits.deadLetters + 50 }, (_, i) =>
    series.addDeadLetter({ atMs: i, deviceId: `d${i % 40}`, leaf: "stats", reason: "r", message: `${i}`, bytes: Uint8Array.of(1), size: 1 }),
  );
  await Promise.all(letters);
  expect(await series.counts()).toMatchObject({ deadLetters: storeLimits.deadLetters });
  expect(await series.deadLetterTotals()).toMatchObject([{ reason: "r", total: storeLimits.deadLetters + 50, kept: storeLimits.deadLetters }]);
  expect((await series.deadLetters({ limit: 1 }))[0]?.message).toBe(`${storeLimits.deadLetters + 49}`);
  await database.close();
});

test("a log of a killed process that was cut off to nothing still opens", async () => {
  const store = await openSqliteStore(path, clock);
  await store.series.commit(batchOf([makeWindow({ seq: 1 })]));
  await copyFile(path, `${path}.copy`);
  await store.close();
  await writeFile(`${path}.copy-wal`, new Uint8Array(40));
  await truncate(`${path}.copy-wal`, 20);
  const again = await openSqliteStore(`${path}.copy`, clock);
  expect((await again.series.counts()).stored).toBeLessThanOrEqual(1);
  await again.close();
});
