import { createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { messageOf, type Sha256 } from "@kedge/core";
import type { DeviceBroker, EnrollResponse, NamedKey } from "@kedge/wire";
import { type Denied, deviceOfNames, identityErrors } from "../src/index.js";
import type { GrantedIdentity, IdentityBroker, TrustedKey } from "./device-identity.js";
import { isP256 } from "./device-key.js";
import { pinOf } from "./fetch-authority.js";

type Granted = Extract<EnrollResponse, { readonly kind: "granted" }>;

/**
 * What a grant is worth: an identity only if the certificate is for our key and the id it names, signed by an authority
 * of the grant that the token pins, and the keys to trust are Ed25519. The answer came over a connection that trusts
 * that authority alone; this check finds mistakes, and a broker that is not what it was.
 */
export function readGrant(response: Granted, privateKey: KeyObject, pin: Sha256): { readonly kind: "granted"; readonly identity: GrantedIdentity } | Denied {
  const invalid = (message: string): Denied => ({ kind: "denied", code: identityErrors.grantInvalid, message: `the collector granted ${message}` });
  try {
    const certificate = new X509Certificate(response.certificate);
    const authorities = response.authorities.map((bytes) => new X509Certificate(bytes));
    const authority = authorities.find((a) => pinOf(a) === pin);
    if (authority === undefined) return invalid("an identity of another authority than the token's");
    if (!certificate.checkIssued(authority) || !certificate.verify(authority.publicKey)) return invalid("a certificate that its authority has not signed");
    if (!certificate.checkPrivateKey(privateKey)) return invalid("a certificate for another key");
    if (deviceOfNames(certificate.subject, certificate.subjectAltName) !== response.deviceId)
      return invalid(`a certificate that is not for ${response.deviceId}`);
    const identity: GrantedIdentity = {
      deviceId: response.deviceId,
      certificatePem: certificate.toString(),
      authoritiesPem: authorities.map((a) => a.toString()).join(""),
      directorKeys: response.directorKeys.map(pemOf),
      targetsKeys: response.targetsKeys.map(pemOf),
      notBeforeMs: Date.parse(certificate.validFrom),
      notAfterMs: Date.parse(certificate.validTo),
      broker: response.broker === undefined ? null : brokerOf(response.broker),
    };
    return { kind: "granted", identity };
  } catch (error) {
    return invalid(`a key or certificate that cannot be read: ${messageOf(error)}`);
  }
}

function brokerOf({ url, authorities, sealKey }: DeviceBroker): IdentityBroker {
  if (!/^mqtts?:\/\/[^/\s]+$/.test(url)) throw new TypeError(`${JSON.stringify(url.slice(0, 80))} is no broker's address`);
  const publicKey = createPublicKey({ key: Buffer.from(sealKey), format: "der", type: "spki" });
  if (!isP256(publicKey)) throw new TypeError("the key for seals is not on P-256");
  return {
    url,
    authoritiesPem: authorities.map((der) => new X509Certificate(der).toString()).join(""),
    sealKeyPem: publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
}

function pemOf(key: NamedKey): TrustedKey {
  const publicKey = createPublicKey({ key: Buffer.from(key.publicKey), format: "der", type: "spki" });
  if (publicKey.asymmetricKeyType !== "ed25519") throw new TypeError(`${key.keyId} is no Ed25519 key`);
  return { keyId: key.keyId, publicKeyPem: publicKey.export({ type: "spki", format: "pem" }).toString() };
}
