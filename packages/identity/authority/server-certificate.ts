import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { join } from "node:path";
import { KedgeError } from "@kedge/core";
import { newDeviceKey, readPrivateFile, writePrivateFile } from "../adapters/index.js";
import { identityErrors } from "../src/index.js";
import { type AuthorityFiles, newSerial, sinceEver } from "./authority-files.js";
import { ecdsaP256, loadX509, webPrivateKey, webPublicKey } from "./x509.js";

/** What a TLS server takes. */
export interface ServerCredentials {
  readonly keyPem: string;
  /** The server's certificate, then the authority's. */
  readonly chainPem: string;
  readonly authorityPem: string;
  readonly notAfterMs: number;
}

const serverFile = "server.pem";
/** As long as public authorities issue for; it is renewed at every start and check past `renewBeforeMs` of its end. */
const serverLifeMs = 397 * 86_400_000;
const renewBeforeMs = 30 * 86_400_000;
const namePattern = /^(?=.{1,253}$)(\*\.)?[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;

/** One file for key and certificate, so that a crash cannot part them. Throws `identity/files-unwritable`. */
export async function loadOrCreateServerCertificate(
  directory: string,
  files: AuthorityFiles,
  names: readonly string[],
  nowMs: number,
): Promise<ServerCredentials> {
  const wanted = namesOf(names);
  const path = join(directory, serverFile);
  const held = readServerFile(await readPrivateFile(path));
  if (held !== undefined && stillGood(held, files, wanted, nowMs)) return credentialsOf(held, files);
  const key = newDeviceKey();
  const certificate = await signServer(files, createPublicKey(key), wanted, nowMs);
  await writePrivateFile(path, `${key.export({ type: "pkcs8", format: "pem" }).toString()}${certificate.toString()}`);
  return credentialsOf({ key, certificate }, files);
}

/** A new key and certificate for these names, which are not kept here. */
export async function newServerCredentials(files: AuthorityFiles, names: readonly string[], nowMs: number): Promise<ServerCredentials> {
  const key = newDeviceKey();
  return credentialsOf({ key, certificate: await signServer(files, createPublicKey(key), namesOf(names), nowMs) }, files);
}

function namesOf(names: readonly string[]): string[] {
  for (const name of names) {
    if (isIP(name) === 0 && !namePattern.test(name)) {
      throw new KedgeError(identityErrors.invalidGrant, `${JSON.stringify(name)} can be no name of a server`, {
        hint: "Give host names and IP addresses.",
        context: { exit: "config" },
      });
    }
  }
  return [...new Set(names)].sort();
}

interface ServerPair {
  readonly key: KeyObject;
  readonly certificate: X509Certificate;
}

/** What cannot be read is made anew: nobody pins this certificate. */
function readServerFile(text: string | undefined): ServerPair | undefined {
  if (text === undefined) return undefined;
  try {
    return { key: createPrivateKey(text), certificate: new X509Certificate(text) };
  } catch {
    return undefined;
  }
}

function stillGood({ key, certificate }: ServerPair, files: AuthorityFiles, wanted: readonly string[], nowMs: number): boolean {
  if (nowMs > Date.parse(certificate.validTo) - renewBeforeMs) return false;
  if (!certificate.checkPrivateKey(key) || !certificate.checkIssued(files.certificate) || !certificate.verify(files.certificate.publicKey)) return false;
  return (certificate.subjectAltName ?? "").split(", ").length === wanted.length && wanted.every((name) => isFor(certificate, name));
}

function isFor(certificate: X509Certificate, name: string): boolean {
  if (isIP(name) !== 0) return certificate.checkIP(name) !== undefined;
  return (certificate.subjectAltName ?? "").split(", ").includes(`DNS:${name}`);
}

function credentialsOf({ key, certificate }: ServerPair, files: AuthorityFiles): ServerCredentials {
  const authorityPem = files.certificate.toString();
  return {
    keyPem: key.export({ type: "pkcs8", format: "pem" }).toString(),
    chainPem: `${certificate.toString()}${authorityPem}`,
    authorityPem,
    notAfterMs: Date.parse(certificate.validTo),
  };
}

async function signServer(files: AuthorityFiles, publicKey: KeyObject, names: readonly string[], nowMs: number): Promise<X509Certificate> {
  const x509 = await loadX509();
  const made = await x509.X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: "CN=Kedge collector",
    issuer: new x509.X509Certificate(new Uint8Array(files.certificate.raw)).subject,
    notBefore: sinceEver,
    notAfter: new Date(Math.min(nowMs + serverLifeMs, Date.parse(files.certificate.validTo))),
    publicKey: await webPublicKey(publicKey),
    signingKey: await webPrivateKey(files.key),
    signingAlgorithm: ecdsaP256,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const), value }))),
      await x509.AuthorityKeyIdentifierExtension.create(await webPublicKey(files.certificate.publicKey)),
    ],
  });
  return new X509Certificate(Buffer.from(made.rawData));
}
