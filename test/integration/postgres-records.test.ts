import { join } from "node:path";
import { recordLaws } from "@kedge/store/contract";
import { openPostgresRecords, openSqliteStore, type PostgresPlace } from "@kedge/store/adapters";
import { manualClock } from "@kedge/testkit";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgresFolder, type RunningServer, startPostgres } from "../support/running-server.js";
import { hasProgram } from "../support/services.js";

const isThere = hasProgram(join(postgresFolder(), "postgres"), "PostgreSQL");
const clock = manualClock(1_770_000_000_000);
let server: RunningServer;
let databases = 0;

async function newPlace(): Promise<PostgresPlace> {
  const database = `kedge_${++databases}`;
  const client = new Client({ host: "127.0.0.1", port: server.port, user: "kedge", database: "postgres" });
  await client.connect();
  await client.query(`create database ${database}`);
  await client.end();
  return { host: "127.0.0.1", port: server.port, user: "kedge", database, maxConnections: 5 };
}

beforeAll(async () => {
  if (isThere) server = await startPostgres();
}, 120_000);
afterAll(() => server?.remove());

describe.skipIf(!isThere)("the law of records: PostgreSQL", () => {
  test.each(recordLaws)("$name", async (law) => {
    const place = await newPlace();
    let open = await openPostgresRecords(place, clock);
    const { series, close } = await openSqliteStore(":memory:", clock);
    try {
      await law.check({
        records: open.records,
        series,
        async reopen() {
          await open.close();
          open = await openPostgresRecords(place, clock);
          return { records: open.records, series };
        },
      });
    } finally {
      await open.close();
      await close();
    }
  });
});

const ships = { name: "ship", statusOf: () => "" };

describe.skipIf(!isThere)("records in PostgreSQL", () => {
  test("several processes share them: of saves on one version one is stored, and the audit chain holds", async () => {
    const place = await newPlace();
    const opened = await Promise.all([1, 2, 3].map(() => openPostgresRecords(place, clock)));
    const [first] = opened;
    await first?.records.documents(ships).insert("fram", { crew: 0 });
    const saves = await Promise.all(
      Array.from({ length: 30 }, (_, i) => (opened[i % 3] as (typeof opened)[number]).records.documents(ships).save("fram", { crew: i }, 1)),
    );
    expect(saves.filter((s) => s.kind === "saved")).toHaveLength(1);
    await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        (opened[i % 3] as (typeof opened)[number]).records.audit.append({ atMs: i, actor: "a", action: "b", subject: "c", details: { i } }),
      ),
    );
    expect(await first?.records.audit.firstBroken()).toBeUndefined();
    expect(await first?.records.audit.list()).toHaveLength(30);
    for (const one of opened) await one.close();
  });

  test("what a newer Kedge wrote is refused by name and left as it is", async () => {
    const place = await newPlace();
    await (await openPostgresRecords(place, clock)).close();
    const client = new Client({ ...place });
    await client.connect();
    await client.query("insert into kysely_migration values ('9999-from-the-future', '2030-01-01')");
    await expect(openPostgresRecords(place, clock)).rejects.toMatchObject({ code: "store/newer-schema" });
    expect((await client.query("select count(*)::int as n from kysely_migration")).rows).toEqual([{ n: 4 }]);
    await client.end();
  });

  test("a database that is not there, or whose password file is not, is told by name", async () => {
    const place = await newPlace();
    await expect(openPostgresRecords({ ...place, database: "nowhere" }, clock)).rejects.toMatchObject({
      code: "store/unavailable",
      context: { exit: "storage" },
    });
    await expect(openPostgresRecords({ ...place, port: 1 }, clock)).rejects.toMatchObject({ code: "store/unavailable", retryable: true });
  });

  test("what was saved survives kill -9 of the server, and the store goes on when it is back", { timeout: 180_000 }, async () => {
    const own = await startPostgres();
    try {
      const place = { host: "127.0.0.1", port: own.port, user: "kedge", database: "postgres", maxConnections: 4 };
      const { records, close } = await openPostgresRecords(place, clock);
      const documents = records.documents<{ n: number }>(ships);
      let saved = 0;
      for (let round = 0; round < 4; round += 1) {
        const writing = Array.from({ length: 4 }, async (_, lane) => {
          for (let n = 1; ; n += 1) {
            const id = `r${round}-${lane}-${n}`;
            const outcome = await documents.insert(id, { n }).catch((error: unknown) => error);
            if (outcome instanceof Error) {
              expect(outcome).toMatchObject({ name: "KedgeError", code: "store/unavailable", retryable: true });
              return n - 1;
            }
          }
        });
        await new Promise((resolve) => setTimeout(resolve, 300 + 150 * round));
        await own.stop("SIGKILL");
        const acknowledged = await Promise.all(writing);
        await own.start();
        for (const [lane, most] of acknowledged.entries()) {
          for (let n = 1; n <= most; n += 1)
            expect((await documents.get(`r${round}-${lane}-${n}`))?.body, `round ${round} lane ${lane} number ${n}`).toEqual({ n });
          saved += most;
        }
        // Of what was under way when the server died each may be there or not, but nothing more.
        expect(await documents.count()).toBeLessThanOrEqual(saved + 4 * (round + 1));
      }
      expect(saved).toBeGreaterThan(20);
      await close();
    } finally {
      await own.remove();
    }
  });

  test("a server that does not sync is refused", { timeout: 120_000 }, async () => {
    const own = await startPostgres(["fsync=off"]);
    try {
      const place = { host: "127.0.0.1", port: own.port, user: "kedge", database: "postgres", maxConnections: 2 };
      await expect(openPostgresRecords(place, clock)).rejects.toMatchObject({ code: "store/not-durable" });
    } finally {
      await own.remove();
    }
  });
});
