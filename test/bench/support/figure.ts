/** What a figure has to reach: a limit from below, from above, or both. */
export type Bar = { readonly atLeast: number; readonly atMost?: number } | { readonly atMost: number };

/** What one key of a benchmark's result means. A dotted key goes into an object: `fleet.driftedFound`. */
export interface Figure {
  readonly key: string;
  /** In words, with the setting that the number holds for. */
  readonly says: string;
  readonly bar?: Bar;
  /** Unit of the number; a share where absent. */
  readonly unit?: string;
  /** Whether it is of this machine, so that another run gives another number. */
  readonly isOfMachine?: boolean;
}

/** What one figure rests on. */
export interface FigureDetail {
  readonly trials?: number;
  readonly interval?: readonly [number, number];
  /** What other rules give in the same trials, by name; the always-fire one among them. */
  readonly baselines?: Readonly<Record<string, number>>;
  readonly [more: string]: unknown;
}

/** What a simulation measured: figures by the keys that the bars use, and beside each what it rests on. */
export interface Measurement {
  readonly figures: Readonly<Record<string, unknown>>;
  readonly details: Readonly<Record<string, FigureDetail>>;
}

/** The object that a benchmark prints: all figures at its top, `details` beside them. */
export function resultOf(name: string, seed: number, ...parts: readonly Measurement[]): Record<string, unknown> {
  const figures = Object.assign({}, ...parts.map((p) => p.figures)) as Record<string, unknown>;
  return { bench: name, seed, ...figures, details: Object.assign({}, ...parts.map((p) => p.details)) as Record<string, unknown> };
}

/** Whether a value meets a bar, with so much leave on either side. */
export function meets(value: number, bar: Bar, leave = 0): boolean {
  const [least, most] = ["atLeast" in bar ? bar.atLeast : Number.NEGATIVE_INFINITY, bar.atMost ?? Number.POSITIVE_INFINITY];
  return value >= least - leave && value <= most + leave;
}

/**
 * How far a share measured in `trials` may lie beyond its bar by chance: 3.3 standard errors, which one seeded test in a thousand exceeds
 * whose truth stands exactly at the bar.
 */
export function chanceLeave(bar: Bar, trials: number): number {
  const at = "atLeast" in bar ? bar.atLeast : bar.atMost;
  return 3.3 * Math.sqrt((at * (1 - at)) / trials);
}
