import { createPublicKey, type KeyObject, randomBytes, X509Certificate } from "node:crypto";
import { join } from "node:path";
import { KedgeError } from "@kedge/core";
import { loadOrCreateKey } from "../adapters/device-key.js";
import { makePrivateDirectory, readPrivateFile, writePrivateFile } from "../adapters/index.js";
import { identityErrors } from "../src/index.js";
import { ecdsaP256, loadX509, webPrivateKey, webPublicKey } from "./x509.js";

/** Ten years: devices pin this certificate, so a change of it means to enrol them all again. */
const authorityLifeMs = 3653 * 86_400_000;
/** Clocks of devices may be behind ours. */
export const backdatedMs = 60 * 60_000;
/** Servers are valid since ever: to a device without a clock it is 1970, and it learns the time only once it has come in. */
export const sinceEver = new Date(0);

const keyFile = "authority.key.pem";
const certificateFile = "authority.pem";

/** The authority's key and certificate as they lie in its directory. */
export interface AuthorityFiles {
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
}

/** A positive serial number of 127 random bits, as hex. */
export function newSerial(): string {
  const bytes = randomBytes(16);
  // A set first bit would be a negative number, a zero first byte no canonical one.
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString("hex");
}

/** Loads the authority in `directory`, or makes it when there is none. Throws `identity/files-*`. */
export async function loadOrCreateAuthority(directory: string, nowMs: number): Promise<AuthorityFiles> {
  await makePrivateDirectory(directory);
  const [keyPath, certificatePath] = [join(directory, keyFile), join(directory, certificateFile)];
  const pem = await readPrivateFile(certificatePath);
  if (pem !== undefined && (await readPrivateFile(keyPath)) === undefined) throw inconsistent(certificatePath, `its key ${keyFile} is missing`);
  // The key is written first: a start that was cut off in between makes the certificate for the key that is there.
  const key = await loadOrCreateKey(keyPath);
  if (pem === undefined) {
    const certificate = await selfSigned(key, nowMs);
    await writePrivateFile(certificatePath, certificate.toString());
    return { certificate, key };
  }
  const certificate = readCertificate(pem, certificatePath);
  if (!certificate.ca || !certificate.checkPrivateKey(key)) throw inconsistent(certificatePath, `it does not belong to the key ${keyFile}`);
  if (nowMs > Date.parse(certificate.validTo)) throw inconsistent(certificatePath, `it expired at ${certificate.validTo}`);
  return { certificate, key };
}

function readCertificate(pem: string, path: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw inconsistent(path, "it is no certificate");
  }
}

function inconsistent(path: string, why: string): KedgeError {
  return new KedgeError(identityErrors.filesInconsistent, `the authority in ${path} cannot be used: ${why}`, {
    hint: "Restore the directory from a backup. With another authority, every device must be enrolled again.",
    context: { path, exit: "storage" },
  });
}

async function selfSigned(key: KeyObject, nowMs: number): Promise<X509Certificate> {
  const x509 = await loadX509();
  const publicKey = await webPublicKey(createPublicKey(key));
  const serialNumber = newSerial();
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber,
    // The digits keep apart the authorities of several collectors in a list of trusted ones.
    name: `CN=Kedge authority ${serialNumber.slice(0, 8)}`,
    notBefore: sinceEver,
    notAfter: new Date(nowMs + authorityLifeMs),
    keys: { privateKey: await webPrivateKey(key), publicKey },
    signingAlgorithm: ecdsaP256,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
    ],
  });
  return new X509Certificate(Buffer.from(made.rawData));
}
