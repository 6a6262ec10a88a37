import { Watch } from "@kedge/profile";
import { rowPool } from "./alarm-rate.js";
import { makeBundle } from "./sensor-model.js";

export interface WatchCost {
  readonly streams: number;
  /** Of the detectors of all streams together. */
  readonly stateBytes: number;
  /** A row through all detectors, and a share of it for each. */
  readonly nsPerRow: number;
  readonly nsPerUpdate: number;
  readonly heapBytesPerRow: number;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/**
 * What a watch of score, entropy, error bit and latency costs a device. Time is the processor's, which other programs on the machine do not
 * stretch; the median of `rounds`, with the time to fetch the row taken off.
 */
export function watchCost(rows: number, rounds: number, seed: number): WatchCost {
  const bundle = makeBundle(seed, { alarmsPerFleetDay: 1, devices: 100, rowsPerDay: 86_400 });
  const watch = new Watch(bundle.watch, { spec: bundle.spec, reference: bundle.reference, seed });
  // Few enough to stay in the cache, as the row of a device does.
  const pool = rowPool(1_024, seed);
  const run = (count: number, isWatched: boolean): number => {
    const before = process.cpuUsage();
    for (let i = 0; i < count; i += 1) {
      pool.show(i & 1_023);
      if (isWatched) watch.add(pool.reader);
    }
    const { user, system } = process.cpuUsage(before);
    return ((user + system) * 1_000) / count;
  };
  run(rows, true);
  run(rows, false);
  const nsPerRow = median(Array.from({ length: rounds }, () => run(rows, true) - run(rows, false)));
  const grown = Array.from({ length: rounds }, () => {
    const before = process.memoryUsage().heapUsed;
    run(100_000, true);
    return (process.memoryUsage().heapUsed - before) / 100_000;
  });
  const streams = bundle.watch.streams.length;
  return { streams, stateBytes: watch.stateBytes, nsPerRow, nsPerUpdate: nsPerRow / streams, heapBytesPerRow: Math.max(0, median(grown)) };
}
