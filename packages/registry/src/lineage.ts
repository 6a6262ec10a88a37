import type { Sha256 } from "@kedge/core";
import type { BundleManifest, Lineage } from "./bundle-manifest.js";
import { registryLimits } from "./registry-limits.js";

/** The lineage of a bundle that was made by hand. */
export const noLineage: Lineage = { parent: null, incident: null, job: null, trainer: null, dataset: {} };

/** A bundle and what it stems from. */
export interface Ancestor {
  readonly digest: Sha256;
  readonly manifest: BundleManifest;
}

/** A bundle's line, youngest first. `missing`: a parent that is not in the registry, where the line was lost. */
export interface Ancestry {
  readonly line: readonly Ancestor[];
  readonly missing: Sha256 | null;
}

/** Follows parents from `digest` back. A digest cannot stand in its own line, so the walk ends; it is bounded all the same. */
export async function ancestryOf(digest: Sha256, find: (digest: Sha256) => Promise<BundleManifest | undefined>): Promise<Ancestry> {
  const line: Ancestor[] = [];
  let next: Sha256 | null = digest;
  while (next !== null && line.length < registryLimits.lineageDepth) {
    const manifest: BundleManifest | undefined = await find(next);
    if (manifest === undefined) return { line, missing: next };
    line.push({ digest: next, manifest });
    next = manifest.lineage.parent;
  }
  return { line, missing: null };
}
