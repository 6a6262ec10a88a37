import { gammaP, gammaQ, wilsonInterval } from "@kedge/stats";

/** A measured share with what it rests on. */
export interface MeasuredShare {
  readonly share: number;
  readonly trials: number;
  /** 95 % interval of Wilson. */
  readonly interval: readonly [number, number];
}

/** A measured rate of rare events. */
export interface MeasuredRate {
  readonly count: number;
  readonly rate: number;
  /** 95 % interval, exact (Garwood 1936). */
  readonly interval: readonly [number, number];
}

/** Rounds for print: figures beyond these are chance. */
export const rounded = (value: number, digits = 4): number => Number(value.toFixed(digits));

export function measuredShare(hits: number, trials: number): MeasuredShare {
  const [low, high] = wilsonInterval(hits, trials);
  return { share: rounded(hits / Math.max(1, trials)), trials, interval: [rounded(low), rounded(high)] };
}

/** The mean μ at which `tail(μ)` rises to .025. */
function poissonLimit(count: number, tail: (mean: number) => number): number {
  let low = 0;
  let high = 10 + 3 * count;
  for (let i = 0; i < 80; i += 1) {
    const middle = (low + high) / 2;
    if (tail(middle) < 0.025) low = middle;
    else high = middle;
  }
  return low;
}

/** So many events in `exposure` units, as events a unit. */
export function measuredRate(count: number, exposure: number): MeasuredRate {
  const low = count === 0 ? 0 : poissonLimit(count, (mean) => gammaP(count, mean));
  const high = 10 + 3 * count - poissonLimit(count, (left) => gammaQ(count + 1, 10 + 3 * count - left));
  return { count, rate: rounded(count / exposure), interval: [rounded(low / exposure), rounded(high / exposure)] };
}

/** Tells what goes on; the standard output is for the result alone. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Prints a benchmark's result: one JSON object, the last line. */
export function printResult(result: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
