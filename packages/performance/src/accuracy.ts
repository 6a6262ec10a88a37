import { type Labels, matchesSelector, type Selector } from "@kedge/core";
import { wilsonInterval } from "@kedge/stats";

/** A reading whose true answer is known, beside what the model said about it at the time. */
export interface LabelledPrediction {
  readonly atMs: number;
  readonly deviceLabels: Labels;
  readonly bundleDigest: string;
  readonly predicted: string;
  readonly actual: string;
}

/** A share of right answers, 0 to 1, with its 95 % Wilson interval (Wilson 1927). `rows` 0: nothing is known, `accuracy` is null. */
export interface Accuracy {
  readonly accuracy: number | null;
  readonly interval: readonly [number, number];
  readonly rows: number;
}

/** What labelled predictions to look at. Times in ms since 1970, from inclusive, to exclusive. */
export interface AccuracyQuery {
  readonly selector?: Selector;
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly bundleDigest?: string;
}

/** The accuracy over some answers, each right or wrong. */
export function accuracyOf(answers: readonly boolean[]): Accuracy {
  const right = answers.filter(Boolean).length;
  if (answers.length === 0) return { accuracy: null, interval: [0, 1], rows: 0 };
  const [low, high] = wilsonInterval(right, answers.length);
  return { accuracy: right / answers.length, interval: [low, high], rows: answers.length };
}

/** The accuracy over the labelled predictions that a query asks for. */
export function accuracyIn(labelled: readonly LabelledPrediction[], query: AccuracyQuery): Accuracy {
  const { selector = [], fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY, bundleDigest } = query;
  const asked = labelled.filter(
    (l) => l.atMs >= fromMs && l.atMs < toMs && (bundleDigest === undefined || l.bundleDigest === bundleDigest) && matchesSelector(selector, l.deviceLabels),
  );
  return accuracyOf(asked.map((l) => l.predicted === l.actual));
}
