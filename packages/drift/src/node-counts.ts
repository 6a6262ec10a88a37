import type { Profile } from "@kedge/profile";
import type { Scope } from "./verdict.js";
import type { HeldDevice } from "./device-profile.js";
import { addCells, countsOf, type FeatureCounts, scaledTo, total } from "./feature-counts.js";
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
  /** The same shares, on as many rows as these tell for. */
  readonly effective: FeatureCounts;
  readonly reference: FeatureCounts;
}

/** Which profile a device is held against. */
export type HeldAgainst = "reference" | "training";

/** The same shares on `effect` times fewer rows. */
function told(counts: FeatureCounts, effect: number): FeatureCounts {
  if (effect === 1) return counts;
  const cells = scaledTo(counts.cells, total(counts.cells) / effect);
  return { ...counts, cells, invalid: counts.invalid / effect, rows: counts.rows / effect };
}

/** Adds up counts in place: a fleet has thousands of devices. */
class Sum {
  readonly #cells: number[] = [];
  readonly #sketches: SketchPart[] = [];
  #invalid = 0;
  rows = 0;

  /** Adds them as `effect` times fewer rows of the same shares; see {@link told}. */
  add({ cells, invalid, rows, sketch }: FeatureCounts, effect = 1): void {
    const own = this.#cells;
    for (let i = own.length; i < cells.length; i += 1) own.push(0);
    const n = effect === 1 ? 0 : total(cells);
    let added = 0;
    for (let i = 0; i < cells.length; i += 1) {
      const c = cells[i] ?? 0;
      const cell = effect === 1 ? c : n === 0 ? 0 : (c * (n / effect)) / n;
      own[i] = (own[i] ?? 0) + cell;
      added += cell;
    }
    this.#invalid += effect === 1 ? invalid : invalid / effect;
    this.rows += effect === 1 ? rows : rows / effect;
    if (sketch !== undefined) this.#sketches.push({ sketch, share: added });
  }

  get counts(): FeatureCounts {
    return withSketch({ cells: this.#cells, invalid: this.#invalid, rows: this.rows }, this.#sketches);
  }
}

/** Tests count whole rows. */
function whole({ cells, invalid, sketch }: FeatureCounts): FeatureCounts {
  const rounded = cells.map(Math.round);
  const vectors = sketch === undefined ? {} : { sketch: { ...sketch, count: total(rounded) } };
  return { ...vectors, cells: rounded, invalid: Math.round(invalid), rows: total(rounded) + Math.round(invalid) };
}

/**
 * Sums a node's devices. Where they have different references, these are mixed in proportion to the devices' rows. The mixture is known as
 * well as a sample of 1 / Σ share² / rows: a small reference that most devices use makes it no better than itself.
 */
export function countsAt(node: Node, index: number, against: HeldAgainst = "reference"): NodeCounts | undefined {
  const [only] = node.devices;
  if (only !== undefined && node.devices.length === 1) return countsOfOne(only, index, against);
  const sum = new Sum();
  const telling = new Sum();
  const uses = new Map<Profile, number>();
  for (const device of node.devices) {
    const counts = countsOf(device.profile, index);
    if (counts === undefined) continue;
    sum.add(counts);
    telling.add(counts, device.effects.get(index) ?? 1);
    uses.set(device[against], (uses.get(device[against]) ?? 0) + counts.rows);
  }
  const { rows } = sum;
  const parts = [...uses].flatMap(([profile, used]) => {
    const counts = countsOf(profile, index);
    return counts === undefined ? [] : [{ counts, share: used / Math.max(1, rows) }];
  });
  const [first, ...more] = parts;
  if (rows === 0 || first === undefined) return undefined;
  return { current: sum.counts, effective: whole(telling.counts), reference: more.length === 0 ? first.counts : mixtureOf(parts) };
}

/** Of a single device nothing is added up: a fleet has thousands of such nodes, and each of them dozens of features. */
function countsOfOne(device: HeldDevice, index: number, against: HeldAgainst): NodeCounts | undefined {
  const current = countsOf(device.profile, index);
  const reference = countsOf(device[against], index);
  if (current === undefined || reference === undefined || current.rows === 0) return undefined;
  let effective: FeatureCounts | undefined;
  return {
    current: ofItself(current),
    reference,
    // Most devices are not tested, and then nobody asks.
    get effective() {
      effective ??= whole(ofItself(told(current, device.effects.get(index) ?? 1)));
      return effective;
    },
  };
}

/** As one part of a mixture that has no other. */
function ofItself(counts: FeatureCounts): FeatureCounts {
  return counts.sketch === undefined ? counts : withSketch(counts, [{ sketch: counts.sketch, share: total(counts.cells) }]);
}

function withSketch(counts: FeatureCounts, parts: readonly SketchPart[]): FeatureCounts {
  const sketch = mixedSketch(parts, total(counts.cells));
  return sketch === undefined ? counts : { ...counts, sketch };
}

/** Counts mixed in proportion to `share` (adding up to 1), on as many whole rows as the mixture is known by. */
function mixtureOf(parts: readonly { readonly counts: FeatureCounts; readonly share: number }[]): FeatureCounts {
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
