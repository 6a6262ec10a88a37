import type { MeasuredShare } from "../support/result.js";
import { type BenchResult, type Table, valueAt } from "./page.js";

interface Row {
  readonly key: string;
  readonly says: string;
  readonly isJudged: boolean;
  readonly sketch: MeasuredShare;
  readonly exact: MeasuredShare;
  readonly ratio: number;
}

const withInterval = ({ share, interval }: MeasuredShare): string => `${share} (${interval.join(" to ")})`;

/** The sketch of vectors beside the exact test, a change a row. */
export function vectorTable(result: BenchResult): readonly Table[] {
  const rows = (valueAt(result, "details.rffRatioMin.changes") ?? []) as readonly Row[];
  return [
    {
      title: "Vectors of 64 dimensions, 300 against 2,000: share of windows found, and its 95 % interval",
      columns: ["change", "sketch of 1,028 bytes", "exact test on all rows", "ratio", "always fires", "of the four"],
      rows: rows.map((r) => [r.says, withInterval(r.sketch), withInterval(r.exact), r.key === "none" ? undefined : r.ratio, 1, r.isJudged ? "yes" : "no"]),
    },
  ];
}
