import type { Ledger } from "./collector/ledger.js";
import { LatencyCounts } from "./fleet/latency-counts.js";
import type { PartCounts } from "./fleet/part-counts.js";
import { lengthText } from "./scenario/lengths.js";
import type { Scenario } from "./scenario/scenario.js";

/** What came of a simulation. `--json` prints it, `--report` writes it; keys are only added. */
export interface Report {
  readonly kind: "report";
  readonly ok: boolean;
  /** What is not as it should be, in words; empty when `ok`. */
  readonly faults: readonly string[];
  readonly devices: number;
  readonly seed: number;
  readonly startedAtMs: number;
  /** From the first window to the end of the drain. */
  readonly seconds: number;
  readonly windows: PartCounts["windows"] & { readonly skipped: number; readonly perSecond: number };
  readonly messages: { readonly sent: number; readonly resent: number; readonly awaiting: number };
  readonly latencyMs: { readonly p50: number | null; readonly p95: number | null; readonly p99: number | null };
  readonly connections: { readonly online: number; readonly connects: number; readonly cuts: number; readonly crashes: number };
  readonly faultsMade: PartCounts["faults"];
  readonly running: PartCounts["running"];
  readonly complaints: PartCounts["complaints"];
  /** The collector's account; null when its API could not be asked. */
  readonly ledger: Ledger | null;
  readonly simulator: { readonly processes: number; readonly cpuSeconds: number; readonly peakRssMiB: number; readonly lagMs: number };
}

/** What a report is made of. */
export interface ReportParts {
  readonly scenario: Scenario;
  readonly counts: PartCounts;
  /** The counts when windows began. */
  readonly atBegin: PartCounts;
  readonly startedAtMs: number;
  readonly madeForMs: number;
  readonly seconds: number;
  readonly ledger: Ledger | null;
  readonly processes: number;
}

const rounded = (value: number, digits = 1): number => Number(value.toFixed(digits));

function quantilesOf(counts: PartCounts): Report["latencyMs"] {
  const latency = new LatencyCounts();
  latency.addPairs(counts.latency);
  const at = (share: number): number | null => {
    const ms = latency.quantile(share);
    return ms === null ? null : rounded(ms);
  };
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

function faultsOf({ counts: { windows, skipped, awaiting }, ledger, scenario }: ReportParts): string[] {
  const { produced, acknowledged, dropped } = windows;
  const unacknowledged = produced - acknowledged - dropped;
  return [
    ...(produced === 0 ? [`no window was produced${skipped > 0 ? `: ${skipped} were due on devices that ran no bundle` : ""}`] : []),
    ...(unacknowledged > 0 ? [`${unacknowledged} of ${produced} windows were not acknowledged within ${lengthText(scenario.drain)} of the end`] : []),
    ...(unacknowledged === 0 && awaiting > 0 ? [`${awaiting} other messages were not acknowledged`] : []),
    ...(ledger !== null && ledger.missing > 0 ? [`${ledger.missing} windows were acknowledged and are not in the collector's store`] : []),
    ...(ledger !== null && ledger.twice > 0 ? [`${ledger.twice} windows are in the collector's store twice`] : []),
    ...(ledger !== null && ledger.lost > dropped ? [`the collector holds ${ledger.lost} messages for lost, of which devices dropped ${dropped}`] : []),
  ];
}

export function reportOf(parts: ReportParts): Report {
  const { scenario, counts, startedAtMs, madeForMs, seconds, ledger, processes, atBegin } = parts;
  const faults = faultsOf(parts);
  const { windows, skipped, sent, resent, awaiting, online, connects, cuts, crashes, running, complaints } = counts;
  return {
    kind: "report",
    ok: faults.length === 0,
    faults,
    devices: scenario.devices,
    seed: scenario.seed,
    startedAtMs,
    seconds: rounded(seconds),
    windows: { ...windows, skipped, perSecond: rounded((1_000 * windows.produced) / Math.max(1, madeForMs), 2) },
    messages: { sent, resent, awaiting },
    latencyMs: quantilesOf(counts),
    connections: { online, connects, cuts, crashes },
    faultsMade: counts.faults,
    running,
    complaints,
    ledger,
    simulator: {
      processes,
      cpuSeconds: rounded(counts.cpuSeconds - atBegin.cpuSeconds, 2),
      peakRssMiB: Math.round(counts.peakRssMiB),
      lagMs: Math.round(counts.lagMs),
    },
  };
}

/** `12 ms`, `3.4 s`. */
export function msText(ms: number | null): string {
  if (ms === null) return "-";
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

/** The report for people. */
export function reportLines(report: Report): string[] {
  const { windows, messages, latencyMs, connections, faultsMade, ledger, simulator, complaints } = report;
  const made = faultsMade.lost + faultsMade.duplicated + faultsMade.reordered + faultsMade.delayed;
  const pairs: (readonly [string, string])[] = [
    ["devices", `${report.devices}, ${connections.online} online at the end; seed ${report.seed}`],
    [
      "windows",
      `${windows.produced} produced in ${lengthText(1_000 * report.seconds)} (${windows.perSecond} a second), ${windows.acknowledged} acknowledged, ${windows.dropped} dropped, ${windows.skipped} skipped`,
    ],
    ["messages", `${messages.sent} sent, ${messages.resent} of them again, ${messages.awaiting} not acknowledged`],
    ["window end to acknowledgement", `p50 ${msText(latencyMs.p50)}, p95 ${msText(latencyMs.p95)}, p99 ${msText(latencyMs.p99)}`],
    ["connections", `${connections.connects} made, ${connections.cuts} cut, ${connections.crashes} devices switched off and on`],
    ...(made === 0
      ? []
      : [["link", `${faultsMade.lost} lost, ${faultsMade.duplicated} doubled, ${faultsMade.reordered} held back, ${faultsMade.delayed} delayed`] as const]),
    [
      "collector",
      ledger === null
        ? "not asked: no API was named (--url, --api-token-file)"
        : `${ledger.stored} stored, ${ledger.missing} missing, ${ledger.twice} twice, ${ledger.lost} known to be lost`,
    ],
    [
      "simulator",
      `${simulator.processes} ${simulator.processes === 1 ? "process" : "processes"}, ${simulator.cpuSeconds} s of CPU, ${simulator.peakRssMiB} MiB at most; windows at most ${msText(simulator.lagMs)} late`,
    ],
    ...(Object.keys(complaints).length === 0
      ? []
      : [
          [
            "complaints",
            Object.entries(complaints)
              .map(([code, count]) => `${code} ${count}`)
              .join(", "),
          ] as const,
        ]),
  ];
  const width = Math.max(...pairs.map(([key]) => key.length));
  const lines = pairs.map(([key, value]) => `  ${key.padEnd(width)}  ${value}`);
  return [...lines, ...(report.ok ? ["Nothing was lost and nothing counted twice."] : report.faults.map((fault) => `NOT WELL: ${fault}.`))];
}
