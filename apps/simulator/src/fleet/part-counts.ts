import type { WindowCounts } from "../device/ledger-outbox.js";
import type { FaultCounts } from "../link/faulty-link.js";

/** What the devices of one process did so far. */
export interface PartCounts {
  readonly windows: WindowCounts;
  /** Windows that no device was there to make: switched off, or without a bundle. */
  readonly skipped: number;
  /** Records of all kinds that wait in outboxes; sent, and sent again. */
  readonly awaiting: number;
  readonly sent: number;
  readonly resent: number;
  readonly devices: number;
  readonly online: number;
  /** How many devices run a bundle, by its digest. */
  readonly running: Readonly<Record<string, number>>;
  readonly connects: number;
  readonly cuts: number;
  readonly crashes: number;
  readonly faults: FaultCounts;
  /** What links and loops complained of, by code. */
  readonly complaints: Readonly<Record<string, number>>;
  /** How long after its end a window was made, at most; and how long until it was acknowledged. */
  readonly lagMs: number;
  readonly latency: readonly (readonly [bucket: number, count: number])[];
  /** Of the process: CPU seconds, and the most memory. */
  readonly cpuSeconds: number;
  readonly peakRssMiB: number;
}

function addRecords(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Record<string, number> {
  const sum: Record<string, number> = { ...a };
  for (const [key, value] of Object.entries(b)) sum[key] = (sum[key] ?? 0) + value;
  return sum;
}

/** Of several processes together; latencies stay apart as pairs. */
export function sumOfParts(parts: readonly PartCounts[]): PartCounts {
  const total = (pick: (part: PartCounts) => number): number => parts.reduce((sum, part) => sum + pick(part), 0);
  const totalOf = <C extends Readonly<Record<string, number>>>(none: C, pick: (part: PartCounts) => C): C =>
    parts.map(pick).reduce<C>((a, b) => addRecords(a, b) as C, none);
  return {
    windows: totalOf({ produced: 0, acknowledged: 0, dropped: 0 }, (p) => ({ ...p.windows })),
    skipped: total((p) => p.skipped),
    awaiting: total((p) => p.awaiting),
    sent: total((p) => p.sent),
    resent: total((p) => p.resent),
    devices: total((p) => p.devices),
    online: total((p) => p.online),
    running: totalOf({}, (p) => p.running),
    connects: total((p) => p.connects),
    cuts: total((p) => p.cuts),
    crashes: total((p) => p.crashes),
    faults: totalOf({ lost: 0, duplicated: 0, reordered: 0, delayed: 0 }, (p) => ({ ...p.faults })),
    complaints: totalOf({}, (p) => p.complaints),
    lagMs: Math.max(0, ...parts.map((p) => p.lagMs)),
    latency: parts.flatMap((p) => p.latency),
    cpuSeconds: total((p) => p.cpuSeconds),
    peakRssMiB: total((p) => p.peakRssMiB),
  };
}
