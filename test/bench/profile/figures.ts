import type { Figure } from "../support/figure.js";

/** What profiling costs a device. */
export const profileFigures: readonly Figure[] = [
  {
    key: "nsPerValue",
    says: "counting a value into its histogram and moments, 32 features of 32 bins a row",
    unit: "ns",
    bar: { atMost: 25 },
    isOfMachine: true,
  },
  { key: "nsPerValueProfiler", says: "the same with reading the values out of a prediction (the whole path of a device)", unit: "ns", isOfMachine: true },
  { key: "bytesPerFeature", says: "one of 32 features in a window of 1,000 rows on the wire", unit: "bytes", bar: { atMost: 60 } },
  { key: "windowBytes", says: "the same window in all, with device, times and digests", unit: "bytes", bar: { atMost: 2_000 } },
  { key: "heapBytesPerFeature", says: "memory of a profiler at work, by its features", unit: "bytes", bar: { atMost: 1_024 }, isOfMachine: true },
  { key: "heapBytesOfSpecPerFeature", says: "memory of the spec (cuts, names), which the bundle brings", unit: "bytes", isOfMachine: true },
];
