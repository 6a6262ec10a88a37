import { contenders } from "../detectors/contenders.js";
import type { DetectorScore } from "../detectors/score.js";
import { streams } from "../detectors/streams.js";
import type { BenchResult, Table } from "./page.js";

/** A table for each stream, a detector a row, and one of the time of an update. */
export function detectorTables(result: BenchResult): readonly Table[] {
  const scoreOf = (name: string, stream: string): DetectorScore | undefined => (result[name] as Record<string, DetectorScore> | undefined)?.[stream];
  const rowsOf = (stream: string): Table["rows"] =>
    contenders.flatMap(({ name }) => {
      const score = scoreOf(name, stream);
      if (score === undefined) return [];
      const delay = score.delay === undefined ? undefined : `${score.delay} ± ${score.delayWithin ?? 0}`;
      return [[name, score.per10k, score.per10kInterval.join(" to "), score.recall, delay, score.chanceRecall, score.runs]];
    });
  const columns = ["detector", "false alarms in 10,000", "95 % interval", "found within 2,000", "values until found", "found by its own chance", "runs"];
  const quickest = (name: string): number | undefined => {
    const all = Object.values((result[name] ?? {}) as Record<string, DetectorScore>).map((s) => s.nsPerUpdate);
    return all.length > 0 ? Math.min(...all) : undefined;
  };
  return [
    ...streams.map(({ key, says }) => ({ title: `${says} (\`${key}\`)`, columns, rows: rowsOf(key) })),
    { title: "Nanoseconds an update", columns: ["detector", "ns"], rows: contenders.map(({ name }) => [name, quickest(name)]), isOfMachine: true },
  ];
}
