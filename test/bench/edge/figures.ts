import type { Figure } from "../support/figure.js";

/** What watching on the device costs, and what it saves. */
export const edgeFigures: readonly Figure[] = [
  { key: "stateBytes", says: "state of four detectors (score, entropy, error bit, latency)", unit: "bytes", bar: { atMost: 2_048 } },
  { key: "nsPerUpdate", says: "one value into its detector", unit: "ns", bar: { atMost: 500 }, isOfMachine: true },
  { key: "nsPerRow", says: "a row through the four", unit: "ns", isOfMachine: true },
  { key: "bytesRatio", says: "bytes of a day with a change at noon, over those of a window every minute", bar: { atMost: 0.1 } },
  { key: "delayRatio", says: "what moves the answers (a lens gets dirty): time until the incident, over sending a window every minute", bar: { atMost: 1.2 } },
  { key: "inputsOnlyDelayRatio", says: "what moves the inputs alone (.5 sd) and waits for the heartbeat: the same" },
  { key: "alarmsPerFleetDay", says: "false alarms a day of 100 devices, where 20 were asked for", unit: "alarms", bar: { atLeast: 16, atMost: 24 } },
  {
    key: "budgetOverrunBytes",
    says: "bytes beyond the budget in the worst 24 hours of a month, for 60 kB and for 200 kB a day",
    unit: "bytes",
    bar: { atMost: 0 },
  },
  { key: "budgetRowsLost", says: "rows that the budget cost in those months", unit: "rows", bar: { atMost: 0 } },
];
