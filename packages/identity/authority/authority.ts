import { createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import type { DeviceId, Sha256 } from "@kedge/core";
import { isP256, newDeviceKey, pinOf, sha256 } from "../adapters/index.js";
import { collectorName, type Denied, deviceCertificateLifeMs, deviceUri, identityErrors, normalSerial } from "../src/index.js";
import { type AuthorityFiles, backdatedMs, loadOrCreateAuthority, newSerial } from "./authority-files.js";
import { loadOrCreateServerCertificate, newServerCredentials, type ServerCredentials } from "./server-certificate.js";
import { ecdsaP256, loadX509, webPrivateKey, webPublicKey } from "./x509.js";

/** A certificate that was issued to a device. */
export interface IssuedCertificate {
  readonly kind: "issued";
  readonly deviceId: DeviceId;
  readonly certificateDer: Uint8Array;
  readonly certificatePem: string;
  /** Lower-case hex without leading zeros: what a list of revoked ones holds. */
  readonly serial: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly publicKeySha256: Sha256;
}

/** A request for a certificate that was read and whose signature holds. */
export interface ReadRequest {
  readonly kind: "read";
  readonly publicKey: KeyObject;
  /** Of the key's SubjectPublicKeyInfo (DER): by this a device that asks again is known. */
  readonly publicKeySha256: Sha256;
}

/** Larger requests are refused unread; ours have some 210 bytes. */
const maxRequestBytes = 4096;
/** A connection that stands is not cut by its certificate's end, and every start of a collector makes a new one. */
const collectorLifeMs = 825 * 86_400_000;

/** The collector's own certificate authority, kept in a directory (key 0600). Open it with {@link openAuthority}. */
export class Authority {
  readonly certificate: X509Certificate;
  /** SHA-256 of the certificate: goes into enrolment tokens. */
  readonly pin: Sha256;
  readonly certificatePem: string;
  readonly certificateDer: Uint8Array;
  readonly #files: AuthorityFiles;
  readonly #directory: string;

  constructor(directory: string, files: AuthorityFiles) {
    this.#directory = directory;
    this.#files = files;
    this.certificate = files.certificate;
    this.certificatePem = files.certificate.toString();
    this.certificateDer = new Uint8Array(files.certificate.raw);
    this.pin = pinOf(files.certificate);
  }

  /**
   * Key and chain for a TLS server of these names and IP addresses; made anew when there is none, when the names have
   * changed or when the end is near. The chain holds the authority, so that clients can pin it.
   */
  async serverCredentials(names: readonly string[], nowMs: number): Promise<ServerCredentials> {
    return await loadOrCreateServerCertificate(this.#directory, this.#files, names, nowMs);
  }

  /** Key and chain for the TLS server of a broker beside the collector. Made anew with every call, and not kept. */
  brokerCredentials(names: readonly string[], nowMs: number): Promise<ServerCredentials> {
    return newServerCredentials(this.#files, names, nowMs);
  }

  /** Key and certificate by which the collector itself logs in at a broker, as {@link collectorName}. Made anew with every call. */
  async collectorCredentials(nowMs: number): Promise<{ readonly keyPem: string; readonly certificatePem: string }> {
    const key = newDeviceKey();
    const certificate = await this.#sign(createPublicKey(key), collectorName, { fromMs: nowMs, untilMs: nowMs + collectorLifeMs, alternative: undefined });
    return { keyPem: key.export({ type: "pkcs8", format: "pem" }).toString(), certificatePem: certificate.toString() };
  }

  /** Reads a PKCS#10 request and checks that its asker holds the key. Takes P-256 keys only. */
  async readRequest(der: Uint8Array): Promise<ReadRequest | Denied> {
    const refuse = (code: Denied["code"], message: string): Denied => ({ kind: "denied", code, message });
    if (der.length > maxRequestBytes)
      return refuse(identityErrors.csrMalformed, `the certificate request has ${der.length} bytes, more than ${maxRequestBytes}`);
    const x509 = await loadX509();
    let publicKey: KeyObject;
    try {
      const request = new x509.Pkcs10CertificateRequest(der.slice());
      publicKey = createPublicKey({ key: Buffer.from(request.publicKey.rawData), format: "der", type: "spki" });
      if (!isP256(publicKey)) return refuse(identityErrors.csrKey, "the certificate request is for a key that is not on P-256");
      if (!(await request.verify())) return refuse(identityErrors.csrSignature, "the certificate request is not signed by its own key");
    } catch {
      return refuse(identityErrors.csrMalformed, "the bytes are no PKCS#10 certificate request");
    }
    return { kind: "read", publicKey, publicKeySha256: sha256(new Uint8Array(publicKey.export({ type: "spki", format: "der" }))) };
  }

  /** Issues a certificate for TLS client authentication to `deviceId`. Names in the request are not looked at. */
  async issueDevice(request: ReadRequest, deviceId: DeviceId, options: { readonly nowMs: number; readonly lifeMs?: number }): Promise<IssuedCertificate> {
    const untilMs = options.nowMs + (options.lifeMs ?? deviceCertificateLifeMs);
    const certificate = await this.#sign(request.publicKey, deviceId, { fromMs: options.nowMs, untilMs, alternative: deviceUri(deviceId) });
    return {
      kind: "issued",
      deviceId,
      certificateDer: new Uint8Array(certificate.raw),
      certificatePem: certificate.toString(),
      serial: normalSerial(certificate.serialNumber),
      notBeforeMs: Date.parse(certificate.validFrom),
      notAfterMs: Date.parse(certificate.validTo),
      publicKeySha256: request.publicKeySha256,
    };
  }

  /** A certificate for TLS client authentication. */
  async #sign(
    key: KeyObject,
    name: string,
    terms: { readonly fromMs: number; readonly untilMs: number; readonly alternative: string | undefined },
  ): Promise<X509Certificate> {
    const x509 = await loadX509();
    const made = await x509.X509CertificateGenerator.create({
      serialNumber: newSerial(),
      subject: `CN=${name}`,
      issuer: new x509.X509Certificate(this.certificateDer.slice()).subject,
      notBefore: new Date(terms.fromMs - backdatedMs),
      notAfter: new Date(Math.min(terms.untilMs, Date.parse(this.certificate.validTo))),
      publicKey: await webPublicKey(key),
      signingKey: await webPrivateKey(this.#files.key),
      signingAlgorithm: ecdsaP256,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
        ...(terms.alternative === undefined ? [] : [new x509.SubjectAlternativeNameExtension([{ type: "url" as const, value: terms.alternative }])]),
        await x509.AuthorityKeyIdentifierExtension.create(await webPublicKey(this.certificate.publicKey)),
      ],
    });
    return new X509Certificate(Buffer.from(made.rawData));
  }
}

/** Opens the authority in `directory`; at the first time it is made, for ten years. Throws `identity/files-*`. */
export async function openAuthority(directory: string, options: { readonly nowMs: number }): Promise<Authority> {
  return new Authority(directory, await loadOrCreateAuthority(directory, options.nowMs));
}
