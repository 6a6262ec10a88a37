import type { Sha256 } from "@kedge/core";
import type { UpdateState } from "@kedge/wire";

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
 * step, and never between. Invariants: `previous` is a bundle that was committed; while `trial` is set, `previous` is where a revert goes.
 */
export interface DeviceRecord {
  readonly formatVersion: 1;
  /** The slot that is served. */
  readonly current: Sha256 | null;
  /** The slot kept for going back. */
  readonly previous: Sha256 | null;
  readonly trial: Trial | null;
  readonly desiredVersion: number;
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
  securityFloor: 0,
  refused: [],
  update: "IDLE",
  targetDigest: null,
  reason: "",
};

/** The new bundle is served from now on, on trial; what was committed stays as the way back. */
export function activated(record: DeviceRecord, digest: Sha256): DeviceRecord {
  if (record.current === digest) return record;
  const previous = record.trial === null ? record.current : record.previous;
  return { ...record, current: digest, previous, trial: { starts: 0 }, update: "PROBATION", targetDigest: digest, reason: "" };
}

/** The trial is over, and well. The floor rises with the committed bundle's security counter. */
export function committed(record: DeviceRecord, securityCounter: number): DeviceRecord {
  return { ...record, trial: null, update: "COMMITTED", targetDigest: record.current, securityFloor: Math.max(record.securityFloor, securityCounter), reason: "" };
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
  return { ...record, refused: [...record.refused.filter((r) => r.digest !== digest), entry].slice(-maxRefused), update: "REJECTED", targetDigest: digest, reason };
}

/** The agent starts: a trial that has been started too often is to be reverted, which {@link nextStep} says. */
export function startedAgain(record: DeviceRecord): DeviceRecord {
  return record.trial === null ? record : { ...record, trial: { starts: record.trial.starts + 1 } };
}

/** Reads a record from JSON; `undefined` when it is none. */
export function readRecord(value: unknown): DeviceRecord | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const raw = value as Partial<DeviceRecord>;
  if (raw.formatVersion !== 1 || typeof raw.desiredVersion !== "number" || typeof raw.securityFloor !== "number" || !Array.isArray(raw.refused)) return undefined;
  return { ...emptyRecord, ...raw };
}
