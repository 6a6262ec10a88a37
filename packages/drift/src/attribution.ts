import type { DriftOptions } from "./drift-options.js";
import { addCells, countsOf, scaledTo, total } from "./feature-counts.js";
import type { HeldDevice } from "./device-profile.js";
import type { Node } from "./node-counts.js";
import { scopeKey } from "./verdict.js";

/** Cells are merged to this many before devices are compared: few degrees of freedom, so a small window can speak. */
const coarseCells = 8;

function coarse(cells: readonly number[], isOrdered: boolean): number[] {
  if (!isOrdered || cells.length <= coarseCells) return cells.slice();
  const out = new Array<number>(coarseCells).fill(0);
  cells.forEach((c, i) => {
    const at = Math.floor((i * coarseCells) / cells.length);
    out[at] = (out[at] ?? 0) + c;
  });
  return out;
}

/** 2 n KL(p‖q): twice the log-likelihood lost by taking the counts for draws from `expected`, which gets half a count a cell. */
function misfit(counts: readonly number[], expected: readonly number[]): number {
  const n = total(counts);
  if (n === 0) return 0;
  const m = total(expected) + expected.length / 2;
  let sum = 0;
  counts.forEach((c, i) => {
    if (c > 0) sum += c * Math.log(c / n / (((expected[i] ?? 0) + 0.5) / m));
  });
  return Math.max(0, 2 * sum);
}

/** What one device shows of one feature: counts capped in number, beside what its reference expects. */
interface Evidence {
  readonly counts: readonly number[];
  readonly expected: readonly number[];
}

function evidenceOf(device: HeldDevice, index: number, isOrdered: boolean, cap: number): Evidence | undefined {
  const current = countsOf(device.profile, index);
  const reference = countsOf(device.reference, index);
  if (current === undefined || reference === undefined || current.rows === 0) return undefined;
  // Values that are none form a cell of their own: devices that lost a sensor resemble one another.
  const cells = [...coarse(current.cells, isOrdered), current.invalid];
  return { counts: scaledTo(cells, Math.min(total(cells), cap)), expected: [...coarse(reference.cells, isOrdered), reference.invalid] };
}

/** Nodes chosen to explain one feature, each with the log-likelihood that it explains beyond its price. */
export interface Explanation {
  readonly gains: ReadonlyMap<string, number>;
  readonly cost: number;
}

/**
 * Explains one feature over the fleet by the cheapest set of nodes (Bayesian information criterion, Schwarz 1978). By the identity
 * Σᵢ nᵢ KL(pᵢ‖q) = N KL(P‖q) + Σᵢ nᵢ KL(pᵢ‖P), what a node explains is its own distance from the reference, and what it leaves is the
 * difference among its devices. Each node costs (cells − 1) ln N. Compared are: nothing, the fleet as one, the values of each label,
 * single devices, and labels with single devices beside them. Nodes that explain nothing beyond their price are left out.
 */
export function explainFeature(nodes: readonly Node[], index: number, isOrdered: boolean, options: DriftOptions): Explanation {
  const evidence = new Map<HeldDevice, Evidence>();
  for (const node of nodes) {
    if (node.scope.kind !== "device") continue;
    for (const device of node.devices) {
      const found = evidenceOf(device, index, isOrdered, options.rowsCap);
      if (found !== undefined) evidence.set(device, found);
    }
  }
  const all = [...evidence.values()];
  const cells = all[0]?.counts.length ?? 1;
  const price =
    (cells - 1) *
    Math.log(
      Math.max(
        2,
        all.reduce((n, e) => n + total(e.counts), 0),
      ),
    );
  const alone = (device: HeldDevice): number => {
    const e = evidence.get(device);
    return e === undefined ? 0 : misfit(e.counts, e.expected);
  };
  const everything = [...evidence.keys()].reduce((sum, d) => sum + alone(d), 0);

  /** What is left to explain when these devices share one distribution. */
  const left = (devices: readonly HeldDevice[]): number => {
    const members = devices.map((d) => evidence.get(d)).filter((e) => e !== undefined);
    const pooled = members.reduce<number[]>((sum, e) => addCells(sum, e.counts), []);
    return members.reduce((sum, e) => sum + misfit(e.counts, pooled), 0);
  };
  // Devices with different references moved together only if each kind of them moved: otherwise a cohort that comes back from
  // an accepted change would look like the fleet, since all devices then see the same again.
  const gainOf = (node: Node): number => {
    const kinds = [...new Set(node.devices.map((d) => d.reference))].map((r) => node.devices.filter((d) => d.reference === r));
    const gains = kinds.map((kind) => kind.reduce((sum, d) => sum + alone(d), 0) - left(kind) - price);
    return gains.every((g) => g > 0) ? gains.reduce((sum, g) => sum + g, 0) : 0;
  };

  const keys = new Set(nodes.flatMap((n) => (n.scope.kind === "cohort" ? [n.scope.selector.split("=")[0] ?? ""] : [])));
  const devices = nodes.filter((n) => n.scope.kind === "device");
  const plans: Node[][] = [nodes.filter((n) => n.scope.kind === "fleet"), devices];
  for (const key of keys) {
    const cohorts = nodes.filter((n) => n.scope.kind === "cohort" && n.scope.selector.startsWith(`${key}=`)).filter((n) => gainOf(n) > 0);
    const whole = cohorts.filter((n) => gainOf(n) >= n.devices.reduce((sum, d) => sum + Math.max(0, alone(d) - price), 0));
    const covered = new Set(whole.flatMap((n) => n.devices));
    plans.push([...whole, ...devices.filter((n) => !n.devices.some((d) => covered.has(d)))]);
  }
  let best: Explanation = { gains: new Map(), cost: everything };
  for (const plan of plans) {
    const gains = new Map<string, number>();
    for (const node of plan) {
      const gain = gainOf(node);
      if (gain > 0) gains.set(scopeKey(node.scope), gain);
    }
    const cost = everything - [...gains.values()].reduce((sum, g) => sum + g, 0);
    if (cost < best.cost) best = { gains, cost };
  }
  return best;
}
