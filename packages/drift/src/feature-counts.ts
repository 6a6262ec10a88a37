import type { CategoricalFeatureSpec, FeatureSpec, FeatureSummary, Profile, ProfileSpec } from "@kedge/profile";

/** A feature's values in cells, and beside them what was no value. `cells` of numbers are ordered. */
export interface FeatureCounts {
  readonly cells: readonly number[];
  readonly invalid: number;
  readonly rows: number;
}

/** What is watched beside the features of a spec: whether readings give predictions at all. It stands after the last feature. */
export const errorsFeature: CategoricalFeatureSpec = { kind: "categorical", name: "errors", role: "runtime", categories: ["predicted"] };

/** Everything of a spec that is held against the reference, with its place in a profile. */
export function watchedFeatures(spec: ProfileSpec): { readonly feature: FeatureSpec; readonly index: number }[] {
  const all: FeatureSpec[] = [...spec.features, errorsFeature];
  // How fast a device runs differs between devices by nature; it is watched as a runtime figure, not as drift.
  return all.map((feature, index) => ({ feature, index })).filter(({ feature }) => feature.role !== "runtime" || feature === errorsFeature);
}

function cellsOf(summary: FeatureSummary): readonly number[] {
  return summary.kind === "numeric" ? summary.counts : [...summary.counts, summary.other];
}

/** Cells and invalid values of feature `index` in a profile; of the place after the last, predictions and readings that gave none. */
export function countsOf(profile: Profile, index: number): FeatureCounts | undefined {
  const summary = profile.features[index];
  if (summary === undefined) {
    return index === profile.features.length ? { cells: [profile.rows], invalid: profile.errors, rows: profile.rows + profile.errors } : undefined;
  }
  const invalid = summary.missing + summary.wrongType + (summary.kind === "numeric" ? summary.notANumber : 0);
  return { cells: cellsOf(summary), invalid, rows: summary.count + invalid };
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
  if (spec.kind === "categorical") return spec.categories[index] ?? "other";
  const short = (x: number): string => String(Number(x.toPrecision(3)));
  const below = spec.cuts[index - 1];
  const above = spec.cuts[index];
  if (below === undefined) return above === undefined ? "any" : `≤ ${short(above)}`;
  return above === undefined ? `> ${short(below)}` : `${short(below)} … ${short(above)}`;
}
