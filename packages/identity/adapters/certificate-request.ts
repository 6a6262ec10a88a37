import { createPublicKey, type KeyObject, sign } from "node:crypto";
import { bitString, contextual, objectIdentifier, sequence, setOf, smallInteger, utf8String } from "./der.js";

const commonNameOid = objectIdentifier("2.5.4.3");
const ecdsaWithSha256 = sequence(objectIdentifier("1.2.840.10045.4.3.2"));

/**
 * A PKCS#10 request (RFC 2986) in DER for a P-256 key, some 210 bytes; its signature proves that the asker holds the
 * key. Written by hand so that a device carries no certificate library.
 */
export function certificateRequest(privateKey: KeyObject, commonName: string): Uint8Array {
  const publicKey = createPublicKey(privateKey).export({ type: "spki", format: "der" });
  const name = sequence(setOf(sequence(commonNameOid, utf8String(commonName))));
  const content = sequence(smallInteger(0), name, publicKey, contextual(0));
  return sequence(content, ecdsaWithSha256, bitString(sign("sha256", content, { key: privateKey, dsaEncoding: "der" })));
}
