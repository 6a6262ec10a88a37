import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import { type DeviceId, seededRandom } from "@kedge/core";
import { afterAll, describe, expect, test } from "vitest";
import { makeSample, makeStream, makeWindow, specHash } from "../../src/contract/stream.js";
import { dayMs, hourMs } from "../../src/index.js";
import { type OpenStore, openSqliteStore } from "../index.js";
import { migrations } from "./schema.js";
import { snapshotDatabase } from "./snapshot.js";

/** Databases as each version of the schema wrote them. They never change; a new version adds one, by KEDGE_WRITE_FIXTURES=1. */
const stored = fileURLToPath(new URL("./stored", import.meta.url));
const newest = Object.keys(migrations).sort().at(-1) ?? "";
const clock = { nowMs: () => 1_770_000_000_000, monotonicMs: () => 0 };
const folder = mkdtempSync(join(tmpdir(), "kedge-stored-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const stream = makeStream(seededRandom(11), 2, 60, 1_800_000);
const mark = { deviceId: "cam-1" as DeviceId, state: { through: [1, 2, 3] } };
const letter = { atMs: 7, deviceId: "cam-1", leaf: "stats", reason: "wire/truncated", message: "cut off", bytes: Uint8Array.of(1, 2, 3), size: 3 };
const late = makeWindow({ device: "cam-0", bootEpoch: 9, seq: 1, endMs: 2 * hourMs + 5 });
const ships = { name: "ship", statusOf: () => "afloat" };

async function fillStore({ series, records }: OpenStore): Promise<void> {
  await series.commit({ windows: stream, samples: [makeSample(1), makeSample(2)], marks: [mark] });
  await series.label([{ id: "cam-1.1.2", label: "boot" }], 5);
  await series.addDeadLetter(letter);
  await series.rollUp(2 * dayMs);
  await series.deleteBefore({ windowsMs: 5 * hourMs });
  await series.commit({ windows: [late], samples: [], marks: [] });
  await records.documents(ships).insert("fram", { crew: 12, ключ: [null, 1e300, "é"] });
  await records.audit.append({ atMs: 1, actor: "me", action: "act", subject: "s", details: { a: 1 } });
}

/** Everything that a store answers. */
async function contentOf({ series, records }: OpenStore): Promise<unknown> {
  return {
    windows: await series.windows({}),
    fleet: await series.fleetProfile({}, specHash),
    devices: await series.profilesByDevice({}, specHash),
    marks: await series.ingestMarks(),
    samples: await series.samples({}),
    letters: await series.deadLetters({ limit: 10 }),
    totals: await series.deadLetterTotals(),
    counts: await series.counts(),
    documents: await records.documents(ships).list(),
    audit: await records.audit.list(),
    broken: await records.audit.firstBroken(),
  };
}

async function expectedContent(): Promise<unknown> {
  const store = await openSqliteStore(":memory:", clock);
  await fillStore(store);
  const content = await contentOf(store);
  await store.close();
  return content;
}

async function writeNewest(): Promise<void> {
  const path = join(folder, "new.db");
  const store = await openSqliteStore(path, clock);
  await fillStore(store);
  await store.close();
  snapshotDatabase(path, join(folder, "small.db"));
  writeFileSync(join(stored, `${newest}.db.gz`), gzipSync(readFileSync(join(folder, "small.db")), { level: 9 }));
}

test("there is a stored database of the newest schema", async () => {
  if (process.env["KEDGE_WRITE_FIXTURES"] === "1" && !existsSync(join(stored, `${newest}.db.gz`))) await writeNewest();
  expect(readdirSync(stored)).toContain(`${newest}.db.gz`);
});

describe.each(readdirSync(stored))("a database stored as %s", (name) => {
  test("is opened with all that it holds, and goes on", async () => {
    const path = join(folder, name.replace(".gz", ""));
    writeFileSync(path, gunzipSync(readFileSync(join(stored, name))));
    const store = await openSqliteStore(path, clock);
    expect(await contentOf(store)).toEqual(await expectedContent());
    const rows = (await store.series.fleetProfile({}, specHash)).merged?.profile.rows;
    await store.series.rollUp(9 * dayMs);
    expect((await store.series.fleetProfile({}, specHash)).merged?.profile.rows).toBe(rows);
    await store.close();
  });
});
