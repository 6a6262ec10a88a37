import { type DeviceId, formatSelector, type Labels, matchesSelector, type Selector, type Sha256 } from "@kedge/core";

/** A device as far as planning looks at it. */
export interface RolloutCandidate {
  readonly deviceId: DeviceId;
  readonly labels: Labels;
  readonly runningDigest: Sha256 | null;
  readonly isRetired: boolean;
  readonly lastSeenMs: number | null;
}

/** What somebody wants rolled out, to whom and how carefully. */
export interface RolloutRequest {
  readonly bundleDigest: Sha256;
  readonly selector: Selector;
  /** Devices in a first wave of their own; 0 for none. */
  readonly canary: number;
  /** Devices that the canary is taken from first: where the update is meant to help. */
  readonly canaryFrom: Selector;
  /** Cumulative shares of the selected devices that later waves reach, in percent; the last must be 100. */
  readonly wavesPercent: readonly number[];
  /** Same salt, same waves: a plan can be shown and then started. */
  readonly salt: string;
}

export interface PlannedWave {
  readonly name: string;
  readonly deviceIds: readonly DeviceId[];
}

/** Who is in which wave, and who is not and why. */
export interface RolloutPlan {
  readonly bundleDigest: Sha256;
  readonly waves: readonly PlannedWave[];
  readonly excluded: readonly { readonly deviceId: DeviceId; readonly reason: string }[];
}

/** FNV-1a, 32 bit, finished by a murmur mix so that names that differ in their last letter fall far apart. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function reasonToLeaveOut(device: RolloutCandidate, request: RolloutRequest): string | undefined {
  if (device.isRetired) return "retired";
  if (!matchesSelector(request.selector, device.labels)) return `does not match ${formatSelector(request.selector)}`;
  return device.runningDigest === request.bundleDigest ? "runs it already" : undefined;
}

/** A device that was heard of this much earlier than the last one heard of is taken for offline. */
const silentMs = 600_000;

/** The devices that go first: those that the update should help, and before all those that are there, since a silent one proves nothing. */
function canariesOf(ordered: readonly RolloutCandidate[], request: RolloutRequest): RolloutCandidate[] {
  const newest = ordered.reduce((latest, d) => Math.max(latest, d.lastSeenMs ?? 0), 0);
  const rank = (d: RolloutCandidate): number => {
    const isThere = d.lastSeenMs !== null && d.lastSeenMs >= newest - silentMs;
    return (isThere ? 0 : 2) + (matchesSelector(request.canaryFrom, d.labels) ? 0 : 1);
  };
  return [0, 1, 2, 3].flatMap((wanted) => ordered.filter((d) => rank(d) === wanted)).slice(0, request.canary);
}

/** Waves of devices in an order that depends only on their names and the salt. A device is in one wave at most. */
export function planRollout(devices: readonly RolloutCandidate[], request: RolloutRequest): RolloutPlan {
  const excluded: { deviceId: DeviceId; reason: string }[] = [];
  const chosen = devices.filter((device) => {
    const reason = reasonToLeaveOut(device, request);
    if (reason !== undefined) excluded.push({ deviceId: device.deviceId, reason });
    return reason === undefined;
  });
  const place = new Map(chosen.map((d) => [d.deviceId, hash(`${request.salt}/${d.deviceId}`)]));
  const ordered = chosen.sort((a, b) => (place.get(a.deviceId) ?? 0) - (place.get(b.deviceId) ?? 0) || (a.deviceId < b.deviceId ? -1 : 1));
  const canary = canariesOf(ordered, request);
  const canaries = new Set(canary);
  const rest = ordered.filter((d) => !canaries.has(d));
  const waves: PlannedWave[] = canary.length > 0 ? [{ name: "canary", deviceIds: canary.map((d) => d.deviceId) }] : [];
  let taken = 0;
  for (const [index, percent] of request.wavesPercent.entries()) {
    const isLast = index === request.wavesPercent.length - 1;
    const upTo = isLast ? rest.length : Math.max(taken, Math.min(rest.length, Math.ceil((ordered.length * percent) / 100) - canary.length));
    if (upTo > taken) waves.push({ name: `wave ${waves.length - (canary.length > 0 ? 1 : 0) + 1}`, deviceIds: rest.slice(taken, upTo).map((d) => d.deviceId) });
    taken = Math.max(taken, upTo);
  }
  return { bundleDigest: request.bundleDigest, waves, excluded };
}
