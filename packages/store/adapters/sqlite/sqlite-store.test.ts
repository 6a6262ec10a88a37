import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DeviceId, Sha256 } from "@kedge/core";
import type { Window } from "@kedge/profile";
import { afterEach, describe, expect, test } from "vitest";
import { change, put } from "../../src/index.js";
import { type OpenStore, openSqliteStore } from "../index.js";

const clock = { nowMs: () => 1_000, monotonicMs: () => 0 };
const open: OpenStore[] = [];
const folders: string[] = [];

async function store(path = ":memory:"): Promise<OpenStore> {
  const opened = await openSqliteStore(path, clock);
  open.push(opened);
  return opened;
}

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "kedge-store-"));
  folders.push(made);
  return made;
}

afterEach(async () => {
  for (const o of open.splice(0)) await o.close().catch(() => undefined);
  for (const f of folders.splice(0)) rmSync(f, { recursive: true, force: true });
});

interface Ship {
  readonly name: string;
  readonly status: string;
}

const ships = { name: "ship", statusOf: (s: Ship) => s.status };

function window(seq: number, endMs = seq * 10): Window {
  return {
    key: { deviceId: "cam-1" as DeviceId, bootEpoch: 1, seq },
    startMs: endMs - 10,
    endMs,
    bundleDigest: "a".repeat(64) as Sha256,
    trigger: "interval",
    profile: {
      specHash: "b".repeat(64),
      rows: 3,
      errors: 0,
      features: [{ kind: "categorical", counts: [1, 2], other: 0, missing: 0, wrongType: 0, count: 3 }],
    },
  };
}

describe("documents", () => {
  test("a save on an old version is a conflict and changes nothing", async () => {
    const documents = (await store()).records.documents(ships);
    expect(await documents.insert("s1", { name: "Fram", status: "afloat" })).toMatchObject({ kind: "saved", stored: { version: 1 } });
    expect(await documents.insert("s1", { name: "Maud", status: "afloat" })).toMatchObject({ kind: "conflict", current: { body: { name: "Fram" } } });
    expect(await documents.save("s1", { name: "Fram", status: "sunk" }, 1)).toMatchObject({ kind: "saved", stored: { version: 2 } });
    expect(await documents.save("s1", { name: "Gjøa", status: "afloat" }, 1)).toMatchObject({
      kind: "conflict",
      current: { version: 2, body: { status: "sunk" } },
    });
    expect(await documents.save("none", { name: "x", status: "y" }, 1)).toEqual({ kind: "conflict", current: undefined });
  });

  test("fifty changes at once lose none", async () => {
    const documents = (await store()).records.documents({ name: "count", statusOf: () => "" });
    await documents.insert("c", { n: 0 });
    await Promise.all(Array.from({ length: 50 }, () => change(documents, "c", (b) => ({ n: (b as { n: number }).n + 1 }))));
    expect(await documents.get("c")).toMatchObject({ version: 51, body: { n: 50 } });
  });

  test("lists by status, in pages, in both directions", async () => {
    const documents = (await store()).records.documents(ships);
    for (let i = 0; i < 7; i += 1) await put(documents, `s${i}`, { name: `${i}`, status: i % 2 === 0 ? "afloat" : "sunk" });
    expect((await documents.list({ status: ["afloat"] })).map((d) => d.id)).toEqual(["s0", "s2", "s4", "s6"]);
    expect((await documents.list({ limit: 2, after: "s1" })).map((d) => d.id)).toEqual(["s2", "s3"]);
    expect((await documents.list({ limit: 2, newestFirst: true, after: "s3" })).map((d) => d.id)).toEqual(["s2", "s1"]);
    expect([await documents.count(), await documents.count("sunk")]).toEqual([7, 3]);
    expect([await documents.delete("s0"), await documents.delete("s0"), await documents.count()]).toEqual([true, false, 6]);
  });
});

describe("audit", () => {
  test("a chain holds, and any change to it shows", async () => {
    const path = join(folder(), "a.db");
    const first = await store(path);
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        first.records.audit.append({ atMs: i, actor: "me", action: "act", subject: `s${i % 2}`, details: { i, gone: undefined } }),
      ),
    );
    expect(await first.records.audit.firstBroken()).toBeUndefined();
    expect((await first.records.audit.list({ subject: "s1" })).length).toBe(10);
    await first.close();
    const { openDatabase } = await import("./open-database.js");
    const raw = await openDatabase(path);
    raw.driver.exec("update audit set actor = 'somebody else' where seq = 7");
    await raw.close();
    expect(await (await store(path)).records.audit.firstBroken()).toMatchObject({ seq: 7 });
  });
});

describe("series", () => {
  test("a window is kept once, however often it comes, with its marks", async () => {
    const { series } = await store();
    const mark = { deviceId: "cam-1" as DeviceId, state: { through: 2 } };
    expect(await series.commit({ windows: [window(1), window(2)], samples: [], marks: [mark] })).toEqual({ inserted: 2, repeated: 0 });
    expect(await series.commit({ windows: [window(2), window(3)], samples: [], marks: [{ ...mark, state: { through: 3 } }] })).toEqual({
      inserted: 1,
      repeated: 1,
    });
    expect(await series.ingestMarks()).toEqual([{ ...mark, state: { through: 3 } }]);
    expect(await series.counts()).toMatchObject({ stored: 3, distinct: 3, rows: 9 });
    expect(await series.windows({ deviceIds: ["cam-1"], fromMs: 20, toMs: 31 })).toEqual([window(2), window(3)]);
    expect(await series.windows({ deviceIds: [] })).toEqual([]);
  });

  test("a batch with a fault leaves nothing of itself behind", async () => {
    const { series } = await store();
    const broken = { ...window(2), bundleDigest: "no digest" as Sha256 };
    await expect(series.commit({ windows: [window(1), broken], samples: [], marks: [] })).rejects.toThrow();
    expect(await series.counts()).toMatchObject({ stored: 0 });
    expect(await series.commit({ windows: [window(1)], samples: [], marks: [] })).toEqual({ inserted: 1, repeated: 0 });
  });

  test("what was committed is there after reopening", async () => {
    const path = join(folder(), "deep", "b.db");
    const first = await store(path);
    await first.series.commit({ windows: [window(1)], samples: [], marks: [] });
    await first.close();
    expect(await (await store(path)).series.windows({})).toEqual([window(1)]);
  });
});

describe("a database that cannot be used says why", () => {
  test("held by another", async () => {
    const path = join(folder(), "c.db");
    await store(path);
    await expect(openSqliteStore(path, clock)).rejects.toMatchObject({ code: "store/locked", context: { exit: "storage" } });
  });

  test("no database at all", async () => {
    const path = join(folder(), "d.db");
    writeFileSync(path, "this is a letter to my aunt, and no database whatsoever; it is long enough to be read as one");
    await expect(openSqliteStore(path, clock)).rejects.toMatchObject({ code: "store/corrupt" });
  });

  test("a directory that is a file", async () => {
    const path = join(folder(), "file");
    writeFileSync(path, "");
    await expect(openSqliteStore(join(path, "e.db"), clock)).rejects.toMatchObject({ code: "store/unavailable" });
  });

  test("written by a newer Kedge", async () => {
    const path = join(folder(), "f.db");
    await (await store(path)).close();
    const { openDatabase } = await import("./open-database.js");
    const raw = await openDatabase(path);
    raw.driver.exec("insert into kysely_migration values ('9999-from-the-future', '2030-01-01')");
    await raw.close();
    await expect(openSqliteStore(path, clock)).rejects.toMatchObject({ code: "store/newer-schema" });
  });
});
