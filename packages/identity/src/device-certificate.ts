import { type DeviceId, parseDeviceId } from "@kedge/core";

/** How long a device's certificate is valid. Source: fleet practice of 60 to 90 days with renewal at two thirds. */
export const deviceCertificateLifeMs = 90 * 86_400_000;

/**
 * How long after its end a certificate still lets its device renew it: a device that was off for months comes back by
 * itself. It opens nothing but renewal, and not when it was revoked.
 */
export const renewalGraceMs = 180 * 86_400_000;

/** The name (CN) of the collector in the certificate by which it logs in at a broker. With its dot it can be no device's id. */
export const collectorName = "kedge.collector";

/** The name of a device in its certificate's subjectAltName. */
export function deviceUri(deviceId: DeviceId): string {
  return `urn:kedge:device:${deviceId}`;
}

/** The device that a certificate's names stand for: the whole subject must be `CN=<id>`, the only alternative name its URI. */
export function deviceOfNames(subject: string, alternativeNames: string | undefined): DeviceId | undefined {
  const deviceId = parseDeviceId(subject.startsWith("CN=") ? subject.slice(3) : undefined);
  return deviceId !== undefined && alternativeNames === `URI:${deviceUri(deviceId)}` ? deviceId : undefined;
}

/** When a device should ask for a new certificate: two thirds into the life of the one it has. */
export function renewalDueAtMs(validity: { readonly notBeforeMs: number; readonly notAfterMs: number }): number {
  return validity.notBeforeMs + ((validity.notAfterMs - validity.notBeforeMs) * 2) / 3;
}

/** A serial number as it is stored and compared: lower-case hex without leading zeros or colons. */
export function normalSerial(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(":", "")
    .replace(/^0+(?=.)/, "");
}

/** The check of a list of revoked serial numbers, in any spelling. */
export function revocationCheck(serials: Iterable<string>): (serial: string) => boolean {
  const revoked = new Set([...serials].map(normalSerial));
  return (serial) => revoked.has(normalSerial(serial));
}
