import type { Sha256 } from "@kedge/core";
import type { DesiredState } from "@kedge/wire";
import { type DeviceRecord, maxTrialStarts } from "./device-record.js";
import { deviceCodes } from "./errors.js";

/** What to do next. Each may be begun again after a crash. */
export type DeviceStep =
  | { readonly kind: "Revert"; readonly reason: string }
  | { readonly kind: "Download"; readonly digest: Sha256; readonly manifestDigest: Sha256 }
  | { readonly kind: "SelfTest"; readonly digest: Sha256 }
  | { readonly kind: "Activate"; readonly digest: Sha256 }
  /** The first predictions of a bundle on trial are to be watched. */
  | { readonly kind: "Watch"; readonly digest: Sha256 }
  /** A bundle that is in no slot and not wanted takes room. */
  | { readonly kind: "Delete"; readonly digest: Sha256 };

/** What is, as far as steps depend on it. */
export interface DeviceFacts {
  readonly record: DeviceRecord;
  /** Bundles that are whole and verified on disk. */
  readonly shelf: ReadonlySet<Sha256>;
  /** Bundles whose golden inputs gave the signed outputs since this start. */
  readonly tested: ReadonlySet<Sha256>;
}

/**
 * The next step from what is to what is wanted; `undefined` when there is nothing to do. It looks at facts and follows no script, so it is
 * right after any crash. Laws: a bundle is activated only when whole and tested; a trial ends before anything else begins; a bundle in a slot
 * is never deleted; repeated, with each step done, it comes to rest with the wanted bundle current, or refused.
 */
export function nextStep(desired: Pick<DesiredState, "bundleDigest" | "manifestDigest" | "version"> | null, facts: DeviceFacts): DeviceStep | undefined {
  const { record, shelf, tested } = facts;
  if (record.trial !== null) {
    if (record.trial.starts >= maxTrialStarts) return { kind: "Revert", reason: `${deviceCodes.crashLoop}: the agent ended ${record.trial.starts} times while it was on trial` };
    if (record.current !== null) return { kind: "Watch", digest: record.current };
  }
  const kept = new Set([record.current, record.previous, desired?.bundleDigest ?? null]);
  const superfluous = [...shelf].find((digest) => !kept.has(digest));
  if (superfluous !== undefined) return { kind: "Delete", digest: superfluous };
  if (desired === null || desired.bundleDigest === record.current) return undefined;
  const digest = desired.bundleDigest;
  if (record.refused.some((r) => r.digest === digest && r.desiredVersion === desired.version)) return undefined;
  if (!shelf.has(digest)) return { kind: "Download", digest, manifestDigest: desired.manifestDigest };
  return tested.has(digest) ? { kind: "Activate", digest } : { kind: "SelfTest", digest };
}
