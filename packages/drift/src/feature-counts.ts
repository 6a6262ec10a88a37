import { type CategoricalFeatureSpec, type FeatureSpec, type FeatureSummary, invalidIn, type Profile, type ProfileSpec } from "@kedge/profile";
import { type CellMap, cellMap } from "./cell-map.js";
import { type Sketch, sketchOf } from "./sketch.js";

/** A feature's values in cells, and beside them what was no value. `cells` of numbers are ordered; an embedding has one for all its vectors. */
export interface FeatureCounts {
  readonly cells: readonly number[];
  /** Of embeddings: where the vectors lie. */
  readonly sketch?: Sketch;
  readonly invalid: number;
  readonly rows: number;
}

/** What is watched beside the features of a spec: whether readings give predictions at all. It stands after the last feature. */
export const errorsFeature: CategoricalFeatureSpec = { kind: "categorical", name: "errors", role: "runtime", categories: ["predicted"] };

/** A feature that is held against the reference. Made once a look: what hangs on the spec alone is not worked out for each device and window. */
export interface WatchedFeature {
  readonly feature: FeatureSpec;
  /** Its place in a profile. */
  readonly index: number;
  readonly coarse: CellMap;
  /** How people name its cells. */
  readonly labels: readonly string[];
}

/** Everything of a spec that is held against the reference. */
export function watchedFeatures(spec: ProfileSpec): readonly WatchedFeature[] {
  const all: FeatureSpec[] = [...spec.features, errorsFeature];
  return all.flatMap((feature, index) => {
    // How fast a device runs differs between devices by nature; it is watched as a runtime figure, not as drift.
    if (feature.role === "runtime" && feature !== errorsFeature) return [];
    const cells = cellsIn(feature);
    const labels = Array.from({ length: cells }, (_, i) => cellLabel(feature, i));
    return [{ feature, index, coarse: cellMap(cells, feature.kind === "numeric"), labels }];
  });
}

function cellsOf(summary: FeatureSummary): readonly number[] {
  if (summary.kind === "embedding") return [summary.count];
  return summary.kind === "numeric" ? summary.counts : [...summary.counts, summary.other];
}

/** How many cells a feature has. */
function cellsIn(feature: FeatureSpec): number {
  if (feature.kind === "embedding") return 1;
  return 1 + (feature.kind === "numeric" ? feature.cuts.length : feature.categories.length);
}

/** Cells and invalid values of feature `index` in a profile; of the place after the last, predictions and readings that gave none. */
export function countsOf(profile: Profile, index: number): FeatureCounts | undefined {
  const summary = profile.features[index];
  if (summary === undefined) {
    return index === profile.features.length ? { cells: [profile.rows], invalid: profile.errors, rows: profile.rows + profile.errors } : undefined;
  }
  const invalid = invalidIn(summary);
  // The boxes of a frame are not independent of each other: all together they are evidence for as many values as there were frames at most.
  const isMany = summary.count + invalid > profile.rows;
  const cells = isMany ? scaledTo(cellsOf(summary), Math.max(0, profile.rows - invalid)).map(Math.round) : cellsOf(summary);
  const counts = { cells, invalid, rows: total(cells) + invalid };
  return summary.kind === "embedding" ? { ...counts, sketch: sketchOf(summary) } : counts;
}

/** Where the vectors of feature `index` lie in a profile; `undefined` of other features. */
export function sketchAt(profile: Profile, index: number): Sketch | undefined {
  return countsOf(profile, index)?.sketch;
}

/** The sum of counts. */
export function total(cells: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < cells.length; i += 1) sum += cells[i] ?? 0;
  return sum;
}

/** Cell by cell; the longer length wins. */
export function addCells(a: readonly number[], b: readonly number[]): number[] {
  const [longer, shorter] = a.length >= b.length ? [a, b] : [b, a];
  const sum = longer.slice();
  for (let i = 0; i < shorter.length; i += 1) sum[i] = (sum[i] ?? 0) + (shorter[i] ?? 0);
  return sum;
}

/** The same shares with `rows` in all. */
export function scaledTo(cells: readonly number[], rows: number): number[] {
  const n = total(cells);
  return cells.map((c) => (n === 0 ? 0 : (c * rows) / n));
}

/** How people name a cell: its range for numbers, its word for categories. */
export function cellLabel(spec: FeatureSpec, index: number): string {
  if (spec.kind === "embedding") return "vectors";
  if (spec.kind === "categorical") return spec.categories[index] ?? "other";
  const short = (x: number): string => String(Number(x.toPrecision(3)));
  const below = spec.cuts[index - 1];
  const above = spec.cuts[index];
  if (below === undefined) return above === undefined ? "any" : `≤ ${short(above)}`;
  return above === undefined ? `> ${short(below)}` : `${short(below)} … ${short(above)}`;
}
