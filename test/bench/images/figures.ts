import type { Figure } from "../support/figure.js";
import { disturbances } from "./disturbances.js";

/** What `bench images` measures, with the two bars that were set beforehand. */
export const imageFigures: readonly Figure[] = [
  ...disturbances.flatMap(({ key, says }): Figure[] => [
    { key: `${key}.accuracy`, says: `${says}: share of right answers` },
    { key: `${key}.found`, says: `${says}: found within 1,000 frames a camera, both cameras of a site`, ...(key === "knock2" && { bar: { atLeast: 0.99 } }) },
    { key: `${key}.framesToDetect.median`, says: `${says}: frames a camera until found, median`, unit: "frames" },
    { key: `${key}.scopeExact`, says: `${says}: exactly the site named` },
    { key: `${key}.toldRight`, says: `${says}: its reason says what became of the picture` },
    {
      key: `${key}.retrainAdvised`,
      says: `${says}: retraining advised in any look, without labels`,
      ...(key === "dim40" && { bar: { atMost: 0 } }),
    },
    { key: `${key}.withLabels.retrainAdvised`, says: `${says}: the same with a tenth of the frames labelled`, ...(key === "dim40" && { bar: { atMost: 0 } }) },
  ]),
  { key: "clean.falseAlarms", says: "looks at fleets that nothing happened to which named a cause", unit: "alarms", bar: { atMost: 0 } },
  { key: "statisticsMicros", says: "the statistics of one frame of 28×28", unit: "µs", isOfMachine: true },
];
