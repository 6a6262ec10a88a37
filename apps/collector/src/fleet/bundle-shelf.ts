import { KedgeError, type Sha256 } from "@kedge/core";
import type { ReferenceProfile } from "@kedge/profile";
import type { BundleStore, StoredBundle } from "@kedge/registry";
import { type InputSchema, readSchema } from "@kedge/sensor";
import { decodeReferenceProfile } from "@kedge/wire";

/** A registered bundle, what is normal for it, and what its readings must be (`undefined`: it has no schema). */
export interface KnownBundle {
  readonly bundle: StoredBundle;
  readonly reference: ReferenceProfile;
  readonly schema: InputSchema | undefined;
}

/** Bundles with their references at hand: the loops ask for the same few again and again. */
export class BundleShelf {
  readonly #store: BundleStore;
  /** By bundle; small, so never let go: a window must be judged without waiting for the disk. */
  readonly #specHashes = new Map<Sha256, string>();
  readonly #known = new Map<Sha256, KnownBundle>();

  constructor(store: BundleStore) {
    this.#store = store;
  }

  /** A registered bundle and what is normal for it; `undefined` when it is not registered here. */
  async find(digest: Sha256): Promise<KnownBundle | undefined> {
    const known = this.#known.get(digest);
    if (known !== undefined) return known;
    const bundle = await this.#store.findBundle(digest);
    if (bundle === undefined) return undefined;
    const decoded = decodeReferenceProfile(await this.#store.getBlob(bundle.manifest.files.reference.sha256));
    if (decoded.kind === "rejected")
      throw new KedgeError("collector/reference-unreadable", `the reference profile of bundle ${digest.slice(0, 8)} cannot be read: ${decoded.message}`);
    const found = { bundle, reference: decoded.value, schema: await this.#schemaOf(bundle) };
    const hash = decoded.value.cohorts[0]?.profile.specHash;
    if (hash !== undefined) this.#specHashes.set(digest, hash);
    // A fleet runs a handful of bundles; what is beyond that is read again when asked for.
    if (this.#known.size >= 64) this.#known.clear();
    this.#known.set(digest, found);
    return found;
  }

  async #schemaOf({ digest, manifest }: StoredBundle): Promise<InputSchema | undefined> {
    if (manifest.files.schema === undefined) return undefined;
    const read = readSchema(new TextDecoder().decode(await this.#store.getBlob(manifest.files.schema.sha256)));
    if (read.kind === "schema") return read.schema;
    throw new KedgeError("collector/schema-unreadable", `the schema of bundle ${digest.slice(0, 8)} cannot be read: ${read.faults.join("; ")}`);
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
