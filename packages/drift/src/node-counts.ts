import type { Scope } from "./verdict.js";
import type { HeldDevice } from "./device-profile.js";
import { addCells, countsOf, type FeatureCounts, total } from "./feature-counts.js";
import { mixedSketch, type SketchPart } from "./sketch.js";

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
 * Sums a node's devices. Where they have different references, these are mixed in proportion to the devices' rows. The mixture is known as
 * well as a sample of 1 / Σ share² / rows: a small reference that most devices use makes it no better than itself.
 */
export function countsAt(node: Node, index: number): NodeCounts | undefined {
  let cells: number[] = [];
  let invalid = 0;
  const sketches: SketchPart[] = [];
  const uses = new Map<HeldDevice["reference"], number>();
  for (const device of node.devices) {
    const counts = countsOf(device.profile, index);
    if (counts === undefined) continue;
    cells = addCells(cells, counts.cells);
    invalid += counts.invalid;
    if (counts.sketch !== undefined) sketches.push({ sketch: counts.sketch, share: counts.sketch.count });
    uses.set(device.reference, (uses.get(device.reference) ?? 0) + counts.rows);
  }
  const rows = total(cells) + invalid;
  const parts = [...uses].flatMap(([profile, used]) => {
    const counts = countsOf(profile, index);
    return counts === undefined ? [] : [{ counts, share: used / Math.max(1, rows) }];
  });
  const [first, ...more] = parts;
  if (rows === 0 || first === undefined) return undefined;
  const current = withSketch({ cells, invalid, rows }, sketches);
  return { current, reference: more.length === 0 ? first.counts : mixtureOf(parts) };
}

function withSketch(counts: FeatureCounts, parts: readonly SketchPart[]): FeatureCounts {
  const sketch = mixedSketch(parts, total(counts.cells));
  return sketch === undefined ? counts : { ...counts, sketch };
}

/** Counts mixed in proportion to `share` (adding up to 1), on as many whole rows as the mixture is known by. */
export function mixtureOf(parts: readonly { readonly counts: FeatureCounts; readonly share: number }[]): FeatureCounts {
  const known = parts.filter((p) => p.counts.rows > 0 && p.share > 0);
  if (known.length === 0) return { cells: [], invalid: 0, rows: 0 };
  const rows = Math.floor(1 / known.reduce((sum, { counts, share }) => sum + (share * share) / counts.rows, 0));
  let cells: number[] = [];
  let invalid = 0;
  for (const { counts, share } of known) {
    cells = addCells(
      cells,
      counts.cells.map((c) => (c * share * rows) / counts.rows),
    );
    invalid += (counts.invalid * share * rows) / counts.rows;
  }
  // Tests count whole rows.
  const whole = cells.map(Math.round);
  const sketches = known.flatMap(({ counts, share }) => (counts.sketch === undefined ? [] : [{ sketch: counts.sketch, share }]));
  return withSketch({ cells: whole, invalid: Math.round(invalid), rows: total(whole) + Math.round(invalid) }, sketches);
}
