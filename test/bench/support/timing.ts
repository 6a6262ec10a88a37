import { rounded } from "./result.js";

/** What repeated timing gave, in nanoseconds a piece. */
export interface Timing {
  /** The quickest repeat: what the code costs, because whatever else the machine does only adds. */
  readonly least: number;
  readonly median: number;
  readonly repeats: number;
}

/** Times `run`, which does `pieces` pieces of work, after a warm-up of a fifth of the repeats. */
export function timed(run: () => void, pieces: number, repeats: number): Timing {
  for (let i = 0; i < repeats / 5; i += 1) run();
  const each = Float64Array.from({ length: repeats }, () => {
    const started = performance.now();
    run();
    return (1e6 * (performance.now() - started)) / pieces;
  }).sort();
  return { least: rounded(each[0] ?? 0, 2), median: rounded(each[Math.floor(repeats / 2)] ?? 0, 2), repeats };
}
