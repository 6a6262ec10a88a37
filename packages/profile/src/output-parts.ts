import { valueStates } from "@kedge/stats";
import type { Prediction } from "@kedge/inference";
import type { Recipe } from "./recipe.js";
import { fillStates, maxValuesPerRow, type Part, type RecipeFeature, type Row, type ValueList } from "./row-part.js";

const output = (name: string, kind: RecipeFeature["kind"] = "numeric"): RecipeFeature => ({ name, role: "output", kind });
const outputs = (name: string, kind: RecipeFeature["kind"] = "numeric"): RecipeFeature => ({ ...output(name, kind), isMany: true });

const classificationPart: Part = {
  features: [output("class", "categorical"), output("score"), output("entropy"), output("margin")],
  fill({ outcome }, row, at) {
    if (outcome.kind !== "classification") return fillStates(row, at, 4, valueStates.missing);
    const { probabilities } = outcome;
    let first = 0;
    let second = 0;
    let entropy = 0;
    let sum = 0;
    for (let i = 0; i < probabilities.length; i += 1) {
      const p = probabilities[i] as number;
      sum += p;
      if (p > first) {
        second = first;
        first = p;
      } else if (p > second) second = p;
      if (p > 0) entropy -= p * Math.log(p);
    }
    // Comparisons pass NaN by; the sum does not.
    const isBroken = Number.isNaN(sum);
    fillStates(row, at, 4, valueStates.present);
    row.words[at] = outcome.label;
    row.numbers[at + 1] = isBroken ? Number.NaN : first;
    row.numbers[at + 2] = isBroken ? Number.NaN : entropy;
    row.numbers[at + 3] = isBroken ? Number.NaN : first - second;
  },
};

/** Classes whose transitions have a word each: 256 words at the most. */
export const mostTransitionClasses = 16;

/** Words of transitions, each made once; `undefined` for those of more classes than there may be. */
function transitionWords(): (from: string, to: string) => string | undefined {
  const words = new Map<string, Map<string, string>>();
  return (from, to) => {
    let own = words.get(from);
    if (own === undefined) {
      if (words.size >= mostTransitionClasses) return undefined;
      own = new Map();
      words.set(from, own);
    }
    let word = own.get(to);
    if (word === undefined) {
      if (own.size >= mostTransitionClasses) return undefined;
      word = `${from}>${to}`;
      own.set(to, word);
    }
    return word;
  };
}

function putWord(list: ValueList | undefined, word: string | undefined): void {
  if (list === undefined) return;
  list.length = word === undefined ? 0 : 1;
  if (word !== undefined) list.words[0] = word;
}

/**
 * How the class changes from one prediction to the next. A prediction without one before it, as the first of a window, has no value: it is not
 * missing either, or short windows would seem broken.
 */
function streamPart(): Part {
  const wordOf = transitionWords();
  let before: string | undefined;
  return {
    features: [outputs("switched", "categorical"), outputs("transition", "categorical")],
    fill({ outcome }, row, at) {
      const label = outcome.kind === "classification" ? outcome.label : undefined;
      fillStates(row, at, 2, label === undefined ? valueStates.missing : valueStates.present);
      const isPair = label !== undefined && before !== undefined;
      putWord(row.lists[at], isPair ? (label === before ? "false" : "true") : undefined);
      putWord(row.lists[at + 1], isPair ? wordOf(before as string, label) : undefined);
      before = label;
    },
    restart() {
      before = undefined;
    },
  };
}

const regressionPart: Part = {
  features: [output("value")],
  fill({ outcome }, row, at) {
    row.states[at] = outcome.kind === "regression" ? valueStates.present : valueStates.missing;
    if (outcome.kind === "regression") row.numbers[at] = outcome.value;
  },
};

const anomalyPart: Part = {
  features: [output("anomaly_score")],
  fill({ outcome }, row, at) {
    row.states[at] = outcome.kind === "anomaly" ? valueStates.present : valueStates.missing;
    if (outcome.kind === "anomaly") row.numbers[at] = outcome.score;
  },
};

function fillBoxes({ boxes }: Extract<Prediction["outcome"], { kind: "detection" }>, row: Row, at: number): void {
  const [classes, areas, scores] = [row.lists[at], row.lists[at + 1], row.lists[at + 2]];
  if (classes === undefined || areas === undefined || scores === undefined) return;
  const count = Math.min(boxes.length, maxValuesPerRow);
  classes.length = areas.length = scores.length = count;
  for (let i = 0; i < count; i += 1) {
    const box = boxes[i];
    if (box === undefined) continue;
    classes.words[i] = box.label;
    // A box whose corners are the wrong way round has no area.
    areas.numbers[i] = Math.max(0, box.width) * Math.max(0, box.height);
    scores.numbers[i] = box.score;
  }
}

const detectionPart: Part = {
  features: [output("boxes"), outputs("box_class", "categorical"), outputs("box_area"), outputs("box_score")],
  fill({ outcome }, row, at) {
    if (outcome.kind !== "detection") return fillStates(row, at, 4, valueStates.missing);
    fillStates(row, at, 4, valueStates.present);
    row.numbers[at] = outcome.boxes.length + outcome.dropped;
    fillBoxes(outcome, row, at + 1);
  },
};

/** What is counted of the outputs of a recipe's task. */
export function outputParts({ task, isStream }: Recipe): Part[] {
  switch (task) {
    case "classification":
      return isStream === true ? [classificationPart, streamPart()] : [classificationPart];
    case "regression":
      return [regressionPart];
    case "anomaly":
      return [anomalyPart];
    case "detection":
      return [detectionPart];
  }
}
