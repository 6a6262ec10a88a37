import { compareProportions } from "@kedge/stats";
import type { LabelledAnswers } from "./device-profile.js";
import type { Node } from "./node-counts.js";
import type { Cause, CauseClass, Verdict } from "./verdict.js";

/** Whether retraining may help, and why. */
export type Advice = Pick<Cause, "retrainAdvised" | "reason">;

/** What the advice is drawn from. `accuracy` is what the model reached on the labelled rows of its reference. */
export interface AdviceGrounds {
  readonly node: Node;
  readonly features: readonly Verdict[];
  readonly causeClass: CauseClass;
  readonly accuracy: LabelledAnswers | undefined;
}

/** Answers that must be labelled before they outweigh what unlabelled figures suggest: a loss of 20 points shows in 50. */
const enoughLabels = 50;
/** A loss is asked after at every look, and answered with a new model: one look in twenty may not be wrong about it. */
const sureOfLoss = 0.999;
/** A loss of accuracy below this is not worth a new model. */
const seriousLoss = 0.03;

const no = (reason: string): Advice => ({ retrainAdvised: false, reason });
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** What the labels say: a loss for certain, none for certain, or nothing yet. */
function byLabels(node: Node, reference: LabelledAnswers | undefined): Advice | undefined {
  const now = node.devices.reduce((sum, { labelled }) => ({ right: sum.right + (labelled?.right ?? 0), rows: sum.rows + (labelled?.rows ?? 0) }), {
    right: 0,
    rows: 0,
  });
  if (reference === undefined || reference.rows < enoughLabels || now.rows < enoughLabels) return undefined;
  const compared = (confidence: number) => compareProportions(now.right, now.rows, reference.right, reference.rows, confidence);
  const { difference, interval } = compared(sureOfLoss);
  const told = `${percent(now.right / now.rows)} of ${now.rows} labelled answers are right, ${percent(reference.right / reference.rows)} were`;
  if (interval[1] < 0 && difference <= -seriousLoss)
    return { retrainAdvised: true, reason: `The model has become worse: ${told}. New labelled data may help.` };
  return compared(0.95).interval[0] > -seriousLoss ? no(`The model is as good as it was: ${told}.`) : undefined;
}

/** Whether a feature of a classification tells how sure the model is, and not what it answers. */
export const isConfidence = (feature: string): boolean => feature === "score" || feature === "entropy" || feature === "margin";

/** A lens can be wiped and a lamp replaced, which costs less than a model; labels tell whether one is needed all the same. */
function byPicture(causeClass: CauseClass): Advice | undefined {
  return causeClass === "lens" || causeClass === "light"
    ? no("See to that first, and label some answers if it cannot be helped: the model may well be as good as it was.")
    : undefined;
}

/** Without labels: what the model says must have moved, not only what it sees or how sure it is. */
function byOutputs({ features }: AdviceGrounds): Advice {
  const outputs = features.filter((f) => f.role === "output").map((f) => f.feature);
  const inputs = features.filter((f) => f.role === "input").map((f) => f.feature);
  const seen = inputs.join(", ");
  const said = outputs.join(", ");
  if (outputs.length === 0) return no(`The inputs moved (${seen}), but what the model says did not: no need to retrain.`);
  // A mere change of scale (a darker picture) makes a model less sure and leaves its answers right; a change of the answers' mix cannot come
  // about without at least as many answers being others than before.
  if (outputs.every(isConfidence)) {
    return no(`The model is differently sure of its answers (${said}), but their mix holds: label some before retraining.`);
  }
  if (inputs.length === 0 && !outputs.some(isConfidence)) {
    return no(`Only the mix of answers moved (${said}): the world may simply show other things. Label some before retraining.`);
  }
  const beside = seen === "" ? "its confidence" : `its inputs (${seen})`;
  return { retrainAdvised: true, reason: `What the model says moved (${said}) together with ${beside}: new labelled data may help.` };
}

/** Whether to retrain. Faults are mended and single devices checked first; labels are believed before figures without labels. */
export function adviseOn(grounds: AdviceGrounds): Advice {
  const { node, causeClass, features } = grounds;
  if (causeClass === "missing" || causeClass === "stuck" || causeClass === "unit_change") {
    return no(`This looks like a fault (${causeClass.replace("_", " ")}): mend the sensor or its configuration; a model trained on it would learn the fault.`);
  }
  if (causeClass === "inverted") return no("Mend that first: a model trained on negatives would learn the fault.");
  if (causeClass === "model_change") {
    return no(
      "What is seen did not change, what the model says did, from the first windows under this bundle: check the bundle, or go back to the one before.",
    );
  }
  if (node.scope.kind === "device") {
    const named = features.map((f) => f.feature).join(", ");
    return no(`One device alone differs (${named}): check it before teaching the model its view.`);
  }
  return byLabels(node, grounds.accuracy) ?? byPicture(causeClass) ?? byOutputs(grounds);
}
