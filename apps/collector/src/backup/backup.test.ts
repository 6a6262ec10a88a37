import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkDatabase, type OpenStore, openSqliteStore, snapshotDatabase } from "@kedge/store/adapters";
import { makeWindow } from "@kedge/store/contract";
import { afterEach, beforeEach, expect, test } from "vitest";
import { backup, restore } from "./backup.js";

const clock = { nowMs: () => 0, monotonicMs: () => 0 };
const deps = { version: "1.2.3", nowMs: 5, files: { snapshot: snapshotDatabase, check: checkDatabase } };
let folder = "";
let dataDir = "";
let target = "";
let store: OpenStore | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kedge-backup-"));
  [dataDir, target] = [join(folder, "data"), join(folder, "backup")];
  store = await openSqliteStore(join(dataDir, "kedge.db"), clock);
  for (const path of ["keys/director.pem", "blobs/ab/abcd", "blobs/tmp/half", "endpoint.json", "training/job/rows", "admin-token"]) {
    await mkdir(join(dataDir, path, ".."), { recursive: true });
    await writeFile(join(dataDir, path), `the text of ${path}`);
  }
});
afterEach(async () => {
  await store?.close();
  await rm(folder, { recursive: true, force: true });
});

const commit = (from: number, to: number) =>
  store?.series.commit({ windows: Array.from({ length: to - from + 1 }, (_, i) => makeWindow({ seq: from + i })), samples: [], marks: [] });

test("what was there at the backup is there after the restore, and what came later is not; what means nothing elsewhere stays away", async () => {
  await commit(1, 50);
  const { files } = await backup(dataDir, target, deps);
  expect(files.map((f) => f.path)).toEqual(["kedge.db", "admin-token", "blobs/ab/abcd", "keys/director.pem"]);
  await commit(51, 60);
  const back = join(folder, "back");
  await restore(target, back, deps);
  const restored = await openSqliteStore(join(back, "kedge.db"), clock);
  expect(await restored.series.windows({})).toEqual((await store?.series.windows({}))?.slice(0, 50));
  await restored.close();
  expect(await readFile(join(back, "keys/director.pem"), "utf8")).toBe("the text of keys/director.pem");
  for (const path of ["kedge.db", "keys/director.pem"]) expect((await stat(join(back, path))).mode & 0o077).toBe(0);
  expect((await readdir(folder)).sort()).toEqual(["back", "backup", "data"]);
});

test("a backup is never written over, nor a data directory", async () => {
  await backup(dataDir, target, deps);
  await expect(backup(dataDir, target, deps)).rejects.toMatchObject({ code: "collector/backup-exists", context: { exit: "storage" } });
  await expect(restore(target, dataDir, deps)).rejects.toMatchObject({ code: "collector/backup-exists" });
  await expect(backup(join(folder, "nothing"), join(folder, "b2"), deps)).rejects.toMatchObject({ code: "collector/backup-no-data" });
});

test.each(["kedge.db", "admin-token", "blobs/ab/abcd"])("a backup whose %s was changed, or is gone, is refused whole", async (path) => {
  await backup(dataDir, target, deps);
  await appendFile(join(target, path), "x");
  const back = join(folder, "back");
  await expect(restore(target, back, deps)).rejects.toMatchObject({ code: "collector/backup-damaged" });
  await rm(join(target, path));
  await expect(restore(target, back, deps)).rejects.toMatchObject({ code: "collector/backup-failed" });
  expect((await readdir(folder)).sort()).toEqual(["backup", "data"]);
});

test("a database that was damaged before it was backed up is found when it is read through", async () => {
  await commit(1, 400);
  await backup(dataDir, target, deps);
  const damaged = join(folder, "damaged.db");
  const bytes = await readFile(join(target, "kedge.db"));
  bytes.fill(0xff, 8_192 * 6, 8_192 * 30);
  await writeFile(damaged, bytes);
  expect(() => checkDatabase(damaged)).toThrow(expect.objectContaining({ code: "store/corrupt" }));
});

test.each([
  ["nothing", undefined, "collector/backup-not-a-backup"],
  ["no JSON", "{", "collector/backup-damaged"],
  ["a newer format", { formatVersion: 2, anything: true }, "collector/backup-not-a-backup"],
  ["a path upwards", { path: "../../etc/passwd" }, "collector/backup-damaged"],
  ["a path from the root", { path: "/etc/passwd" }, "collector/backup-damaged"],
  ["a path up and down", { path: "keys/../../x" }, "collector/backup-damaged"],
  ["no check sum", { path: "x", sha256: "no" }, "collector/backup-damaged"],
])("a list that is %s is refused", async (_, list, code) => {
  await backup(dataDir, target, deps);
  const path = join(target, "backup.json");
  if (list === undefined) await rm(path);
  else if (typeof list === "string") await writeFile(path, list);
  else if ("formatVersion" in list) await writeFile(path, JSON.stringify(list));
  else {
    const good = JSON.parse(await readFile(path, "utf8")) as { files: object[] };
    await writeFile(path, JSON.stringify({ ...good, files: [...good.files, { bytes: 1, sha256: "a".repeat(64), ...list }] }));
  }
  await expect(restore(target, join(folder, "back"), deps)).rejects.toMatchObject({ code });
});
