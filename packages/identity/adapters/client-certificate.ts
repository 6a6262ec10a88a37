import type { X509Certificate } from "node:crypto";
import { type Denied, deviceOfNames, identityErrors, normalSerial, type Principal, renewalGraceMs } from "../src/index.js";

/** How a client certificate is judged. */
export interface CertificateContext {
  readonly authority: X509Certificate;
  readonly nowMs: number;
  readonly isRevoked: (serial: string) => boolean;
}

const clientAuth = "1.3.6.1.5.5.7.3.2";
/** A device whose clock made its certificate look not yet valid is let in: our clock signed it. */
const skewMs = 10 * 60_000;

/**
 * The device that a certificate stands for: signed by our authority, for client authentication, not revoked, its names
 * those of a device. The TLS handshake has proved that the peer holds its key; this does not look at that. Expired for
 * less than the renewal grace it stands for a device that may renew.
 */
export function deviceOfCertificate(certificate: X509Certificate, context: CertificateContext): Extract<Principal, { kind: "device" | "renewing" }> | Denied {
  const refuse = (message: string): Denied => ({ kind: "denied", code: identityErrors.certificateRefused, message });
  const { authority, nowMs } = context;
  if (!certificate.checkIssued(authority) || !certificate.verify(authority.publicKey)) return refuse("the certificate is not of this collector's authority");
  const deviceId = deviceOfNames(certificate.subject, certificate.subjectAltName);
  // Node calls the extended key usage `keyUsage`.
  if (deviceId === undefined || certificate.ca || !(certificate.keyUsage ?? []).includes(clientAuth)) return refuse("the certificate is not a device's");
  const serial = normalSerial(certificate.serialNumber);
  if (context.isRevoked(serial)) return refuse(`the certificate of ${deviceId} was revoked`);
  if (nowMs + skewMs < Date.parse(certificate.validFrom)) return refuse(`the certificate of ${deviceId} is not valid yet`);
  const expiredMs = nowMs - Date.parse(certificate.validTo);
  if (expiredMs > renewalGraceMs) return refuse(`the certificate of ${deviceId} expired too long ago to be renewed; enrol again`);
  return { kind: expiredMs > 0 ? "renewing" : "device", deviceId, serial };
}
