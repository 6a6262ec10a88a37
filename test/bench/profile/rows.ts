import { normal, type Random, seededRandom } from "@kedge/core";
import type { Prediction } from "@kedge/inference";
import { buildSpec, type ProfileSpec, type Recipe } from "@kedge/profile";
import type { Reading } from "@kedge/sensor";

type Inputs = Record<string, Reading["inputs"][string]>;

/** Laws that sensors' numbers follow: a level, a share, a positive amount with a long tail, a count. */
const laws: readonly ((random: Random, column: number) => number)[] = [
  (random, column) => 20 * column + (column + 1) * normal(random),
  (random) => random(),
  (random) => Math.exp(normal(random)),
  (random) => Math.floor(200 * random() * random()),
];

/** A recipe of so many numeric features: columns of a table, the model's value and the latency. */
function numericRecipe(features: number): Recipe {
  return {
    input: { kind: "tabular", columns: Array.from({ length: features - 2 }, (_, i) => ({ name: `sensor_${i}`, kind: "numeric" as const })) },
    task: "regression",
  };
}

/**
 * Predictions over rows of {@link numericRecipe}. One value in 500 is missing, not a number or a text, as on real devices; every row is an
 * object of its own, as a source of readings gives it.
 */
export function numericRows(features: number, count: number, seed: number): Prediction[] {
  const random = seededRandom(seed);
  const broken: Inputs[string][] = [null, Number.NaN, "n/a"];
  return Array.from({ length: count }, (_, row) => {
    const inputs: Inputs = {};
    for (let i = 0; i < features - 2; i += 1) {
      const value = (laws[i % laws.length] as (typeof laws)[number])(random, i);
      inputs[`sensor_${i}`] = random() < 0.002 ? (broken[Math.floor(3 * random())] ?? null) : value;
    }
    const reading = { id: `row ${row}`, atMs: 1_790_000_000_000 + row, inputs };
    return {
      reading,
      outcome: { kind: "regression", value: normal(random) },
      latencyMs: 2 + random(),
      bundleDigest: "",
      vitals: { temperatureC: 55, memoryMib: 90 },
    };
  });
}

/** A spec of so many numeric features of 32 bins. The machine's own vitals, which have fewer, are left out. */
export function numericSpec(features: number, seed: number): ProfileSpec {
  const spec = buildSpec(numericRecipe(features), numericRows(features, 10_000, seed));
  return { ...spec, features: spec.features.slice(0, features) };
}
