import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { join } from "node:path";
import { type DeviceId, KedgeError, parseDeviceId } from "@kedge/core";
import { deviceOfNames, identityErrors } from "../src/index.js";
import { isP256, loadOrCreateKey } from "./device-key.js";
import { makePrivateDirectory, readPrivateFile, writePrivateFile } from "./private-files.js";

/** A public key by its name, as PEM (SubjectPublicKeyInfo). */
export interface TrustedKey {
  readonly keyId: string;
  readonly publicKeyPem: string;
}

/** The broker that a device speaks over, where that is not the collector itself. */
export interface IdentityBroker {
  readonly url: string;
  /** Whom to trust for its certificate; empty: those of the collector. */
  readonly authoritiesPem: string;
  /** The collector's public key for seals. */
  readonly sealKeyPem: string;
}

/** Who a device is and whom it trusts. What MQTT over TLS takes: `certificatePem`, `privateKeyPem`, `authoritiesPem`. */
export interface DeviceIdentity {
  readonly deviceId: DeviceId;
  readonly privateKeyPem: string;
  readonly certificatePem: string;
  /** One or more certificates; the only ones to trust for the collector's servers. */
  readonly authoritiesPem: string;
  /** Who signs desired states. */
  readonly directorKeys: readonly TrustedKey[];
  /** Who signs bundles. */
  readonly targetsKeys: readonly TrustedKey[];
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** `null`: the collector's own. */
  readonly broker: IdentityBroker | null;
}

/** What a collector granted; with the private key it is a {@link DeviceIdentity}. */
export type GrantedIdentity = Omit<DeviceIdentity, "privateKeyPem">;

/** `key.pem` exists from before the first request on; `identity.json` from the grant on. Both are written whole or not at all. */
const keyFile = "key.pem";
const identityFile = "identity.json";
const formatVersion = 1;

/** The device's private key in `directory`, made at first. An enrolment that was cut off goes on with the same key. */
export async function loadDeviceKey(directory: string): Promise<string> {
  await makePrivateDirectory(directory);
  const key = await loadOrCreateKey(join(directory, keyFile));
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

/** Stores what was granted for the key in `directory`; a certificate for another key is refused with `identity/grant-invalid`. */
export async function saveIdentity(directory: string, granted: GrantedIdentity): Promise<DeviceIdentity> {
  const privateKeyPem = await loadDeviceKey(directory);
  const fault = faultOf(granted, privateKeyPem);
  if (fault !== undefined)
    throw new KedgeError(identityErrors.grantInvalid, `the identity granted cannot be stored in ${directory}: ${fault}`, { context: { exit: "untrusted" } });
  await writePrivateFile(join(directory, identityFile), `${JSON.stringify({ formatVersion, ...granted }, null, 2)}\n`);
  return { ...granted, privateKeyPem };
}

/** The identity in `directory`; `undefined` when the device is not enrolled. Throws `identity/files-unreadable`, `-/files-inconsistent`. */
export async function loadIdentity(directory: string): Promise<DeviceIdentity | undefined> {
  const path = join(directory, identityFile);
  const text = await readPrivateFile(path);
  if (text === undefined) return undefined;
  const granted = parseGranted(text);
  if (granted === undefined) throw inconsistent(path, "it is no identity that this version wrote");
  const privateKeyPem = await readPrivateFile(join(directory, keyFile));
  if (privateKeyPem === undefined) throw inconsistent(path, `its key ${keyFile} is missing`);
  const fault = faultOf(granted, privateKeyPem);
  if (fault !== undefined) throw inconsistent(path, fault);
  return { ...granted, privateKeyPem };
}

function inconsistent(path: string, why: string): KedgeError {
  return new KedgeError(identityErrors.filesInconsistent, `the identity in ${path} cannot be used: ${why}`, {
    hint: "Restore the directory from a backup; or move it away, retire the device at the collector, and enrol again.",
    context: { path, exit: "storage" },
  });
}

function faultOf(granted: GrantedIdentity, privateKeyPem: string): string | undefined {
  try {
    const certificate = new X509Certificate(granted.certificatePem);
    if (!certificate.checkPrivateKey(createPrivateKey(privateKeyPem))) return "the certificate is for another key";
    if (deviceOfNames(certificate.subject, certificate.subjectAltName) !== granted.deviceId) return `the certificate is not for ${granted.deviceId}`;
    if (granted.broker !== null && !isP256(createPublicKey(granted.broker.sealKeyPem))) return "the collector's key for seals is not on P-256";
    for (const key of [...granted.directorKeys, ...granted.targetsKeys]) {
      if (createPublicKey(key.publicKeyPem).asymmetricKeyType !== "ed25519") return `the key ${key.keyId} is not an Ed25519 key`;
    }
    return undefined;
  } catch (error) {
    return `a key or certificate cannot be read (${error instanceof Error ? error.message : "unknown"})`;
  }
}

function parseGranted(text: string): GrantedIdentity | undefined {
  let raw: Readonly<Record<string, unknown>>;
  try {
    raw = (JSON.parse(text) ?? {}) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
  const deviceId = parseDeviceId(raw["deviceId"]);
  const { certificatePem, authoritiesPem, notBeforeMs, notAfterMs } = raw;
  const directorKeys = parseKeys(raw["directorKeys"]);
  const targetsKeys = parseKeys(raw["targetsKeys"]);
  if (raw["formatVersion"] !== formatVersion || deviceId === undefined || directorKeys === undefined || targetsKeys === undefined) return undefined;
  if (typeof certificatePem !== "string" || typeof authoritiesPem !== "string" || typeof notBeforeMs !== "number" || typeof notAfterMs !== "number")
    return undefined;
  const broker = parseBroker(raw["broker"]);
  if (broker === undefined) return undefined;
  return { deviceId, certificatePem, authoritiesPem, directorKeys, targetsKeys, notBeforeMs, notAfterMs, broker };
}

function parseBroker(raw: unknown): IdentityBroker | null | undefined {
  if (raw === undefined || raw === null) return null;
  const { url, authoritiesPem, sealKeyPem } = raw as { readonly [K in keyof IdentityBroker]?: unknown };
  if (typeof url !== "string" || typeof authoritiesPem !== "string" || typeof sealKeyPem !== "string") return undefined;
  return { url, authoritiesPem, sealKeyPem };
}

function parseKeys(raw: unknown): readonly TrustedKey[] | undefined {
  if (!Array.isArray(raw)) return undefined;
  const keys: TrustedKey[] = [];
  for (const entry of raw as readonly unknown[]) {
    const { keyId, publicKeyPem } = (entry ?? {}) as { readonly keyId?: unknown; readonly publicKeyPem?: unknown };
    if (typeof keyId !== "string" || typeof publicKeyPem !== "string") return undefined;
    keys.push({ keyId, publicKeyPem });
  }
  return keys;
}
