import { KedgeError } from "@kedge/core";
import type { ModelInterface } from "./check-signature.js";
import { inferenceCodes as codes } from "./errors.js";
import type { ModelSignature, Task, TensorSpec } from "./model-signature.js";
import type { InputPreprocessing, Preprocessing } from "./preprocessing.js";

/** What a person says of a model that the model does not say of itself. */
export interface SignatureWishes {
  readonly task: Task["kind"];
  /** For a classification; numbers from 0 when left out and the output's last dimension is known. */
  readonly classes?: readonly string[];
  readonly activation?: "probabilities" | "logits";
  /** The output that the task reads, when several could be meant. */
  readonly output?: string;
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

/** A signature from what the model file says and what its owner adds; KedgeError `inference/signature-unclear`. */
export function deriveSignature(model: ModelInterface, wishes: SignatureWishes): ModelSignature {
  const output = chooseOutput(model, wishes);
  const { inputs, outputs } = model;
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
