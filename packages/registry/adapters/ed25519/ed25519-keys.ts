import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import { stat, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { KedgeError } from "@kedge/core";
import { keyIdOf, registryCodes as codes, type Signer, type TrustedKey, type VerifySignature } from "../../src/index.js";
import { writeAll, writeSynced } from "../directory/atomic-file.js";
import { diskFault, readFault, syncDirectory } from "../disk.js";
import { sha256 } from "../sha256.js";

/** A new key pair. PEM: PKCS#8 and SubjectPublicKeyInfo. */
export interface KeyPair {
  readonly signer: Signer;
  readonly trusted: TrustedKey;
  readonly privatePem: string;
  readonly publicPem: string;
}

function trustedKeyOf(publicKey: KeyObject): TrustedKey {
  const der = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
  return { keyId: keyIdOf(der, sha256), publicKey: der };
}

function signerOf(privateKey: KeyObject): Signer {
  const { keyId } = trustedKeyOf(createPublicKey(privateKey));
  return { keyId, sign: async (message) => new Uint8Array(sign(null, message, privateKey)) };
}

function ed25519Of(read: () => KeyObject, what: string): KeyObject {
  const fault = (cause?: unknown): KedgeError =>
    new KedgeError(codes.invalidKey, `${what} is no Ed25519 key in PEM`, {
      hint: "Make a key pair with `kedge key create`, or export the key as PKCS#8 (private) or SubjectPublicKeyInfo (public) PEM.",
      context: { exit: "config" },
      cause,
    });
  let key: KeyObject;
  try {
    key = read();
  } catch (error) {
    throw fault(error);
  }
  if (key.asymmetricKeyType !== "ed25519") throw fault();
  return key;
}

/** Makes a key pair from the system's randomness. */
export function createKeyPair(): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return {
    signer: signerOf(privateKey),
    trusted: trustedKeyOf(publicKey),
    privatePem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    publicPem: publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
}

/** The signer with a private key in PEM. KedgeError `registry/invalid-key`; `what` names the text in its message. */
export function signerFromPem(pem: string, what = "the private key"): Signer {
  return signerOf(ed25519Of(() => createPrivateKey(pem), what));
}

/** The public key in PEM (of a private key: its public half). KedgeError `registry/invalid-key`. */
export function trustedKeyFromPem(pem: string, what = "the public key"): TrustedKey {
  return trustedKeyOf(ed25519Of(() => createPublicKey(pem), what));
}

/** A public key as PEM. */
export function publicPemOf(key: TrustedKey): string {
  return createPublicKey({ key: Buffer.from(key.publicKey), type: "spki", format: "der" })
    .export({ type: "spki", format: "pem" })
    .toString();
}

/** Verifies Ed25519 signatures; other kinds of keys match nothing. */
export const verifyEd25519: VerifySignature = (message, signature, publicKey) => {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey), type: "spki", format: "der" });
    return key.asymmetricKeyType === "ed25519" && verify(null, message, key, signature);
  } catch {
    return false;
  }
};

/**
 * Makes a key pair in `path` (only its owner may read it) and `path.pub`. Never replaces a key that is there:
 * KedgeError `registry/unwritable`.
 */
export async function createKeyFiles(path: string): Promise<KeyPair> {
  const pair = createKeyPair();
  try {
    await writeSynced(path, (file) => writeAll(file, Buffer.from(pair.privatePem)), 0o600);
    await writeSynced(`${path}.pub`, (file) => writeAll(file, Buffer.from(pair.publicPem)));
    await syncDirectory(dirname(path));
  } catch (error) {
    throw diskFault(error, `writing the key pair ${path}`, path);
  }
  return pair;
}

/**
 * The signer with the private key in a file. KedgeError `registry/unreadable`, `registry/invalid-key`, or
 * `registry/exposed-key` when others than its owner may read or write the file.
 */
export async function readSigner(path: string): Promise<Signer> {
  let pem: string;
  let mode: number;
  try {
    mode = (await stat(path)).mode;
    pem = await readFile(path, "utf8");
  } catch (error) {
    throw readFault(error, `reading the key ${path}`, path);
  }
  if (process.platform !== "win32" && (mode & 0o077) !== 0) {
    throw new KedgeError(codes.exposedKey, `the private key ${path} may be read or written by others (mode ${(mode & 0o777).toString(8)})`, {
      hint: `Run \`chmod 600 ${path}\`; make a new key when others may have read it.`,
      context: { path, exit: "config" },
    });
  }
  return signerFromPem(pem, path);
}

/** The public key in a file. KedgeError `registry/unreadable`, `registry/invalid-key`. */
export async function readTrustedKey(path: string): Promise<TrustedKey> {
  const pem = await readFile(path, "utf8").catch((error: unknown) => {
    throw readFault(error, `reading the public key ${path}`, path);
  });
  return trustedKeyFromPem(pem, path);
}
