import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { KedgeError } from "@kedge/core";
import { identityErrors } from "../src/index.js";
import { readPrivateFile, writePrivateFile } from "./private-files.js";

/** A new private key on P-256; it never leaves the device. */
export function newDeviceKey(): KeyObject {
  return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}

/** Whether a key is of the one sort that devices and authorities have. */
export function isP256(key: KeyObject): boolean {
  return key.asymmetricKeyType === "ec" && key.asymmetricKeyDetails?.namedCurve === "prime256v1";
}

/** The private key in a PEM file; made and stored (0600) when there is none. Throws `identity/files-inconsistent` on anything else in it. */
export async function loadOrCreateKey(path: string): Promise<KeyObject> {
  const pem = await readPrivateFile(path);
  if (pem === undefined) {
    const key = newDeviceKey();
    await writePrivateFile(path, key.export({ type: "pkcs8", format: "pem" }).toString());
    return key;
  }
  try {
    const key = createPrivateKey(pem);
    if (isP256(key)) return key;
  } catch (cause) {
    throw notAKey(path, cause);
  }
  throw notAKey(path, undefined);
}

function notAKey(path: string, cause: unknown): KedgeError {
  return new KedgeError(identityErrors.filesInconsistent, `${path} holds no private key on P-256`, {
    hint: "Restore the file from a backup. If the identity is lost, move its directory away and enrol again under another name.",
    context: { path, exit: "storage" },
    cause,
  });
}
