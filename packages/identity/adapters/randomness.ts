import { createHash, randomBytes } from "node:crypto";
import type { Sha256, Sha256Of } from "@kedge/core";
import type { SecretBytes } from "../src/index.js";

/** Bytes from the system's CSPRNG. */
export const secretBytes: SecretBytes = (length) => new Uint8Array(randomBytes(length));

/** SHA-256 by node:crypto. */
export const sha256: Sha256Of = (bytes) => createHash("sha256").update(bytes).digest("hex") as Sha256;
