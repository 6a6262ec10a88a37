import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { DeviceId } from "@kedge/core";
import { openInfluxSeries, openPostgresRecords, type OpenRecords, openSqliteStore, type SharedChange } from "@kedge/store/adapters";
import { codeOf, leaseLaws, makeSample, makeWindow, seriesLaws } from "@kedge/store/contract";
import { shardOf } from "@kedge/wire";
import { manualClock } from "@kedge/testkit";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { postgresFolder, type RunningServer, startInflux, startPostgres } from "../support/running-server.js";
import { hasProgram } from "../support/services.js";

const isThere = hasProgram(join(postgresFolder(), "postgres"), "PostgreSQL");
const isInfluxThere = hasProgram("/usr/bin/influxd", "InfluxDB");
const clock = manualClock(1_770_000_000_000);
let server: RunningServer;
let influx: RunningServer | undefined;
let databases = 0;
const opened: OpenRecords[] = [];

async function newPlace() {
  const database = `kedge_${++databases}`;
  const client = new Client({ host: "127.0.0.1", port: server.port, user: "kedge", database: "postgres" });
  await client.connect();
  await client.query(`create database ${database}`);
  await client.end();
  return { host: "127.0.0.1", port: server.port, user: "kedge", database, maxConnections: 5 };
}

async function open(place: Awaited<ReturnType<typeof newPlace>>): Promise<OpenRecords> {
  const one = await openPostgresRecords(place, clock);
  opened.push(one);
  return one;
}

beforeAll(async () => {
  if (isThere) server = await startPostgres();
  if (isThere && isInfluxThere) influx = await startInflux();
}, 120_000);
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});
afterAll(async () => {
  await server?.remove();
  await influx?.remove();
});

const mark = (deviceId: string, state: unknown) => ({ deviceId: deviceId as DeviceId, state });

describe.skipIf(!isThere)("the law of leases: PostgreSQL", () => {
  test.each(leaseLaws)("$name", async (law) => {
    const { leases, ledger } = await open(await newPlace());
    await law.check({
      leases,
      pass: (ms) => sleep(ms),
      keeps: async (fences) => (await codeOf(() => ledger.commit({ windows: [], samples: [], marks: [], fences }))) === "nothing failed",
    });
  });
});

describe.skipIf(!isThere || !isInfluxThere)("the law of series: InfluxDB, with marks and samples in PostgreSQL", () => {
  test.each(seriesLaws)("$name", async (law) => {
    const place = await newPlace();
    const at = { host: "127.0.0.1", port: influx?.port ?? 0, protocol: "http", database: place.database } as const;
    const own = await openSqliteStore(":memory:", clock);
    const reopen = async () => ({ records: own.records, series: await openInfluxSeries(at, (await open(place)).ledger) });
    try {
      await law.check({ ...(await reopen()), reopen });
    } finally {
      await own.close();
    }
  });
});

describe.skipIf(!isThere)("what collectors share in PostgreSQL", () => {
  test("a commit under a lease that has moved on changes nothing, whatever else is in it", async () => {
    const place = await newPlace();
    const [a, b] = [await open(place), await open(place)];
    const held = await a.leases.take("a", ["00", "01"], 60_000);
    const fences = held.map((lease) => ({ ...lease, holder: "a" }));
    await a.ledger.commit({ windows: [], samples: [], marks: [mark("cam-1", { n: 1 })], fences });
    await a.leases.release("a", held.slice(1));
    await b.leases.take("b", ["01"], 60_000);
    const late = { windows: [], samples: [makeSample(1)], marks: [mark("cam-1", { n: 2 }), mark("cam-2", { n: 1 })], fences };
    expect(await codeOf(() => a.ledger.commit(late))).toBe("store/fenced");
    expect(await b.ledger.ingestMarks()).toEqual([mark("cam-1", { n: 1 })]);
    expect((await b.ledger.counts()).samples).toBe(0);
    expect(await b.ledger.ingestMarks([shardOf("cam-1" as DeviceId)])).toHaveLength(1);
    expect(await b.ledger.ingestMarks([])).toEqual([]);
  });

  test("a database as the version before left it is brought up to date at the first start, with all that it holds", async () => {
    const place = await newPlace();
    const letter = { atMs: 7, deviceId: "cam-1", leaf: "stats", reason: "ingest/truncated", message: "cut off", bytes: Uint8Array.of(1, 2, 3), size: 3 };
    const content = async ({ records, ledger }: OpenRecords) => ({
      documents: await records.documents({ name: "ship", statusOf: () => "" }).list(),
      audit: [await records.audit.list(), await records.audit.firstBroken()],
      marks: await ledger.ingestMarks(),
      samples: await ledger.samples({}),
      letters: await ledger.deadLetters({ limit: 9 }),
      totals: await ledger.deadLetterTotals(),
    });
    const first = await open(place);
    await first.records.documents({ name: "ship", statusOf: () => "" }).insert("fram", { crew: 12, ключ: [null, 1e300, "é"] });
    await first.records.audit.append({ atMs: 1, actor: "me", action: "act", subject: "s", details: { a: 1 } });
    await first.ledger.commit({ windows: [], samples: [makeSample(1), makeSample(2)], marks: [mark("cam-1", { through: [1, 2, 3] })], fences: [] });
    await first.ledger.label([{ id: "cam-1.1.2", label: "boot" }], 5);
    await first.ledger.addDeadLetter(letter);
    const before = await content(first);
    expect(before.letters).toMatchObject([letter]);
    const client = new Client({ ...place });
    await client.connect();
    await client.query(
      "drop index dead_letters_by_device; alter table dead_letters drop column size; delete from kysely_migration where name = '0003-letter-size'",
    );
    await client.end();
    const second = await open(place);
    expect(await content(second)).toEqual(before);
    await second.ledger.addDeadLetter({ ...letter, size: 9_000 });
    expect((await second.ledger.deadLetters({ limit: 1 }))[0]).toMatchObject({ size: 9_000 });
  });

  test("commits and a take-over at the same time come one after the other", async () => {
    const place = await newPlace();
    const [a, b] = [await open(place), await open(place)];
    for (let round = 0; round < 30; round += 1) {
      const name = `shard-${round}`;
      const [lease] = await a.leases.take("a", [name], 1);
      if (lease === undefined) throw new Error("not taken");
      const fences = [{ ...lease, holder: "a" }];
      let isTaken = false;
      const writers = Array.from({ length: 3 }, async (_, lane) => {
        for (let n = 1; ; n += 1) {
          const code = await codeOf(() => a.ledger.commit({ windows: [], samples: [], marks: [mark(`d-${round}-${lane}`, { n })], fences }));
          if (code === "nothing failed") continue;
          expect(code).toBe("store/fenced");
          return;
        }
      });
      let seen: unknown;
      while (!isTaken) {
        isTaken = (await b.leases.take("b", [name], 60_000)).length === 1;
        // What the new holder reads now is what it goes on from: nothing may be written after it by the former.
        if (isTaken) seen = await b.ledger.ingestMarks();
      }
      await Promise.all(writers);
      expect(await b.ledger.ingestMarks()).toEqual(seen);
    }
  });

  test("documents of the evaluator are written by whoever is it, and by nobody who was", async () => {
    const place = await newPlace();
    const [a, b] = [await open(place), await open(place)];
    const incidents = { name: "incidents", statusOf: () => "" };
    const [first] = await a.leases.take("a", ["evaluator"], 1);
    if (first === undefined) throw new Error("not taken");
    const mine = a.fencedDocuments<{ n: number }>(incidents, () => ({ ...first, holder: "a" }));
    expect((await mine.insert("i1", { n: 1 })).kind).toBe("saved");
    expect((await mine.insert("i1", { n: 1 })).kind).toBe("conflict");
    expect((await mine.save("i1", { n: 2 }, 1)).kind).toBe("saved");
    expect((await mine.save("i1", { n: 3 }, 1)).kind).toBe("conflict");
    await sleep(20);
    await b.leases.take("b", ["evaluator"], 60_000);
    expect(await codeOf(() => mine.save("i1", { n: 4 }, 2))).toBe("store/fenced");
    expect(await codeOf(() => mine.insert("i2", { n: 1 }))).toBe("store/fenced");
    expect(await mine.delete("i1")).toBe(false);
    expect((await b.records.documents<{ n: number }>(incidents).list()).map((d) => [d.id, d.body.n])).toEqual([["i1", 2]]);
    expect(await codeOf(() => a.fencedDocuments(incidents, () => undefined).insert("i3", { n: 1 }))).toBe("store/fenced");
  });

  test("what one changes the others hear of, also after the server was away", { timeout: 120_000 }, async () => {
    const own = await startPostgres();
    try {
      const place = { host: "127.0.0.1", port: own.port, user: "kedge", database: "postgres", maxConnections: 3 };
      const [a, b] = [await open(place), await open(place)];
      const heard: SharedChange[] = [];
      await b.onChange((change) => heard.push(change));
      const until = async (change: SharedChange): Promise<void> => {
        for (let i = 0; i < 400 && !heard.some((h) => JSON.stringify(h) === JSON.stringify(change)); i += 1) await sleep(25);
        expect(heard).toContainEqual(change);
        heard.length = 0;
      };
      await until({ kind: "missed" });
      await a.records.documents({ name: "ship", statusOf: () => "" }).insert("fram", {});
      await until({ kind: "document", collection: "ship", id: "fram" });
      await a.leases.release("a", await a.leases.take("a", ["00"], 60_000));
      await until({ kind: "leases" });
      await own.stop("SIGKILL");
      await own.start();
      await until({ kind: "missed" });
    } finally {
      for (const one of opened.splice(0)) await one.close();
      await own.remove();
    }
  });

  test("windows that were written before a commit was fenced out are known when they come again", async () => {
    if (influx === undefined) return;
    const place = await newPlace();
    const [a, b] = [await open(place), await open(place)];
    const at = { host: "127.0.0.1", port: influx.port, protocol: "http", database: place.database } as const;
    const [former, present] = [await openInfluxSeries(at, a.ledger), await openInfluxSeries(at, b.ledger)];
    const [lease] = await a.leases.take("a", ["00"], 1);
    if (lease === undefined) throw new Error("not taken");
    await sleep(20);
    const [next] = await b.leases.take("b", ["00"], 60_000);
    if (next === undefined) throw new Error("not taken over");
    const windows = [1, 2, 3].map((seq) => makeWindow({ seq }));
    const batch = { windows, samples: [], marks: [mark("cam-1", { through: 3 })] };
    expect(await codeOf(() => former.commit({ ...batch, fences: [{ ...lease, holder: "a" }] }))).toBe("store/fenced");
    expect(await b.ledger.ingestMarks()).toEqual([]);
    await present.commit({ ...batch, fences: [{ ...next, holder: "b" }] });
    expect((await present.windows({})).map((w) => w.key.seq)).toEqual([1, 2, 3]);
    expect(await present.counts()).toMatchObject({ stored: 3, distinct: 3 });
  });
});
