import { createPublicKey, verify } from "node:crypto";
import type { VerifySignature } from "@kedge/registry";

/** Ed25519 over node:crypto; a key or signature that cannot be read, or is of another kind, is no match. */
export const verifyEd25519: VerifySignature = (message, signature, publicKey) => {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey), format: "der", type: "spki" });
    return key.asymmetricKeyType === "ed25519" && verify(null, message, key, signature);
  } catch {
    return false;
  }
};
