import { LatencyCounts } from "./fleet/latency-counts.js";
import type { PartCounts } from "./fleet/part-counts.js";
import { msText } from "./report.js";
import { lengthText } from "./scenario/lengths.js";

/** Where words go: lines for people, or one JSON value a line. */
export interface Voice {
  /** Something happened that people should know. */
  say(text: string): void;
  /** How it stands. */
  progress(counts: PartCounts, elapsedMs: number): void;
  /** The last word; a program's whole answer. */
  result(value: object, lines: readonly string[]): void;
}

function progressLine(
  counts: PartCounts,
  before: PartCounts | undefined,
  { elapsedMs, sinceMs }: { readonly elapsedMs: number; readonly sinceMs: number },
): string {
  const { windows, devices, online, awaiting, resent } = counts;
  const rate = (1_000 * (windows.produced - (before?.windows.produced ?? 0))) / Math.max(1, sinceMs);
  const latency = new LatencyCounts();
  latency.addPairs(counts.latency);
  return [
    lengthText(elapsedMs).padStart(6),
    `online ${online}/${devices}`,
    `windows ${windows.produced} (${rate.toFixed(1)}/s)`,
    `acknowledged ${windows.acknowledged}`,
    `awaiting ${awaiting}`,
    `resent ${resent}`,
    ...(windows.dropped === 0 ? [] : [`dropped ${windows.dropped}`]),
    `ack p50 ${msText(latency.quantile(0.5))} p99 ${msText(latency.quantile(0.99))}`,
  ].join("  ");
}

/** Lines on standard error, the report on standard output; with JSON all of it on standard output, one value a line. */
export function voiceOf(isJson: boolean, out: { write(text: string): unknown }, err: { write(text: string): unknown }): Voice {
  let before: { readonly counts: PartCounts; readonly elapsedMs: number } | undefined;
  if (isJson)
    return {
      say: (text) => void out.write(`${JSON.stringify({ kind: "note", text })}\n`),
      progress(counts, elapsedMs) {
        const { latency: _, ...rest } = counts;
        out.write(`${JSON.stringify({ kind: "progress", elapsedMs: Math.round(elapsedMs), ...rest })}\n`);
      },
      result: (value) => void out.write(`${JSON.stringify(value)}\n`),
    };
  return {
    say: (text) => void err.write(`${text}\n`),
    progress(counts, elapsedMs) {
      err.write(`${progressLine(counts, before?.counts, { elapsedMs, sinceMs: elapsedMs - (before?.elapsedMs ?? 0) })}\n`);
      before = { counts, elapsedMs };
    },
    result: (_, lines) => void out.write(`${lines.join("\n")}\n`),
  };
}
