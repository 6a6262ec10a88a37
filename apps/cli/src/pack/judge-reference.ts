import { type Clock, KedgeError, settingsTextFault } from "@kedge/core";
import {
  checkPreprocessing,
  type BoxLayout,
  checkSignature,
  type DetectionWishes,
  deriveSignature,
  type LoadedModel,
  type ModelInterface,
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
import { type AnomalyCounts, buildSpec, countAnomalies, planWatch, profileOf, specHash, withAnomalies } from "@kedge/profile";
import type { Golden, GoldenCase } from "@kedge/registry";
import { sha256 } from "@kedge/registry/adapters";
import type { InputSchema, Reading } from "@kedge/sensor";
import { encodeReferenceProfile } from "@kedge/wire";
import { parse } from "yaml";
import { readText } from "../context/files.js";
import { cliCodes } from "../errors.js";
import { readReadings } from "./read-readings.js";
import { imageSizeOf, recipeOf } from "./recipe-of.js";

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
  readonly column?: Readonly<Record<string, string>>;
  readonly stream?: boolean;
  /** Outputs of a detector by what they hold: boxes, scores, labels, count. */
  readonly boxOutput?: Readonly<Record<string, string>>;
  readonly boxLayout?: BoxLayout;
  /** WIDTHxHEIGHT that boxes are given in. */
  readonly boxFrame?: string;
  readonly minScore?: number;
  readonly rows: number;
  readonly golden: number;
  readonly tolerance: number;
  readonly inputSchema: InputSchema | undefined;
  /** False alarms a day of all devices' own detectors together; and of how many devices, with how many predictions a day each. */
  readonly alarmsPerDay: number;
  readonly devices: number;
  readonly rowsPerDay: number;
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
  /** What the reference rows break of the schema; `undefined`: nothing. */
  readonly anomalies: AnomalyCounts | undefined;
}

/** Fewer rows say little about what is normal: a share of one half is then known to ten points. */
const minRows = 100;

async function preprocessingOf(path: string | undefined, plain: Preprocessing): Promise<Preprocessing> {
  if (path === undefined) return plain;
  const text = await readText(path, "the preprocessing", "Name a YAML file: --preprocess FILE");
  const fault = settingsTextFault(text);
  if (fault !== undefined) throw badPreprocessing(path, [fault]);
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

const detectionOutputs = ["boxes", "scores", "labels", "count"];

/** What is said of a detector. */
function detectionOf({ boxOutput = {}, boxLayout, boxFrame, minScore }: ReferenceWishes): DetectionWishes {
  const stranger = Object.keys(boxOutput).find((what) => !detectionOutputs.includes(what));
  if (stranger !== undefined) {
    throw new KedgeError(cliCodes.usage, `"${stranger}" is nothing that a detector's outputs hold`, {
      hint: `Give --box-output WHAT=NAME with ${detectionOutputs.join(", ")}.`,
      context: { exit: "usage" },
    });
  }
  const frame = boxFrame === undefined ? undefined : imageSizeOf(boxFrame);
  return {
    ...boxOutput,
    ...(boxLayout === undefined ? {} : { layout: boxLayout }),
    ...(frame === undefined ? {} : { frame: { width: frame.width, height: frame.height } }),
    ...(minScore === undefined ? {} : { minScore }),
  };
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

/** The signature that the model and its owner's words make together; `cli/bad-signature` (or the room's own fault) when they do not. */
function signatureOf(own: ModelInterface, wishes: ReferenceWishes): ModelSignature {
  const { task, classes, activation, outputName } = wishes;
  const signature = deriveSignature(own, {
    task,
    activation,
    detection: detectionOf(wishes),
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
  return signature;
}

/** Runs a model over held-out readings: what is normal of its inputs and outputs, and what it answered to some of them. */
export async function judgeReference(modelBytes: Uint8Array, wishes: ReferenceWishes, clock: Clock): Promise<JudgedReference> {
  const own = await inspectOnnx(modelBytes);
  const signature = signatureOf(own, wishes);
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
  const recipe = recipeOf(signature, preprocessing, {
    readings: file.readings,
    image: wishes.image,
    thumbnail: wishes.thumbnail,
    columns: wishes.column ?? {},
    isStream: wishes.stream === true,
  });
  const spec = buildSpec(recipe, predictions, "classes" in signature.task ? signature.task.classes : []);
  const anomalies =
    wishes.inputSchema === undefined
      ? undefined
      : countAnomalies(
          wishes.inputSchema,
          predictions.map((p) => p.reading),
        );
  const counted = profileOf(spec, specHash(spec, { utf8: (text) => new TextEncoder().encode(text), sha256 }), predictions);
  const profile = withAnomalies(counted, anomalies);
  const { alarmsPerDay: alarmsPerFleetDay, devices, rowsPerDay } = wishes;
  const watch = planWatch(spec, { alarmsPerFleetDay, devices, rowsPerDay });
  return {
    signature,
    preprocessing,
    reference: encodeReferenceProfile({ spec, cohorts: [{ selector: "", profile, rows: profile.rows }], watch }),
    golden: { tolerance: wishes.tolerance, cases: spread(judged, wishes.golden).map((j) => j.golden) },
    rows: judged.length,
    rejected,
    firstRejection,
    anomalies,
    features: spec.features.filter((f) => f.role !== "runtime").map((f) => f.name),
  };
}
