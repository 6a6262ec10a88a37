import { KedgeError } from "@kedge/core";
import type { ModelInterface } from "./check-signature.js";
import { inferenceCodes as codes } from "./errors.js";
import type { BoxLayout, ModelSignature, Task, TensorSpec } from "./model-signature.js";
import type { InputPreprocessing, Preprocessing } from "./preprocessing.js";

/** What a person says of a model that the model does not say of itself. */
export interface SignatureWishes {
  readonly task: Task["kind"];
  /** For a classification; numbers from 0 when left out and the output's last dimension is known. */
  readonly classes?: readonly string[];
  readonly activation?: "probabilities" | "logits";
  /** The output that the task reads, when several could be meant. */
  readonly output?: string;
  /** Of a detection. */
  readonly detection?: DetectionWishes;
}

/** What is said of a detector; outputs left out are known by their names, the rest are shares of corners above .5. */
export interface DetectionWishes {
  readonly boxes?: string;
  readonly scores?: string;
  readonly labels?: string;
  readonly count?: string;
  readonly layout?: BoxLayout;
  readonly frame?: { readonly width: number; readonly height: number };
  readonly minScore?: number;
}

function unclear(message: string, hint: string): KedgeError {
  return new KedgeError(codes.signatureUnclear, message, { hint, context: { exit: "usage" } });
}

function chooseOutput(model: ModelInterface, wishes: SignatureWishes): TensorSpec {
  const names = model.outputs.map((o) => `"${o.name}"`).join(", ");
  if (wishes.output !== undefined) {
    const found = model.outputs.find((o) => o.name === wishes.output);
    if (found === undefined) throw unclear(`the model has no output "${wishes.output}"`, `its outputs are ${names}`);
    return found;
  }
  const numeric = model.outputs.filter((o) => o.type === "float32");
  const [only] = numeric;
  if (only === undefined || numeric.length > 1) throw unclear(`cannot tell which output holds the ${wishes.task}'s result`, `name one of ${names}`);
  return only;
}

/** What exporters call the outputs of detectors: "detection_scores", "bboxes", "labels", "num_detections", "pred_boxes". */
const detectionNames = { boxes: /box/i, scores: /score|conf/i, labels: /class|label/i, count: /num|count/i } as const;

function detectionOutput(model: ModelInterface, what: keyof typeof detectionNames, named: string | undefined): string | undefined {
  if (named !== undefined) return chooseOutput(model, { task: "detection", output: named }).name;
  const found = model.outputs.filter((o) => detectionNames[what].test(o.name));
  return found.length === 1 ? found[0]?.name : undefined;
}

function detectionTask(model: ModelInterface, { classes, detection = {} }: SignatureWishes): Task {
  const [boxes, scores, labels, count] = (["boxes", "scores", "labels", "count"] as const).map((what) => detectionOutput(model, what, detection[what]));
  if (boxes === undefined || scores === undefined || labels === undefined) {
    const missing = [boxes === undefined ? "boxes" : "", scores === undefined ? "scores" : "", labels === undefined ? "class numbers" : ""];
    const names = model.outputs.map((o) => `"${o.name}"`).join(", ");
    throw unclear(
      `cannot tell which output holds the ${missing.filter((m) => m !== "").join(" and the ")} of the boxes`,
      `name them; the outputs are ${names}`,
    );
  }
  if (classes === undefined) throw unclear("cannot tell what the detector's class numbers mean", "list the class names from number 0 on");
  const { layout = "xyxy", frame = null, minScore = 0.5 } = detection;
  return { kind: "detection", classes, boxes, scores, labels, count: count ?? null, layout, frame, minScore };
}

/** A signature from what the model file says and what its owner adds; KedgeError `inference/signature-unclear`. */
export function deriveSignature(model: ModelInterface, wishes: SignatureWishes): ModelSignature {
  const { inputs, outputs } = model;
  if (wishes.task === "detection") return { inputs, outputs, task: detectionTask(model, wishes) };
  const output = chooseOutput(model, wishes);
  if (wishes.task !== "classification") return { inputs, outputs, task: { kind: wishes.task, output: output.name } };
  const last = output.dims.at(-1) ?? -1;
  if (wishes.classes === undefined && last < 2) throw unclear(`cannot tell how many classes output "${output.name}" scores`, "list the class names");
  const classes = wishes.classes ?? Array.from({ length: last }, (_, i) => String(i));
  return { inputs, outputs, task: { kind: "classification", classes, scores: output.name, activation: wishes.activation ?? "probabilities" } };
}

/** The preprocessing that changes nothing: every model input is a reading input of the same name, type and shape. */
export function plainPreprocessing(model: ModelInterface): Preprocessing {
  const inputs: Record<string, InputPreprocessing> = {};
  for (const { name, type, dims } of model.inputs) {
    inputs[name] = { from: name, raw: { type, dims: dims[0] === -1 ? dims.slice(1) : dims }, steps: [] };
  }
  return { inputs };
}
