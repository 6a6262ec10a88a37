import { type Clock, KedgeError } from "@kedge/core";
import {
  checkPreprocessing,
  checkSignature,
  deriveSignature,
  type LoadedModel,
  type ModelSignature,
  outcomeOf,
  plainPreprocessing,
  type Prediction,
  type Preprocessing,
  preprocess,
  preprocessingSchema,
  type Task,
} from "@kedge/inference";
import { inspectOnnx, OnnxruntimeNodeRuntime } from "@kedge/inference/adapters";
import { buildSpec, profileOf, specHash } from "@kedge/profile";
import type { Golden, GoldenCase } from "@kedge/registry";
import { sha256 } from "@kedge/registry/adapters";
import type { Reading } from "@kedge/sensor";
import { encodeReferenceProfile } from "@kedge/wire";
import { parse } from "yaml";
import { readText } from "../context/files.js";
import { cliCodes } from "../errors.js";
import { readReadings } from "./read-readings.js";
import { recipeOf } from "./recipe-of.js";

/** What its owner says of a model. */
export interface ReferenceWishes {
  readonly modelPath: string;
  readonly reference: string;
  readonly task: Task["kind"];
  readonly classes?: readonly string[];
  readonly activation: "probabilities" | "logits";
  readonly outputName?: string;
  readonly preprocess?: string;
  readonly image?: string;
  readonly thumbnail?: number;
  readonly rows: number;
  readonly golden: number;
  readonly tolerance: number;
}

/** What a bundle says of its model, found by running it over the reference rows. */
export interface JudgedReference {
  readonly signature: ModelSignature;
  readonly preprocessing: Preprocessing;
  /** The encoded reference profile. */
  readonly reference: Uint8Array;
  readonly golden: Golden;
  readonly rows: number;
  readonly rejected: number;
  readonly firstRejection: string;
  readonly features: readonly string[];
}

/** Fewer rows say little about what is normal: a share of one half is then known to ten points. */
const minRows = 100;

async function preprocessingOf(path: string | undefined, plain: Preprocessing): Promise<Preprocessing> {
  if (path === undefined) return plain;
  const text = await readText(path, "the preprocessing", "Name a YAML file: --preprocess FILE");
  let tree: unknown;
  try {
    tree = parse(text, { uniqueKeys: true, maxAliasCount: 20 });
  } catch (cause) {
    throw badPreprocessing(path, ["it is no YAML"], cause);
  }
  const parsed = preprocessingSchema.safeParse(tree);
  if (parsed.success) return parsed.data;
  throw badPreprocessing(
    path,
    parsed.error.issues.map((i) => `${i.path.join(".") || "(top)"}: ${i.message}`),
  );
}

function badPreprocessing(where: string, faults: readonly string[], cause?: unknown): KedgeError {
  return new KedgeError(cliCodes.badPreprocessing, `the preprocessing ${where} was refused:\n${faults.map((f) => `  - ${f}`).join("\n")}`, {
    hint: "For a 28×28 camera: inputs: { image: { from: image, raw: { type: uint8, dims: [28, 28] }, steps: [{ op: scale, by: 0.00392156862745098, offset: 0 }] } }",
    context: { exit: "config" },
    cause,
  });
}

interface Judged {
  readonly prediction: Prediction;
  readonly golden: GoldenCase;
}

async function judgeOne(
  model: LoadedModel,
  reading: Reading,
  how: { readonly signature: ModelSignature; readonly preprocessing: Preprocessing; readonly clock: Clock },
): Promise<Judged | string> {
  const startMs = how.clock.monotonicMs();
  const ready = preprocess(how.preprocessing, how.signature, reading);
  if (ready.kind === "rejected") return ready.message;
  const outputs = await model.run(ready.inputs);
  const outcome = outcomeOf(outputs, how.signature);
  if (outcome.kind === "rejected") return outcome.message;
  const latencyMs = how.clock.monotonicMs() - startMs;
  return { prediction: { reading, outcome, latencyMs, bundleDigest: "" }, golden: { inputs: ready.inputs, outputs } };
}

/** `count` of them, spread evenly over the whole. */
function spread<T>(items: readonly T[], count: number): T[] {
  const most = Math.min(count, items.length);
  return Array.from({ length: most }, (_, i) => items[Math.floor((i * items.length) / most)]).filter((item) => item !== undefined);
}

/** Runs a model over held-out readings: what is normal of its inputs and outputs, and what it answered to some of them. */
export async function judgeReference(modelBytes: Uint8Array, wishes: ReferenceWishes, clock: Clock): Promise<JudgedReference> {
  const own = await inspectOnnx(modelBytes);
  const { task, classes, activation, outputName } = wishes;
  const signature = deriveSignature(own, {
    task,
    activation,
    ...(classes === undefined ? {} : { classes }),
    ...(outputName === undefined ? {} : { output: outputName }),
  });
  const unfit = checkSignature(signature);
  if (unfit.length > 0) {
    throw new KedgeError(cliCodes.badSignature, `the model ${wishes.modelPath} does not fit what was said of it: ${unfit.join("; ")}`, {
      hint: "Give --task, --classes and --output-name as the model has them.",
      context: { exit: "usage" },
    });
  }
  const preprocessing = await preprocessingOf(wishes.preprocess, plainPreprocessing(own));
  const faults = checkPreprocessing(preprocessing, signature);
  if (faults.length > 0) throw badPreprocessing(wishes.preprocess ?? "of the model as it is", faults);
  const firstFrom = Object.values(preprocessing.inputs)[0]?.from ?? "image";
  const file = await readReadings(wishes.reference, { inputName: typeof firstFrom === "string" ? firstFrom : (firstFrom[0] ?? "image"), most: wishes.rows });
  const model = await new OnnxruntimeNodeRuntime().load(modelBytes, signature);
  const judged: Judged[] = [];
  let { rejected, firstRejection } = file;
  try {
    for (const reading of file.readings) {
      const one = await judgeOne(model, reading, { signature, preprocessing, clock });
      if (typeof one !== "string") judged.push(one);
      else {
        if (rejected === 0) firstRejection = `${reading.id}: ${one}`;
        rejected += 1;
      }
    }
  } finally {
    await model.dispose();
  }
  if (judged.length < minRows) {
    throw new KedgeError(
      cliCodes.badRows,
      `only ${judged.length} of ${judged.length + rejected} reference rows in ${wishes.reference} could be used${firstRejection === "" ? "" : `; the first that could not: ${firstRejection}`}`,
      {
        hint: `Give ${minRows} held-out rows at least, with the raw inputs that the preprocessing reads.`,
        context: { exit: "usage", path: wishes.reference },
      },
    );
  }
  const predictions = judged.map((j) => j.prediction);
  const recipe = recipeOf(signature, preprocessing, { readings: file.readings, image: wishes.image, thumbnail: wishes.thumbnail });
  const spec = buildSpec(recipe, predictions, signature.task.kind === "classification" ? signature.task.classes : []);
  const profile = profileOf(spec, specHash(spec, { utf8: (text) => new TextEncoder().encode(text), sha256 }), predictions);
  return {
    signature,
    preprocessing,
    reference: encodeReferenceProfile({ spec, cohorts: [{ selector: "", profile, rows: profile.rows }] }),
    golden: { tolerance: wishes.tolerance, cases: spread(judged, wishes.golden).map((j) => j.golden) },
    rows: judged.length,
    rejected,
    firstRejection,
    features: spec.features.filter((f) => f.role !== "runtime").map((f) => f.name),
  };
}
