import { parseSha256, type Sha256 } from "@kedge/core";
import { type DesiredState, type UpdateState, updateStates } from "@kedge/wire";

/** A bundle that this device will not try again under the desired version that named it. */
export interface RefusedBundle {
  readonly digest: Sha256;
  readonly desiredVersion: number;
  readonly reason: string;
}

/** A bundle that runs but is not committed: how often the agent started with it so far. */
export interface Trial {
  readonly starts: number;
}

/**
 * What a device remembers of its updates, as one small file that is replaced whole: so every crash leaves the state before or after a
 * step, and never between. Invariants: `previous` is a bundle that was committed; while `trial` is set, `previous` is where a revert goes;
 * `desiredVersion` and `securityFloor` only rise.
 */
export interface DeviceRecord {
  readonly formatVersion: 1;
  /** The slot that is served. */
  readonly current: Sha256 | null;
  /** The slot kept for going back. */
  readonly previous: Sha256 | null;
  readonly trial: Trial | null;
  /** The last desired state that was taken up, and the rollout that it was part of. */
  readonly desiredVersion: number;
  readonly rolloutId: string | null;
  /** Manifests with a lower security counter are not installed. */
  readonly securityFloor: number;
  readonly refused: readonly RefusedBundle[];
  readonly update: UpdateState;
  readonly targetDigest: Sha256 | null;
  /** `code: words`, or empty. */
  readonly reason: string;
}

/** Refusals remembered; more are not needed, since each is tied to a desired version. */
const maxRefused = 16;
/** A trial that the agent starts with this often without committing has crashed it. */
export const maxTrialStarts = 2;

export const emptyRecord: DeviceRecord = {
  formatVersion: 1,
  current: null,
  previous: null,
  trial: null,
  desiredVersion: 0,
  rolloutId: null,
  securityFloor: 0,
  refused: [],
  update: "IDLE",
  targetDigest: null,
  reason: "",
};

/** Whether the device gave this bundle up under this desired version. */
export function isRefusedBundle(record: DeviceRecord, digest: Sha256, desiredVersion: number): boolean {
  return record.refused.some((r) => r.digest === digest && r.desiredVersion === desiredVersion);
}

/** A newer wish is taken up; an older one leaves the record as it is. A wish that only asks for other samples starts no update anew. */
export function adopted(record: DeviceRecord, desired: Pick<DesiredState, "version" | "rolloutId" | "bundleDigest">): DeviceRecord {
  const { version, rolloutId, bundleDigest } = desired;
  if (version <= record.desiredVersion) return record;
  // The same rollout asking again does not make a refused bundle better.
  const isSameRollout = rolloutId === record.rolloutId;
  const carried = record.refused.map((r) => (isSameRollout && r.desiredVersion === record.desiredVersion ? { ...r, desiredVersion: version } : r));
  const next = { ...record, desiredVersion: version, rolloutId, refused: carried };
  const isNew = bundleDigest !== record.current && !isRefusedBundle(next, bundleDigest, version);
  if (!isNew || (isSameRollout && record.targetDigest === bundleDigest)) return next;
  return { ...next, update: "PENDING", targetDigest: bundleDigest, reason: "" };
}

/** The new bundle is served from now on, on trial; what was committed stays as the way back. */
export function activated(record: DeviceRecord, digest: Sha256): DeviceRecord {
  if (record.current === digest) return record;
  const previous = record.trial === null ? record.current : record.previous;
  return { ...record, current: digest, previous, trial: { starts: 0 }, update: "PROBATION", targetDigest: digest, reason: "" };
}

/** The trial is over, and well. The floor rises with the committed bundle's security counter. */
export function committed(record: DeviceRecord, securityCounter: number): DeviceRecord {
  return { ...settled(record), trial: null, securityFloor: Math.max(record.securityFloor, securityCounter) };
}

/** What is wanted runs: whatever was under way before is done with. */
export function settled(record: DeviceRecord): DeviceRecord {
  return { ...record, update: "COMMITTED", targetDigest: record.current, reason: "" };
}

/** The trial failed: back to what was committed before, and not this bundle again under the same desired version. */
export function reverted(record: DeviceRecord, reason: string): DeviceRecord {
  if (record.trial === null || record.current === null) return record;
  const back = { ...record, current: record.previous, previous: null, trial: null };
  return { ...refused(back, record.current, reason), update: "ROLLED_BACK" };
}

/** The bundle was refused before it was ever served. */
export function refused(record: DeviceRecord, digest: Sha256, reason: string): DeviceRecord {
  const entry = { digest, desiredVersion: record.desiredVersion, reason };
  return {
    ...record,
    refused: [...record.refused.filter((r) => r.digest !== digest), entry].slice(-maxRefused),
    update: "REJECTED",
    targetDigest: digest,
    reason,
  };
}

/** The agent starts: a trial that has been started too often is to be reverted, which {@link nextStep} says. */
export function startedAgain(record: DeviceRecord): DeviceRecord {
  return record.trial === null ? record : { ...record, trial: { starts: record.trial.starts + 1 } };
}

const isCount = (value: unknown): value is number => typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
const isDigestOrNull = (value: unknown): value is Sha256 | null => value === null || parseSha256(value) !== undefined;

function isTrial(value: unknown): value is Trial | null {
  return value === null || (typeof value === "object" && isCount((value as Partial<Trial>).starts));
}

function isRefusal(value: unknown): value is RefusedBundle {
  if (typeof value !== "object" || value === null) return false;
  const { digest, desiredVersion, reason } = value as Partial<RefusedBundle>;
  return parseSha256(digest) !== undefined && isCount(desiredVersion) && typeof reason === "string";
}

/** Reads a record from JSON; `undefined` when it is none, or breaks an invariant. */
export function readRecord(value: unknown): DeviceRecord | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const raw = value as DeviceRecord;
  const { current, previous, trial, rolloutId, targetDigest, update, reason } = raw;
  const fits =
    raw.formatVersion === 1 &&
    isDigestOrNull(current) &&
    isDigestOrNull(previous) &&
    isDigestOrNull(targetDigest) &&
    isTrial(trial) &&
    isCount(raw.desiredVersion) &&
    isCount(raw.securityFloor) &&
    (rolloutId === null || typeof rolloutId === "string") &&
    Array.isArray(raw.refused) &&
    raw.refused.every(isRefusal) &&
    updateStates.includes(update) &&
    typeof reason === "string";
  return fits && (trial === null || current !== null) ? raw : undefined;
}
