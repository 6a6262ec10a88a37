import type { Figure } from "../support/figure.js";
import { defaultDetector } from "./contenders.js";
import { streams } from "./streams.js";

const at = (stream: string, what: string): string => `${defaultDetector}.${stream}.${what}`;
const quiet = streams.map(
  ({ key, says }): Figure => ({ key: at(key, "per10k"), says: `false alarms in 10,000 values before ${says}`, unit: "alarms", bar: { atMost: 0.1 } }),
);

/** What the default detector has to reach. */
export const detectorFigures: readonly Figure[] = [
  ...quiet,
  { key: at("rate02to04", "delay"), says: "mean values until an error rate of .2 → .4 is found", unit: "values", bar: { atMost: 146 } },
  { key: at("rate02to03", "delay"), says: "mean values until an error rate of .2 → .3 is found", unit: "values", bar: { atMost: 432 } },
  { key: at("sd2", "recall"), says: "share of changes of spread (sd 1 → 2) found within 2,000 values", bar: { atLeast: 0.97 } },
];
