import { KedgeError } from "@kedge/core";
import { storeCodes } from "./errors.js";
import { storeLimits } from "./store-limits.js";

/** Numbers of one thing at one moment: `kedge_window` of a device, with `rows` and `errors`. A series is a name, its labels, and one of the values. */
export interface MetricPoint {
  /** `[a-z][a-z0-9_]*`, as are the names of labels and values. */
  readonly name: string;
  /** Written as {@link metricLabels} makes them; a label without a value is as if it were not there. */
  readonly labels: Readonly<Record<string, string>>;
  readonly atMs: number;
  /** What is not finite is left out. */
  readonly values: Readonly<Record<string, number>>;
}

/** What many numbers of a bucket are made into. */
export type MetricAggregate = "sum" | "mean" | "min" | "max" | "count";

/** A question over time: buckets of `stepMs` from one whole multiple of it to before another. */
export interface MetricQuestion {
  readonly name: string;
  readonly value: string;
  /** Only of series with exactly these. */
  readonly labels?: Readonly<Record<string, string>>;
  /** One line for each combination of these; one for everything when there are none. */
  readonly by?: readonly string[];
  readonly aggregate: MetricAggregate;
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
}

/** One line of an answer: points ascending, of buckets that hold a number, by where these begin. */
export interface MetricLine {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly { readonly atMs: number; readonly value: number }[];
}

/**
 * Numbers over time, for charts. Laws: the same point written twice is one; points may come in any order; a point counts in the bucket
 * `[start, start + step)` that it lies in; lines are in the order of their labels; labels are text and nothing else. Nothing else may hang on it: a
 * write is seen by and by, and may be forgotten by a server that loses its power.
 */
export interface MetricStore {
  /** KedgeError, `retryable` where trying again may help; some of the points may then be written. */
  write(points: readonly MetricPoint[]): Promise<void>;
  range(question: MetricQuestion): Promise<MetricLine[]>;
}

const longestLabel = 128;

/**
 * Labels as every store takes them: without what would end a line of a protocol or change it (control characters, backslashes), 128 characters at
 * most, and none that is empty.
 */
export function metricLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  const cleaned = Object.entries(labels).map(
    ([key, value]) =>
      [
        key,
        value
          .replace(/[\p{Cc}\\\u2028\u2029]/gu, "_")
          .slice(0, longestLabel)
          .trim(),
      ] as const,
  );
  return Object.fromEntries(cleaned.filter(([, value]) => value !== ""));
}

/** The values that can be written. */
export function finiteValues(values: Readonly<Record<string, number>>): [name: string, value: number][] {
  return Object.entries(values).filter(([, value]) => Number.isFinite(value));
}

/** KedgeError `store/too-large` for a question with too many buckets. */
export function checkQuestion({ name, fromMs, toMs, stepMs }: MetricQuestion): void {
  if ((toMs - fromMs) / stepMs <= storeLimits.seriesPoints) return;
  throw new KedgeError(storeCodes.tooLarge, `following ${name} in steps of ${stepMs} ms failed: more than ${storeLimits.seriesPoints} points`, {
    hint: "Ask for a shorter time or longer steps.",
    context: { exit: "usage" },
  });
}

/** Lines in the order of their labels. */
export function inOrder(lines: readonly MetricLine[]): MetricLine[] {
  const keyOf = ({ labels }: MetricLine): string =>
    Object.entries(labels)
      .map((pair) => pair.join("="))
      .sort()
      .join("\n");
  return lines
    .filter(({ points }) => points.length > 0)
    .map((line) => [keyOf(line), line] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, line]) => line);
}
