import { createHash } from "node:crypto";
import { createReadStream, type Stats } from "node:fs";
import { open, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { KedgeError, messageOf } from "@kedge/core";
import { z } from "zod";

/** The name of the list of what a backup holds; written last, so that what has none is no backup. */
export const manifestName = "backup.json";
/** The database within a data directory. */
export const databaseName = "kedge.db";

const maxFiles = 1_000_000;
const maxManifestBytes = 256 * 2 ** 20;

/** Relative, downwards, plain: a list from elsewhere must not name files outside of the backup. */
const relativePath = z.string().regex(/^(?!.*(^|\/)\.\.?(\/|$))[^/\\\0][^\\\0]*$/);

const manifest = z.strictObject({
  formatVersion: z.literal(1),
  createdAtMs: z.number().nonnegative(),
  /** Of the collector that made it. */
  version: z.string(),
  files: z
    .array(z.strictObject({ path: relativePath, bytes: z.int().nonnegative(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }))
    .min(1)
    .max(maxFiles),
});

/** What a backup holds. */
export type BackupManifest = z.infer<typeof manifest>;
/** One file of it. */
export type BackupFile = BackupManifest["files"][number];

/** A fault of a backup or a restore. */
export function backupFault(code: "exists" | "not-a-backup" | "damaged" | "no-data" | "failed", message: string, hint: string, cause?: unknown): KedgeError {
  return new KedgeError(`collector/backup-${code}`, message, { hint, context: { exit: "storage" }, cause });
}

/** The list in a backup. KedgeError when there is none, when it is damaged, or when a newer Kedge wrote it. */
export async function readManifest(folder: string): Promise<BackupManifest> {
  const path = join(folder, manifestName);
  let text: string;
  try {
    const { size } = await stat(path);
    text = size > maxManifestBytes ? "" : await readFile(path, "utf8");
  } catch (error) {
    throw backupFault("not-a-backup", `${folder} holds no finished backup: ${messageOf(error)}`, "Give a directory that `kedge backup` made.", error);
  }
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    raw = undefined;
  }
  const format = (raw as { formatVersion?: unknown } | null | undefined)?.formatVersion;
  if (typeof format === "number" && format > 1) {
    throw backupFault("not-a-backup", `${folder} was made by a newer Kedge (format ${format})`, "Restore it with that version or a newer one.");
  }
  const parsed = manifest.safeParse(raw);
  if (!parsed.success) throw backupFault("damaged", `${path} is damaged: ${parsed.error.issues[0]?.message ?? "no list"}`, "Use another backup.");
  return parsed.data;
}

/** Every file below a folder that `isWanted` takes, by its path from there, sorted. */
export async function filesBelow(folder: string, isWanted: (path: string) => boolean): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found
    .filter((f) => f.isFile())
    .map((f) => join(f.parentPath, f.name).slice(folder.length + 1))
    .filter(isWanted)
    .sort();
}

/** Length and SHA-256 of a file. */
export async function digestOf(path: string): Promise<Omit<BackupFile, "path">> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest("hex") };
}

/** Has a file or folder on disk before anything says so. */
export async function syncPath(path: string): Promise<Stats> {
  const file = await open(path, "r");
  try {
    await file.sync();
    return await file.stat();
  } finally {
    await file.close();
  }
}
