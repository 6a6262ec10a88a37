import { normal, type Random, seededRandom } from "@kedge/core";
import type { Prediction } from "@kedge/inference";
import { buildSpec, planWatch, type Profile, profileOf, type ProfileSpec, type Recipe, type WatchPlan } from "@kedge/profile";

/** Columns of the simulated sensor. */
const columns = 8;

export const recipe: Recipe = {
  input: { kind: "tabular", columns: Array.from({ length: columns }, (_, i) => ({ name: `x${i}`, kind: "numeric" as const })) },
  task: "classification",
};

/** What has changed. */
export interface Change {
  /** What is left of the contrast, as behind a lens that gets dirty: all columns shrink toward 0, and answers become unsure. */
  readonly contrast: number;
  /** The first four columns move by so many sd: other classes become frequent, and answers stay as sure as they were. */
  readonly shift: number;
}

export const noChange: Change = { contrast: 1, shift: 0 };

/** A row of a linear model of three classes over eight columns. Latency is that of a machine: a floor and a long tail. */
export function drawRow(random: Random, { contrast, shift }: Change): Prediction {
  const inputs: Record<string, number> = {};
  const logits = [0, 0, 0];
  for (let i = 0; i < columns; i += 1) {
    const x = contrast * normal(random) + (i < 4 ? shift : 0);
    inputs[`x${i}`] = x;
    // Class k leans on columns k, k+3 and k+6, so that a shift of the first four moves classes against each other.
    logits[i % 3] = (logits[i % 3] as number) + 0.9 * x;
  }
  const most = Math.max(...logits);
  const raw = logits.map((l) => Math.exp(l - most));
  const sum = raw.reduce((a, b) => a + b, 0);
  const probabilities = Float32Array.from(raw, (r) => r / sum);
  const classIndex = probabilities.indexOf(Math.max(...probabilities));
  return {
    reading: { id: "r", atMs: 0, inputs },
    outcome: { kind: "classification", classIndex, label: `c${classIndex}`, probabilities },
    latencyMs: 4 - Math.log(1 - random()),
    bundleDigest: "",
  };
}

/** A fleet's bundle: what it counts, what is normal, what devices watch. */
export interface Bundle {
  readonly spec: ProfileSpec;
  readonly hash: string;
  readonly reference: Profile;
  readonly watch: WatchPlan;
}

export const hash = "a".repeat(64);

export function makeBundle(
  seed: number,
  budget: { readonly alarmsPerFleetDay: number; readonly devices: number; readonly rowsPerDay: number },
  rows = 4_000,
): Bundle {
  const random = seededRandom(seed);
  const heldOut = Array.from({ length: rows }, () => drawRow(random, noChange));
  const spec = buildSpec(recipe, heldOut, ["c0", "c1", "c2"]);
  return { spec, hash, reference: profileOf(spec, hash, heldOut), watch: planWatch(spec, budget) };
}
