import { type KeyObject, webcrypto } from "node:crypto";

/** What keys and signatures of this house are. */
export const ecdsaP256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/**
 * The certificate library, loaded on first use: it is 4.9 MB and asks for `reflect-metadata` to be there before it.
 * Only collectors come here.
 */
export async function loadX509(): Promise<typeof import("@peculiar/x509")> {
  await import("reflect-metadata");
  return await import("@peculiar/x509");
}

/** A node:crypto private key as WebCrypto has it. */
export async function webPrivateKey(key: KeyObject): Promise<webcrypto.CryptoKey> {
  return await webcrypto.subtle.importKey("pkcs8", key.export({ type: "pkcs8", format: "der" }), ecdsaP256, false, ["sign"]);
}

/** A node:crypto public key as WebCrypto has it. */
export async function webPublicKey(key: KeyObject): Promise<webcrypto.CryptoKey> {
  return await webcrypto.subtle.importKey("spki", key.export({ type: "spki", format: "der" }), ecdsaP256, true, ["verify"]);
}
