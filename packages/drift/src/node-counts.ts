import type { Scope } from "./verdict.js";
import type { HeldDevice } from "./device-profile.js";
import { addCells, countsOf, type FeatureCounts, scaledTo, total } from "./feature-counts.js";

/** A place where a cause may sit, and the devices under it. */
export interface Node {
  readonly scope: Scope;
  readonly devices: readonly HeldDevice[];
}

/** All nodes over these devices: the fleet, every label value that two or more but not all devices share, every device. */
export function nodesOf(devices: readonly HeldDevice[]): Node[] {
  const cohorts = new Map<string, HeldDevice[]>();
  for (const device of devices) {
    for (const [key, value] of Object.entries(device.labels)) {
      const selector = `${key}=${value}`;
      const members = cohorts.get(selector);
      if (members === undefined) cohorts.set(selector, [device]);
      else members.push(device);
    }
  }
  const nodes: Node[] = [...cohorts]
    .filter(([, members]) => members.length > 1 && members.length < devices.length)
    .map(([selector, members]) => ({ scope: { kind: "cohort", selector }, devices: members }));
  if (devices.length > 1) nodes.push({ scope: { kind: "fleet" }, devices });
  for (const device of devices) nodes.push({ scope: { kind: "device", deviceId: device.deviceId }, devices: [device] });
  return nodes;
}

/** A node's counts of one feature beside what its devices' references expect of it. */
export interface NodeCounts {
  readonly current: FeatureCounts;
  readonly reference: FeatureCounts;
}

/**
 * Sums a node's devices. Where they have different references, these are mixed in proportion to the devices' rows,
 * on as many rows as the references have together, each counted once.
 */
export function countsAt(node: Node, index: number): NodeCounts | undefined {
  let cells: number[] = [];
  let invalid = 0;
  const uses = new Map<HeldDevice["reference"], number>();
  for (const device of node.devices) {
    const counts = countsOf(device.profile, index);
    if (counts === undefined) continue;
    cells = addCells(cells, counts.cells);
    invalid += counts.invalid;
    uses.set(device.reference, (uses.get(device.reference) ?? 0) + counts.rows);
  }
  const rows = total(cells) + invalid;
  if (rows === 0) return undefined;
  const [only, ...more] = uses.keys();
  if (only === undefined) return undefined;
  const one = countsOf(only, index);
  if (more.length === 0) return one === undefined ? undefined : { current: { cells, invalid, rows }, reference: one };
  const parts = [...uses].map(([profile, used]) => ({ counts: countsOf(profile, index), share: used / rows }));
  const known = parts.filter((p): p is { counts: FeatureCounts; share: number } => p.counts !== undefined);
  const valid = known.reduce((sum, p) => sum + total(p.counts.cells), 0);
  let mixed: number[] = [];
  let mixedInvalid = 0;
  for (const { counts, share } of known) {
    mixed = addCells(mixed, scaledTo(counts.cells, valid * share));
    mixedInvalid += (counts.invalid / Math.max(1, counts.rows)) * share * valid;
  }
  return { current: { cells, invalid, rows }, reference: { cells: mixed, invalid: mixedInvalid, rows: valid + mixedInvalid } };
}
