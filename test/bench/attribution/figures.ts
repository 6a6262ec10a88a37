import type { Figure, FigureDetail, Measurement } from "../support/figure.js";
import { measuredShare, say } from "../support/result.js";
import { type AttributionCount, attributionOf, type AttributionPlan, falseNodes, moves } from "./attribution.js";

/** What the bench `attribution` measures. */
export const attributionFigures: readonly Figure[] = [
  { key: "cohort03", says: "a cohort of 20 of 200 devices moved by .3 sd is named exactly within 3 windows of 200 rows", bar: { atLeast: 0.95 } },
  { key: "fleet03", says: "the fleet, moved by .3 sd, is named exactly", bar: { atLeast: 0.95 } },
  { key: "device05", says: "one device, moved by .5 sd, is named exactly", bar: { atLeast: 0.95 } },
  { key: "falseNodes", says: "runs without any change in which some node is named", bar: { atMost: 0.01 } },
];

function detailOf(count: AttributionCount, trials: number): FigureDetail {
  const { interval } = measuredShare(count.exact, trials);
  const share = (hits: number): number => measuredShare(hits, trials).share;
  return {
    trials,
    interval,
    baselines: {
      "p < .05 at each node": share(count.naive),
      "Benjamini-Hochberg over the nodes": share(count.benjaminiHochberg),
      "always fires": share(count.always),
    },
  };
}

export function measureAttribution(plan: AttributionPlan): Measurement {
  const figures: Record<string, number> = {};
  const details: Record<string, FigureDetail> = {};
  const note = (key: string, count: AttributionCount, trials = plan.trials): void => {
    figures[key] = measuredShare(count.exact, trials).share;
    details[key] = detailOf(count, trials);
  };
  Object.entries(moves).forEach(([key, move], i) => {
    say(key);
    note(key, attributionOf(move, { ...plan, seed: plan.seed + i }));
  });
  say("falseNodes");
  // Twice as many: none of 200 runs would not yet say that fewer than one in a hundred names a node.
  note("falseNodes", falseNodes({ ...plan, trials: 2 * plan.trials, seed: plan.seed + 9 }), 2 * plan.trials);
  return { figures, details };
}
