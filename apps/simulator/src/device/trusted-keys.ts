import { createPublicKey } from "node:crypto";
import type { DeviceIdentity, TrustedKey as PemKey } from "@kedge/identity/adapters";
import type { TrustedKey } from "@kedge/registry";

const mostKeys = 256;

/** Whom devices trust. Keys are the same for the whole fleet, so each is read once. */
export class TrustedKeys {
  readonly #known = new Map<string, TrustedKey>();

  /** For wishes and for bundles. */
  of({ directorKeys, targetsKeys }: DeviceIdentity): { readonly directorKeys: readonly TrustedKey[]; readonly targetsKeys: readonly TrustedKey[] } {
    return { directorKeys: directorKeys.map((key) => this.#keyOf(key)), targetsKeys: targetsKeys.map((key) => this.#keyOf(key)) };
  }

  #keyOf({ keyId, publicKeyPem }: PemKey): TrustedKey {
    const before = this.#known.get(publicKeyPem);
    if (before !== undefined) return before;
    const key = { keyId, publicKey: new Uint8Array(createPublicKey(publicKeyPem).export({ type: "spki", format: "der" })) };
    if (this.#known.size < mostKeys) this.#known.set(publicKeyPem, key);
    return key;
  }
}
