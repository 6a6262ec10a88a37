import type { Figure } from "../support/figure.js";
import { disturbances } from "./disturbances.js";

/** The figures of `bench images` that stand for each row of its table, with the bars that were set beforehand. */
export const imageFigures: readonly Figure[] = [
  ...disturbances.map(({ key, says }): Figure => ({ key: `${key}.found`, says: `${says}: found`, ...(key === "knock2" && { bar: { atLeast: 0.99 } }) })),
  { key: "dim40.retrainAdvised", says: "dimmed to 40 %: retraining advised in any look, without labels", bar: { atMost: 0 } },
  { key: "dim40.withLabels.retrainAdvised", says: "the same with a tenth of the frames labelled", bar: { atMost: 0 } },
  { key: "clean.falseAlarms", says: "looks at fleets that nothing happened to, 1,800 in all, which named a cause", unit: "looks", bar: { atMost: 0 } },
  { key: "statisticsMicros", says: "the statistics of one frame of 28×28", unit: "µs", isOfMachine: true },
];
