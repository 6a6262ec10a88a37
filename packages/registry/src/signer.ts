import type { Sha256Of } from "@kedge/core";

/** What signs: an Ed25519 private key, here or in a vault. */
export interface Signer {
  readonly keyId: string;
  /** The signature over `message`, 64 bytes (RFC 8032). */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** A public key that is trusted to sign bundles. `publicKey` is SubjectPublicKeyInfo in DER. */
export interface TrustedKey {
  readonly keyId: string;
  readonly publicKey: Uint8Array;
}

/** Whether `signature` is the key's over `message`. Never throws: a key or signature that cannot be read is no match. */
export type VerifySignature = (message: Uint8Array, signature: Uint8Array, publicKey: Uint8Array) => boolean;

/** The name of a public key: the first 32 hex digits of the SHA-256 of its SubjectPublicKeyInfo in DER. */
export function keyIdOf(publicKey: Uint8Array, sha256: Sha256Of): string {
  return sha256(publicKey).slice(0, 32);
}
