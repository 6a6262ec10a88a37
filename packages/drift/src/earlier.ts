import { addCells, countsOf } from "./feature-counts.js";
import { cellMap } from "./cell-map.js";
import { coarseCounts } from "./coarse-cells.js";
import { effectSize } from "./compare-feature.js";
import type { Node } from "./node-counts.js";
import type { Change } from "./verdict.js";

/** How a node's feature stands to what its own devices showed at first. */
export interface EarlierComparison {
  readonly change: Change;
  /** The effect against the devices' own first windows; null where these are not known. */
  readonly earlierScore: number | null;
}

const unknown: EarlierComparison = { change: "drift", earlierScore: null };

/**
 * Whether a difference from the training reference was there from the first windows on (skew) or came later (drift): it is skew when the
 * devices' own first windows are twice as near to what is seen now as the training reference is.
 */
export function compareEarlier(node: Node, index: number, isOrdered: boolean): EarlierComparison {
  const first = node.devices.map((d) => countsOf(d.training, index)).find((c) => c !== undefined);
  if (first === undefined) return unknown;
  const map = cellMap(first.cells.length, isOrdered);
  let now: number[] = [];
  let then: number[] = [];
  let trained: number[] = [];
  for (const { profile, memory, training } of node.devices) {
    const early = memory?.features.find((f) => f.index === index)?.early;
    const current = coarseCounts(profile, index, map);
    const reference = coarseCounts(training, index, map);
    if (early === undefined || early.length === 0 || current === undefined || reference === undefined) continue;
    now = addCells(now, current);
    then = addCells(then, early);
    trained = addCells(trained, reference);
  }
  if (now.length === 0) return unknown;
  const earlierScore = effectSize(now, then, isOrdered);
  return { change: earlierScore < effectSize(now, trained, isOrdered) / 2 ? "skew" : "drift", earlierScore };
}
