import { profileOf } from "@kedge/profile";
import type { Measurement } from "../support/figure.js";
import { rounded } from "../support/result.js";
import { timeHistograms, timeProfiler } from "./hot-path.js";
import { numericRows, numericSpec } from "./rows.js";
import { heapBytesPerFeature, windowBytes } from "./size.js";

/** Size of the trial. */
export interface ProfilePlan {
  readonly features: number;
  readonly repeats: number;
  readonly seed: number;
  /** Forces a garbage collection. */
  readonly collect: () => void;
}

/** Time, bytes and memory of profiling rows of numeric features. */
export function measureProfiling({ features, repeats, seed, collect }: ProfilePlan): Measurement {
  const spec = numericSpec(features, seed);
  const rows = numericRows(features, 1_000, seed + 1);
  const histograms = timeHistograms(spec, rows, repeats);
  const profiler = timeProfiler(spec, rows, repeats);
  const profile = profileOf(spec, "ab".repeat(32), rows);
  const bytes = windowBytes(profile);
  const header = windowBytes({ ...profile, features: [] });
  const heap = heapBytesPerFeature(spec, rows.slice(0, 10), collect);
  return {
    figures: {
      nsPerValue: histograms.least,
      nsPerValueProfiler: profiler.least,
      bytesPerFeature: rounded((bytes - header) / features, 1),
      windowBytes: bytes,
      heapBytesPerFeature: rounded(heap.profiler, 0),
      heapBytesOfSpecPerFeature: rounded(heap.spec, 0),
    },
    details: {
      nsPerValue: { ...histograms, how: "HistogramBank.addRow over 1,000 rows of 32 features, the quickest repeat" },
      bytesPerFeature: { headerBytes: header, how: "device, times, digests and counts of rows are left out; windowBytes has them" },
      nsPerValueProfiler: { ...profiler, how: "createProfiler(spec).add(prediction) over the same rows, the quickest repeat" },
    },
  };
}
