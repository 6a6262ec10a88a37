import { copyFile, chmod, mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { messageOf } from "@kedge/core";
import {
  type BackupFile,
  type BackupManifest,
  backupFault,
  databaseName,
  digestOf,
  filesBelow,
  manifestName,
  readManifest,
  syncPath,
} from "./backup-manifest.js";

/** How databases are copied and looked through. */
export interface DatabaseFiles {
  snapshot(path: string, target: string): void;
  check(path: string): void;
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** The database is copied by itself; locks, places and work in progress mean nothing elsewhere. */
function isKept(path: string): boolean {
  return !/^(kedge\.db.*|endpoint\.json|\.writable|training\/.*|blobs\/tmp\/.*|.*\.new)$/.test(path);
}

async function copySynced(from: string, to: string): Promise<Omit<BackupFile, "path">> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  await copyFile(from, to);
  await chmod(to, 0o600);
  await syncPath(to);
  return digestOf(to);
}

async function syncFolders(folder: string, files: readonly { readonly path: string }[]): Promise<void> {
  const folders = new Set([folder]);
  for (const { path } of files) for (let at = dirname(path); at !== "."; at = dirname(at)) folders.add(join(folder, at));
  for (const one of folders) await syncPath(one);
}

/**
 * Copies a data directory into a new one, while a collector runs on it or not: first the database as it is at one moment, then the files that it
 * names, which never change. `target` is there wholly, with a list of check sums, or not at all. KedgeError `collector/backup-…`, `store/…`.
 */
export async function backup(
  dataDir: string,
  target: string,
  deps: { readonly version: string; readonly nowMs: number; readonly files: DatabaseFiles },
): Promise<BackupManifest> {
  const [from, to] = [resolve(dataDir), resolve(target)];
  if (!(await exists(join(from, databaseName)))) throw backupFault("no-data", `there is no collector's data in ${from}`, "Give the collector's --data-dir.");
  if (await exists(to)) throw backupFault("exists", `${to} is there already`, "Give a path that is not: a backup is never written over.");
  const partial = `${to}.partial`;
  // What a killed backup left: it has no list, so it is none.
  await rm(partial, { recursive: true, force: true });
  try {
    await mkdir(partial, { recursive: true, mode: 0o700 });
    deps.files.snapshot(join(from, databaseName), join(partial, databaseName));
    await chmod(join(partial, databaseName), 0o600);
    await syncPath(join(partial, databaseName));
    const files: BackupFile[] = [{ path: databaseName, ...(await digestOf(join(partial, databaseName))) }];
    for (const path of await filesBelow(from, isKept)) files.push({ path, ...(await copySynced(join(from, path), join(partial, path))) });
    const manifest: BackupManifest = { formatVersion: 1, createdAtMs: deps.nowMs, version: deps.version, files };
    await writeFile(join(partial, manifestName), `${JSON.stringify(manifest, null, 1)}\n`, { mode: 0o600, flush: true });
    await syncFolders(partial, files);
    await rename(partial, to);
    await syncPath(dirname(to));
    return manifest;
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw asFault(error, `backing ${from} up to ${to}`);
  }
}

/**
 * Puts a backup back as a data directory, which must not be there, or be empty: every file is checked against the list as it is copied, and the
 * database read through. It is there wholly or not at all. KedgeError `collector/backup-…`, `store/corrupt`.
 */
export async function restore(source: string, dataDir: string, deps: { readonly files: DatabaseFiles }): Promise<BackupManifest> {
  const [from, to] = [resolve(source), resolve(dataDir)];
  const manifest = await readManifest(from);
  if (!(await isFree(to))) throw backupFault("exists", `${to} is not empty`, "Stop its collector and move it away first; nothing is written over.");
  const partial = `${to}.restoring`;
  await rm(partial, { recursive: true, force: true });
  try {
    await mkdir(partial, { recursive: true, mode: 0o700 });
    for (const { path, bytes, sha256 } of manifest.files) {
      const copied = await copySynced(join(from, path), join(partial, path));
      if (copied.bytes === bytes && copied.sha256 === sha256) continue;
      throw backupFault("damaged", `${join(from, path)} is not what was backed up: its check sum differs`, "Use another backup.");
    }
    deps.files.check(join(partial, databaseName));
    await syncFolders(partial, manifest.files);
    await rm(to, { recursive: true, force: true });
    await rename(partial, to);
    await syncPath(dirname(to));
    return manifest;
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw asFault(error, `restoring ${from} into ${to}`);
  }
}

async function isFree(folder: string): Promise<boolean> {
  return !(await exists(folder)) || (await filesBelow(folder, () => true).catch(() => ["a file"])).length === 0;
}

function asFault(error: unknown, doing: string): Error {
  if (error instanceof Error && error.name === "KedgeError") return error;
  return backupFault("failed", `${doing} failed: ${messageOf(error)}`, "Check that both places can be reached and that there is room.", error);
}
