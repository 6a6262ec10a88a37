import { createHash } from "node:crypto";
import { normal, type Random, seededRandom, type Sha256 } from "@kedge/core";
import type { Prediction } from "@kedge/inference";
import { buildSpec, type Column, planWatch, profileOf, type Recipe, specHash } from "@kedge/profile";
import { type GoldenCase, type PackedBundle, packBundle, type Signer } from "@kedge/registry";
import { encodeReferenceProfile } from "@kedge/wire";
import { machineClasses, machineInputs, machineOnnx, machinePreprocessing, machineScores, machineSignature, standardised } from "./machine-model.js";

/** The name of the model that simulations bring along. */
export const syntheticName = "simulated-machine";
/** Numeric inputs when nothing else is said. */
export const usualFeatures = 4;

const referenceRows = 4_000;
const goldenCases = 4;
const sha256 = (bytes: Uint8Array): Sha256 => createHash("sha256").update(bytes).digest("hex") as Sha256;
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Names of the numeric inputs: the model's three, then further sensors that it does not look at. */
function numericNames(features: number): string[] {
  return Array.from({ length: features }, (_, i) => machineInputs[i] ?? `sensor_${String(i + 1).padStart(2, "0")}`);
}

function drawnValue(i: number, random: Random): number {
  if (i === 0) return 60 + 5 * normal(random);
  if (i === 1) return 0.5 * Math.exp(0.3 * normal(random));
  return i === 2 ? 12 + 2 * normal(random) : i + normal(random);
}

function modeOf(random: Random): string {
  const lot = random();
  return lot < 0.7 ? "run" : lot < 0.95 ? "idle" : "start";
}

function predictionOf(names: readonly string[], random: Random): Prediction {
  const values = names.map((_, i) => drawnValue(i, random));
  const [well, worn] = machineScores(standardised(values.slice(0, machineInputs.length)));
  const inputs = { ...Object.fromEntries(names.map((name, i) => [name, values[i] ?? 0])), mode: modeOf(random) };
  const classIndex = worn > well ? 1 : 0;
  return {
    reading: { id: "", atMs: 0, inputs },
    outcome: { kind: "classification", classIndex, label: machineClasses[classIndex] ?? "", probabilities: Float32Array.of(well, worn) },
    latencyMs: 2 * Math.exp(0.2 * normal(random)),
    bundleDigest: "",
  };
}

function goldenOf({ reading }: Prediction): GoldenCase {
  const x = standardised(machineInputs.map((name) => Number(reading.inputs[name])));
  return {
    inputs: { x: { type: "float32", dims: [1, 3], values: Float32Array.from(x) } },
    outputs: { scores: { type: "float32", dims: [1, 2], values: Float32Array.from(machineScores(x)) } },
  };
}

/** A small model of a machine with so many numeric inputs and one of words, with its reference; a real agent can run it, too. */
export function packSynthetic(features: number, signer: Signer, nowMs: number): Promise<PackedBundle> {
  const random = seededRandom(1);
  const names = numericNames(Math.max(machineInputs.length, features));
  const predictions = Array.from({ length: referenceRows }, () => predictionOf(names, random));
  const columns: Column[] = [...names.map((name) => ({ name, kind: "numeric" as const })), { name: "mode", kind: "categorical" }];
  const recipe: Recipe = { input: { kind: "tabular", columns }, task: "classification" };
  const spec = buildSpec(recipe, predictions, machineClasses);
  const profile = profileOf(spec, specHash(spec, { utf8, sha256 }), predictions);
  return packBundle(
    {
      name: syntheticName,
      version: `${names.length}.0.0`,
      createdAtMs: nowMs,
      signature: machineSignature,
      preprocessing: machinePreprocessing,
      model: new Uint8Array(Buffer.from(machineOnnx, "base64")),
      reference: encodeReferenceProfile({ spec, cohorts: [{ selector: "", profile, rows: predictions.length }], watch: planWatch(spec) }),
      golden: { tolerance: 1e-4, cases: predictions.slice(0, goldenCases).map(goldenOf) },
    },
    signer,
    sha256,
  );
}
