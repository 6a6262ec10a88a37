import { createPublicKey, type KeyObject } from "node:crypto";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Clock, KedgeError, messageOf, newId, type Random, type Sha256 } from "@kedge/core";
import { type ApiTokenRecord, createApiToken, hashApiToken } from "@kedge/identity";
import { loadOrCreateKey } from "@kedge/identity/adapters";
import { type Authority, openAuthority } from "@kedge/identity/authority";
import type { Signer } from "@kedge/registry";
import { createKeyFiles, publicPemOf, readSigner, readTrustedKey } from "@kedge/registry/adapters";
import type { Documents } from "@kedge/store";
import type { NamedKey } from "@kedge/wire";
import { requireClock } from "./clock-guard.js";
import type { KeyRecord } from "./collections.js";

/** The secrets of a collector, made at its first start, in its data directory. */
export interface Keys {
  readonly authority: Authority;
  readonly director: Signer;
  readonly directorKey: NamedKey;
  /** Signs what is retrained here. */
  readonly targets: Signer;
  readonly targetsKey: NamedKey;
  readonly targetsPublicPem: string;
  /** For what crosses a broker that is not ours: the private half, and the public one (SubjectPublicKeyInfo, DER). */
  readonly seal: KeyObject;
  readonly sealKeyDer: Uint8Array;
}

async function keyPair(path: string): Promise<{ readonly signer: Signer; readonly key: NamedKey; readonly publicPem: string }> {
  if (!existsSync(path)) await createKeyFiles(path);
  const signer = await readSigner(path);
  const trusted = await readTrustedKey(`${path}.pub`);
  return { signer, key: { keyId: trusted.keyId, publicKey: trusted.publicKey }, publicPem: publicPemOf(trusted) };
}

/** Makes a directory that is to be written to. Throws `collector/data-dir` with exit `storage`. */
export async function useDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writeFile(join(directory, ".writable"), "");
  } catch (error) {
    throw new KedgeError("collector/data-dir", `the directory ${directory} cannot be used: ${messageOf(error)}`, {
      hint: "Give the collector a directory that it may write (--data-dir), with room on its disk.",
      context: { path: directory, exit: "storage" },
      cause: error,
    });
  }
}

/** Opens the keys in a directory, making those that are not there. Throws `collector/data-dir` with exit `storage`, `collector/clock-unset`. */
export async function openKeys(dataDir: string, nowMs: number): Promise<Keys> {
  requireClock({ nowMs: () => nowMs });
  await useDirectory(join(dataDir, "keys"));
  await chmod(join(dataDir, "keys"), 0o700);
  const authority = await openAuthority(join(dataDir, "authority"), { nowMs });
  const director = await keyPair(join(dataDir, "keys", "director.pem"));
  const targets = await keyPair(join(dataDir, "keys", "targets.pem"));
  const seal = await loadOrCreateKey(join(dataDir, "keys", "seal.pem"));
  return {
    authority,
    seal,
    sealKeyDer: new Uint8Array(createPublicKey(seal).export({ type: "spki", format: "der" })),
    director: director.signer,
    directorKey: director.key,
    targets: targets.signer,
    targetsKey: targets.key,
    targetsPublicPem: targets.publicPem,
  };
}

/** The collector's own targets key is trusted from the first start on. */
export async function trustOwnKey(keys: Keys, documents: Documents<KeyRecord>, nowMs: number): Promise<void> {
  const { keyId } = keys.targetsKey;
  await documents.insert(keyId, { keyId, name: "collector", publicKeyPem: keys.targetsPublicPem, addedAtMs: nowMs, addedBy: "collector", isCollectors: true });
}

interface TokenDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly secretBytes: (count: number) => Uint8Array;
  readonly sha256: (bytes: Uint8Array) => Sha256;
}

/** The first API token, in a file that only its owner can read; made when the file is not there or its token no longer holds. */
export async function ensureAdminToken(dataDir: string, documents: Documents<ApiTokenRecord>, deps: TokenDeps): Promise<void> {
  const path = join(dataDir, "admin-token");
  if (existsSync(path)) {
    const hash = hashApiToken((await readFile(path, "utf8")).trim(), deps.sha256);
    const known = (await documents.list({ limit: 10_000 })).some((t) => t.body.hash === hash && !t.body.revoked);
    if (known) return;
  }
  const { text, record } = createApiToken("admin", "first", {
    nowMs: deps.clock.nowMs(),
    random: deps.random,
    secretBytes: deps.secretBytes,
    sha256: deps.sha256,
    lifetimeMs: null,
  });
  await documents.insert(record.id, record);
  await writeFile(path, `${text}\n`, { mode: 0o600 });
}

/** The collector's id, chosen once. */
export async function collectorIdOf(dataDir: string, deps: Pick<TokenDeps, "clock" | "random">): Promise<string> {
  const path = join(dataDir, "collector-id");
  if (existsSync(path)) return (await readFile(path, "utf8")).trim();
  const id = newId("col", deps.clock.nowMs(), deps.random);
  await writeFile(path, `${id}\n`);
  return id;
}
