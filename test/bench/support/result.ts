import { wilsonInterval } from "@kedge/stats";

/** A measured share with what it rests on. */
export interface MeasuredShare {
  readonly share: number;
  readonly trials: number;
  /** 95 % interval of Wilson. */
  readonly interval: readonly [number, number];
}

/** Rounds for print: figures beyond these are chance. */
export const rounded = (value: number, digits = 4): number => Number(value.toFixed(digits));

export function measuredShare(hits: number, trials: number): MeasuredShare {
  const [low, high] = wilsonInterval(hits, trials);
  return { share: rounded(hits / Math.max(1, trials)), trials, interval: [rounded(low), rounded(high)] };
}

/** Tells what goes on; the standard output is for the result alone. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Prints a benchmark's result: one JSON object, the last line. */
export function printResult(result: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
