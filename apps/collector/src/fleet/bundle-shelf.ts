import { KedgeError, type Sha256 } from "@kedge/core";
import type { ReferenceProfile } from "@kedge/profile";
import type { BundleStore, StoredBundle } from "@kedge/registry";
import { decodeReferenceProfile } from "@kedge/wire";

/** Bundles with their references at hand: the loops ask for the same few again and again. */
export class BundleShelf {
  readonly #store: BundleStore;
  /** By bundle; small, so never let go: a window must be judged without waiting for the disk. */
  readonly #specHashes = new Map<Sha256, string>();
  readonly #known = new Map<Sha256, { readonly bundle: StoredBundle; readonly reference: ReferenceProfile }>();

  constructor(store: BundleStore) {
    this.#store = store;
  }

  /** A registered bundle and what is normal for it; `undefined` when it is not registered here. */
  async find(digest: Sha256): Promise<{ readonly bundle: StoredBundle; readonly reference: ReferenceProfile } | undefined> {
    const known = this.#known.get(digest);
    if (known !== undefined) return known;
    const bundle = await this.#store.findBundle(digest);
    if (bundle === undefined) return undefined;
    const decoded = decodeReferenceProfile(await this.#store.getBlob(bundle.manifest.files.reference.sha256));
    if (decoded.kind === "rejected")
      throw new KedgeError("collector/reference-unreadable", `the reference profile of bundle ${digest.slice(0, 8)} cannot be read: ${decoded.message}`);
    const found = { bundle, reference: decoded.value };
    const hash = decoded.value.cohorts[0]?.profile.specHash;
    if (hash !== undefined) this.#specHashes.set(digest, hash);
    // A fleet runs a handful of bundles; what is beyond that is read again when asked for.
    if (this.#known.size >= 64) this.#known.clear();
    this.#known.set(digest, found);
    return found;
  }

  /** What a bundle's windows are counted by; `undefined` for a bundle that was never looked up here. Registering one looks it up. */
  specHashOf(digest: Sha256): string | undefined {
    return this.#specHashes.get(digest);
  }

  /** The name of a bundle's model, or its digest when it is not registered here. */
  async nameOf(digest: Sha256): Promise<{ readonly digest: Sha256; readonly name: string; readonly version: string }> {
    const found = await this.find(digest).catch(() => undefined);
    return { digest, name: found?.bundle.manifest.name ?? digest.slice(0, 8), version: found?.bundle.manifest.version ?? "unknown" };
  }
}
