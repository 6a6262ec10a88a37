import type { Figure } from "../support/figure.js";

const micros = { unit: "µs", isOfMachine: true } as const;

/** What a window costs a collector, and a device its looks at drift. */
export const sizingFigures: readonly Figure[] = [
  { key: "messageBytes", says: "a window as a message", unit: "bytes" },
  {
    key: "windowsPerSecond",
    says: "windows decoded, screened, committed and acknowledged by one process, without a broker",
    isOfMachine: true,
    unit: "a second",
  },
  { key: "cpuMicrosPerWindow", says: "processor time of that", ...micros },
  { key: "bytesPerWindowOnDisk", says: "file of the embedded store, hours, quarters and days included", unit: "bytes" },
  {
    key: "rollUpMicrosPerWindow",
    says: "merging a window into its hour, and that into its quarter and day, SQLite's reading and writing included",
    bar: { atMost: 30 },
    ...micros,
  },
  { key: "mergeMicrosPerWindow", says: "of that, reading the window's bytes into a sum", bar: { atMost: 20 }, ...micros },
  { key: "lookMicrosPerDevice", says: "a look at the last ten windows of a device: processor time of all of it", ...micros },
  { key: "lookReadMicrosPerDevice", says: "of that, reading the windows from the store", ...micros },
  { key: "lookTakeMicrosPerDevice", says: "of that, taking them into the device's memory and merging them", ...micros },
  { key: "lookJudgeMicrosPerDevice", says: "of that, judging device, cohorts and fleet", ...micros },
];
