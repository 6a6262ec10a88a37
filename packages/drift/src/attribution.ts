import { cellMap } from "./cell-map.js";
import { coarseCounts, expectedShares, misfit } from "./coarse-cells.js";
import type { HeldDevice } from "./device-profile.js";
import type { DriftOptions } from "./drift-options.js";
import { addCells, countsOf, scaledTo, sketchAt, total } from "./feature-counts.js";
import type { Node } from "./node-counts.js";
import { type Sketch, squareDistance, yardstickOf } from "./sketch.js";
import { scopeKey } from "./verdict.js";

/** What one device shows of one feature. */
interface Evidence {
  readonly counts: readonly number[];
  readonly rows: number;
  /** Of embeddings: where its vectors lie beside its reference's. */
  readonly vectors: VectorEvidence | undefined;
  /** What its own departure from its reference explains: 2 n KL(p‖q), and of vectors n ‖μ − μ_ref‖² on the scale of a χ². */
  readonly alone: number;
}

/** A mean of random features as evidence. Squared distances split over a tree as divergences of counts do. */
interface VectorEvidence {
  readonly mean: readonly number[];
  readonly weight: number;
  readonly degrees: number;
}

/** How many rows tell as much as one, and how many count at most. */
interface RowsTold {
  readonly effect: number;
  readonly cap: number;
}

function vectorEvidence(current: Sketch | undefined, reference: Sketch | undefined, rows: RowsTold): (VectorEvidence & { readonly alone: number }) | undefined {
  if (current === undefined || reference === undefined || current.count === 0 || reference.count === 0) return undefined;
  const { unit, degrees } = yardstickOf(reference);
  const weight = Math.min(current.count / rows.effect, rows.cap) / unit;
  return { mean: current.mean, weight, degrees, alone: weight * squareDistance(current.mean, reference.mean) };
}

/** What vectors still differ from the mean of them all. */
function scatter(vectors: readonly VectorEvidence[]): number {
  const whole = vectors.reduce((sum, v) => sum + v.weight, 0);
  const [first] = vectors;
  if (first === undefined) return 0;
  const middle = first.mean.map((_, i) => vectors.reduce((sum, v) => sum + v.weight * (v.mean[i] ?? 0), 0) / whole);
  return vectors.reduce((sum, v) => sum + v.weight * squareDistance(v.mean, middle), 0);
}

/** Nodes chosen to explain one feature, each with the log-likelihood (twice) that it explains beyond its price. */
export interface Explanation {
  readonly gains: ReadonlyMap<string, number>;
}

/** One feature over the devices of a fleet. */
class Feature {
  readonly #evidence = new Map<HeldDevice, Evidence>();
  readonly #naming: number;
  /** Of one distribution. */
  #parameters = 0;

  constructor(nodes: readonly Node[], question: FeatureQuestion, options: DriftOptions) {
    const devices = [...new Set(nodes.flatMap((n) => n.devices))];
    const first = devices.map((d) => countsOf(d.reference, question.index)).find((c) => c !== undefined);
    const map = cellMap(first?.cells.length ?? 0, question.isOrdered);
    const shares = new Map<HeldDevice["reference"], number[]>();
    for (const device of devices) {
      const cells = coarseCounts(device.profile, question.index, map);
      const reference = coarseCounts(device.reference, question.index, map);
      if (cells === undefined || reference === undefined || total(cells) === 0) continue;
      const effect = device.effects.get(question.index) ?? 1;
      const rows = Math.min(total(cells) / effect, options.rowsCap);
      const counts = scaledTo(cells, rows);
      const expected = shares.get(device.reference) ?? expectedShares(reference);
      shares.set(device.reference, expected);
      const vectors = vectorEvidence(sketchAt(device.profile, question.index), sketchAt(device.reference, question.index), { effect, cap: options.rowsCap });
      this.#parameters = counts.length - 1 + (vectors?.degrees ?? 0);
      this.#evidence.set(device, { counts, rows, vectors, alone: misfit(counts, expected) + (vectors?.alone ?? 0) });
    }
    this.#naming = 2 * Math.log(Math.max(2, question.nodes));
  }

  /** What describing one more distribution costs, seen in so many rows. */
  #price(rows: number): number {
    return this.#parameters * Math.log(Math.max(2, rows));
  }

  /** What the devices explain if they moved to one distribution. */
  #together(members: readonly Evidence[]): number {
    const pooled = members.reduce<number[]>((sum, e) => addCells(sum, e.counts), []);
    const rows = total(pooled);
    const shares = pooled.map((c) => c / rows);
    const left = scatter(members.flatMap((e) => e.vectors ?? []));
    return members.reduce((sum, e) => sum + e.alone - misfit(e.counts, shares), 0) - left - this.#price(rows);
  }

  /** What they explain if each moved in its own way: two cameras on a table that was pushed. */
  #each(members: readonly Evidence[]): number {
    return members.reduce((sum, e) => sum + e.alone - this.#price(e.rows), 0);
  }

  /**
   * What a node explains beyond its price. Devices with different references moved together only if each kind of them moved: otherwise a
   * cohort that comes back from an accepted change would look like the fleet, since all devices then see the same again.
   */
  gainOf(node: Node): number {
    let sum = -this.#naming;
    for (const reference of new Set(node.devices.map((d) => d.reference))) {
      const members = node.devices.filter((d) => d.reference === reference).flatMap((d) => this.#evidence.get(d) ?? []);
      const gain = members.length === 0 ? 0 : Math.max(this.#together(members), this.#each(members));
      if (gain <= 0) return 0;
      sum += gain;
    }
    return Math.max(0, sum);
  }
}

/** Which feature to explain. */
export interface FeatureQuestion {
  /** Its place among the features. */
  readonly index: number;
  /** Whether its cells are in order. */
  readonly isOrdered: boolean;
  /** Among how many nodes one is chosen. */
  readonly nodes: number;
}

/** Single devices, and for each label its values with single devices beside them; the fleet by itself. */
function plansOf(nodes: readonly Node[], gains: ReadonlyMap<Node, number>): Node[][] {
  const gain = (node: Node): number => gains.get(node) ?? 0;
  const devices = nodes.filter((n) => n.scope.kind === "device");
  const own = new Map(devices.map((n) => [n.devices[0], gain(n)]));
  const byKey = new Map<string, Node[]>();
  for (const node of nodes) {
    if (node.scope.kind !== "cohort") continue;
    const key = node.scope.selector.split("=")[0] ?? "";
    byKey.set(key, [...(byKey.get(key) ?? []), node]);
  }
  const labelled = [...byKey.values()].map((cohorts) => {
    const whole = cohorts.filter((n) => gain(n) > 0 && gain(n) >= n.devices.reduce((sum, d) => sum + (own.get(d) ?? 0), 0));
    const covered = new Set(whole.flatMap((n) => n.devices));
    return [...whole, ...devices.filter((n) => !n.devices.some((d) => covered.has(d)))];
  });
  return [nodes.filter((n) => n.scope.kind === "fleet"), ...labelled, devices];
}

/**
 * Explains one feature over the fleet by the cheapest set of `nodes`, which are those at which it drifted, by the extended Bayesian information
 * criterion (Schwarz 1978; Chen & Chen 2008). By the identity Σᵢ nᵢ KL(pᵢ‖q) = N KL(P‖q) + Σᵢ nᵢ KL(pᵢ‖P), what a node explains is its own
 * distance from the reference, and what it leaves is the difference among its devices; means of vectors split alike. A distribution seen in n
 * rows costs (cells − 1) ln n (of vectors: the effective dimensions of their covariance),
 * and naming a node 2 ln(nodes); devices that moved each in their own way still cost one name. Compared are: the fleet as one, the values of
 * each label with single devices beside them, and single devices. Nodes that explain nothing beyond their price are left out.
 */
export function explainFeature(nodes: readonly Node[], question: FeatureQuestion, options: DriftOptions): Explanation {
  const feature = new Feature(nodes, question, options);
  const gains = new Map(nodes.map((n) => [n, feature.gainOf(n)]));
  let best: Explanation = { gains: new Map() };
  let most = 0;
  for (const plan of plansOf(nodes, gains)) {
    const chosen = plan.filter((n) => (gains.get(n) ?? 0) > 0);
    const sum = chosen.reduce((all, n) => all + (gains.get(n) ?? 0), 0);
    if (sum <= most) continue;
    most = sum;
    best = { gains: new Map(chosen.map((n) => [scopeKey(n.scope), gains.get(n) ?? 0])) };
  }
  return best;
}
