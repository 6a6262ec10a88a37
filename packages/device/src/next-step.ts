import type { Sha256 } from "@kedge/core";
import type { DesiredState } from "@kedge/wire";
import { type DeviceRecord, isRefusedBundle, maxTrialStarts } from "./device-record.js";
import { deviceCodes } from "./errors.js";

/** What to do next. Each may be begun again after a crash. */
export type DeviceStep =
  | { readonly kind: "Revert"; readonly reason: string }
  | { readonly kind: "Download"; readonly digest: Sha256; readonly manifestDigest: Sha256 }
  | { readonly kind: "SelfTest"; readonly digest: Sha256 }
  | { readonly kind: "Activate"; readonly digest: Sha256 }
  /** The first predictions of a bundle on trial are to be watched. */
  | { readonly kind: "Watch"; readonly digest: Sha256 }
  /** What is wanted is current and committed, and the record still tells of something else. */
  | { readonly kind: "Settle"; readonly digest: Sha256 }
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

type Wish = Pick<DesiredState, "bundleDigest" | "manifestDigest" | "version">;

function trialStep(wish: Wish | null, current: Sha256, starts: number): DeviceStep {
  if (starts >= maxTrialStarts) return { kind: "Revert", reason: `${deviceCodes.crashLoop}: the agent ended ${starts} times while it was on trial` };
  // A bundle that is no longer wanted need not prove itself first: the sooner a bad one is gone, the better.
  if (wish !== null && wish.bundleDigest !== current)
    return { kind: "Revert", reason: `${deviceCodes.superseded}: another bundle was wanted while it was on trial` };
  return { kind: "Watch", digest: current };
}

/**
 * The next step from what is to what is wanted; `undefined` when there is nothing to do. It looks at facts and follows no script, so it is
 * right after any crash. Laws: a bundle is activated only when whole and tested; a trial ends before anything else begins; a bundle in a slot
 * is never deleted; what is wanted is not known before it was heard, so until then nothing is deleted; repeated, with each step done, it comes
 * to rest with the wanted bundle current, or refused.
 */
export function nextStep(desired: Wish | null, facts: DeviceFacts): DeviceStep | undefined {
  const { record, shelf, tested } = facts;
  if (record.trial !== null && record.current !== null) return trialStep(desired, record.current, record.trial.starts);
  if (desired === null) return undefined;
  const kept = new Set([record.current, record.previous, desired.bundleDigest]);
  const superfluous = [...shelf].find((digest) => !kept.has(digest));
  if (superfluous !== undefined) return { kind: "Delete", digest: superfluous };
  const digest = desired.bundleDigest;
  if (isRefusedBundle(record, digest, desired.version)) return undefined;
  // Also a bundle that runs, when the disk has lost or damaged it.
  if (!shelf.has(digest)) return { kind: "Download", digest, manifestDigest: desired.manifestDigest };
  if (digest === record.current) {
    const isSettled = record.update === "COMMITTED" && record.targetDigest === digest && record.reason === "";
    return isSettled ? undefined : { kind: "Settle", digest };
  }
  return tested.has(digest) ? { kind: "Activate", digest } : { kind: "SelfTest", digest };
}
