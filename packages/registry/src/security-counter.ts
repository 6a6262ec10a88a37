import type { BundleManifest } from "./bundle-manifest.js";

/*
 * Versions say what is newer, the counter says what is still safe. A rollback is normal and goes to any bundle whose
 * counter is not below the floor; the counter is raised only with a bundle whose predecessors must never run again.
 * Tying the floor to versions instead would forbid every rollback (the rule is MCUboot's `security counter`).
 */

/** Whether a bundle may no longer run where `floor` has been committed. */
export function belowFloor(manifest: Pick<BundleManifest, "securityCounter">, floor: number): boolean {
  return manifest.securityCounter < floor;
}

/**
 * The floor after a bundle has been committed (not merely tried: a bundle that fails its probation must leave the way
 * back open). Only rises.
 */
export function raisedFloor(manifest: Pick<BundleManifest, "securityCounter">, floor: number): number {
  return Math.max(floor, manifest.securityCounter);
}
