import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, lstat, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { KedgeError, type Sha256 } from "@kedge/core";
import {
  type BundleFile,
  type BundleManifest,
  type BundleStore,
  envelopeBytes,
  type ManifestEnvelope,
  manifestDigest,
  type PackedBundle,
  parseEnvelope,
  peekManifest,
  type RegistryCode,
  registryCodes as codes,
  registryLimits,
} from "../../src/index.js";
import { mismatch, refusedManifest } from "../bundle-faults.js";
import { writeAll, writeSynced } from "../directory/atomic-file.js";
import { diskFault, readFault, syncDirectory, systemCode } from "../disk.js";
import { sha256 } from "../sha256.js";

/**
 * A bundle directory whose files are what the manifest says. Who signed it is for `verifyManifest` to say.
 * `readFile` gives a file's bytes by its role, checked again as they are read.
 */
export interface BundleDirectory {
  readonly path: string;
  readonly digest: Sha256;
  readonly manifest: BundleManifest;
  readonly envelope: ManifestEnvelope;
  readFile(role: string): Promise<Uint8Array>;
}

function refuse(code: RegistryCode, path: string, what: string): KedgeError {
  return new KedgeError(code, `the bundle directory ${path} was refused: ${what}`, {
    hint: "Use the directory exactly as `kedge model pack` wrote it; pack the bundle again when it was altered.",
    context: { path, exit: "untrusted" },
  });
}

/** Opens a plain file: never through a link, which could lead anywhere, nor a pipe, which would never end. */
async function openPlain(path: string, directory: string, name: string): Promise<FileHandle> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (systemCode(error) === "ELOOP") throw refuse(codes.notAFile, directory, `${name} is a symbolic link`);
    if (systemCode(error) === "ENOENT") throw refuse(codes.missingFile, directory, `${name} is missing`);
    throw readFault(error, `reading ${path}`, path);
  }
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw refuse(codes.notAFile, directory, `${name} is no plain file`);
}

async function readPlain(path: string, directory: string, options: { readonly name: string; readonly most: number }): Promise<Uint8Array> {
  const file = await openPlain(path, directory, options.name);
  try {
    const { size } = await file.stat();
    if (size > options.most) throw refuse(codes.digestMismatch, directory, `${options.name} has ${size} bytes; ${options.most} are expected at most`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

async function checkFile(path: string, directory: string, expected: BundleFile): Promise<void> {
  const file = await openPlain(path, directory, `files/${expected.path}`);
  try {
    const { size } = await file.stat();
    if (size !== expected.bytes) throw refuse(codes.digestMismatch, directory, `files/${expected.path} has ${size} bytes; the manifest says ${expected.bytes}`);
    const hash = createHash("sha256");
    for await (const part of file.createReadStream({ autoClose: false })) hash.update(part as Uint8Array);
    const found = { sha256: hash.digest("hex") as Sha256, bytes: size };
    const fault = mismatch(found, expected, `the bundle directory ${directory} was refused: files/${expected.path}`);
    if (fault !== undefined) throw fault;
  } finally {
    await file.close();
  }
}

async function checkListing(folder: string, directory: string, allowed: ReadonlySet<string>): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") throw refuse(codes.missingFile, directory, `${basename(folder)} is missing`);
    throw readFault(error, `listing ${folder}`, folder);
  });
  const unlisted = names.filter((name) => !allowed.has(name));
  if (unlisted.length > 0)
    throw refuse(
      codes.unlistedFile,
      directory,
      `its manifest does not list ${unlisted
        .slice(0, 4)
        .map((n) => JSON.stringify(n))
        .join(", ")}`,
    );
}

async function readEnvelope(path: string): Promise<{ readonly envelope: ManifestEnvelope; readonly manifest: BundleManifest }> {
  const bytes = await readPlain(join(path, "manifest.json"), path, { name: "manifest.json", most: registryLimits.envelopeBytes });
  const parsed = parseEnvelope(bytes);
  if (parsed.kind === "rejected") throw refusedManifest(parsed, `reading the bundle directory ${path}`);
  const peeked = peekManifest(parsed.envelope);
  if (peeked.kind === "rejected") throw refusedManifest(peeked, `reading the bundle directory ${path}`);
  return { envelope: parsed.envelope, manifest: peeked.manifest };
}

/**
 * Reads a bundle directory: `manifest.json` (the signed manifest) and `files/`. Every file must be there with the size
 * and digest that the manifest says, and nothing else may be: an unlisted file is one that nobody signed.
 * KedgeError: `registry/missing-file`, `registry/unlisted-file`, `registry/not-a-file`, `registry/digest-mismatch`,
 * `registry/invalid-envelope`, `registry/invalid-manifest`, `registry/unreadable`.
 */
export async function readBundleDirectory(path: string): Promise<BundleDirectory> {
  const { envelope, manifest } = await readEnvelope(path);
  const files = join(path, "files");
  if (!(await lstat(files).catch(() => undefined))?.isDirectory()) throw refuse(codes.missingFile, path, "files is no directory");
  await checkListing(path, path, new Set(["manifest.json", "files"]));
  await checkListing(files, path, new Set(Object.values(manifest.files).map((f) => f.path)));
  for (const file of Object.values(manifest.files)) await checkFile(join(files, file.path), path, file);
  return {
    path,
    digest: manifestDigest(manifest, sha256),
    manifest,
    envelope,
    async readFile(role) {
      const file = Object.hasOwn(manifest.files, role) ? manifest.files[role] : undefined;
      if (file === undefined) throw refuse(codes.missingFile, path, `its manifest lists no ${role}`);
      const bytes = await readPlain(join(files, file.path), path, { name: `files/${file.path}`, most: file.bytes });
      const fault = mismatch({ sha256: sha256(bytes), bytes: bytes.length }, file, `reading files/${file.path} of ${path}`);
      if (fault !== undefined) throw fault;
      return bytes;
    },
  };
}

/**
 * Writes a bundle as a directory; it is there wholly or not at all. KedgeError `registry/exists` when something is
 * there already, `registry/unwritable`, `registry/disk-full`.
 */
export async function writeBundleDirectory(path: string, bundle: Pick<PackedBundle, "envelope" | "files">): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    await rm(temporary, { recursive: true, force: true });
    await mkdir(join(temporary, "files"), { recursive: true });
    for (const [name, content] of bundle.files) await writeSynced(join(temporary, "files", basename(name)), (file) => writeAll(file, content));
    await writeSynced(join(temporary, "manifest.json"), (file) => writeAll(file, envelopeBytes(bundle.envelope)));
    await syncDirectory(join(temporary, "files"));
    await syncDirectory(temporary);
    await rename(temporary, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    if (["ENOTEMPTY", "EEXIST", "ENOTDIR"].includes(systemCode(error) ?? "") && (await lstat(path).catch(() => undefined)) !== undefined) {
      throw new KedgeError(codes.exists, `writing the bundle directory ${path} failed: there is something already`, {
        hint: "Give a path that does not exist, or remove what is there.",
        context: { path, exit: "conflict" },
        cause: error,
      });
    }
    throw diskFault(error, `writing the bundle directory ${path}`, path);
  }
}

/** Takes a bundle directory into a store. KedgeError as of {@link readBundleDirectory} and the store. */
export async function storeBundleDirectory(directory: BundleDirectory, store: BundleStore): Promise<Sha256> {
  for (const [role, file] of Object.entries(directory.manifest.files)) {
    if ((await store.findBlob(file.sha256))?.bytes !== file.bytes) await store.putBlob(await directory.readFile(role), file);
  }
  const put = await store.putBundle(directory.envelope);
  if (put.kind === "stored") return put.digest;
  throw refuse(codes.missingFile, directory.path, `the registry lacks ${put.files.map((f) => f.path).join(", ")}`);
}
