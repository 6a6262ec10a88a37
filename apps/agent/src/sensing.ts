import { join } from "node:path";
import type { DeviceId, Labels, Log, Random, Sha256 } from "@kedge/core";
import type { Vitals } from "@kedge/inference";
import type { ReportingPolicy } from "@kedge/profile";
import { type LinkBudget as BudgetReport, type Outbox, publishBytes, type SendPriority, topicFor } from "@kedge/wire";
import type { DeviceTime } from "@kedge/device/adapters";
import { HeldFile } from "./held-file.js";
import type { LinkBudget } from "./link-budget.js";
import { OutboxWriter } from "./outbox-writer.js";
import { SampleDesk } from "./sample-desk.js";
import { SenseLoop } from "./sense-loop.js";
import { WindowDesk } from "./window-desk.js";

/** What sensing is made of. */
export interface SensingParts {
  readonly deviceId: DeviceId;
  readonly labels: Labels;
  readonly stateDir: string;
  readonly windowMs: number;
  readonly policy: ReportingPolicy;
  readonly outbox: Outbox;
  /** Absent: bytes are not counted. */
  readonly budget: LinkBudget | undefined;
  readonly vitals: () => Vitals;
  readonly clock: DeviceTime;
  readonly random: Random;
  readonly sha256: (bytes: Uint8Array) => Sha256;
  readonly log: Log;
  /** Something was put into the outbox. */
  readonly onRecord: () => void;
  /** Told of each reading of the bundle that is served: whether it gave a prediction. */
  readonly onOutcome: (isGood: boolean) => void;
}

/** Readings to windows and samples in the outbox. */
export interface Sensing {
  readonly sense: SenseLoop;
  readonly windows: WindowDesk;
  readonly writer: OutboxWriter;
  /** What keeping to the budget cost so far; `undefined` without one. */
  budgetReport(): BudgetReport | undefined;
}

/** Whether payloads may be promised to the link beside what waits in the outbox already. */
function affordsFor({ deviceId, outbox, budget }: SensingParts): (payloadBytes: readonly number[], priority: SendPriority) => boolean {
  if (budget === undefined) return () => true;
  return (payloadBytes, priority) => {
    const topic = topicFor(deviceId, priority === "sample" ? "sample" : "stats");
    const { records, bytes: waiting } = outbox.stats();
    const promised = waiting + records * publishBytes(topic, 0, 1);
    const wanted = payloadBytes.reduce((sum, bytes) => sum + publishBytes(topic, bytes, 1), 0);
    return budget.affords(wanted, promised, priority);
  };
}

/** Makes the sense loop and the desks behind it. */
export function makeSensing(parts: SensingParts): Sensing {
  const { deviceId, labels, stateDir, policy, outbox, budget, vitals, clock, random, sha256, log, onRecord, onOutcome } = parts;
  const writer = new OutboxWriter({ outbox, log, onRecord });
  const affords = affordsFor(parts);
  const held = new HeldFile(join(stateDir, "held-window"), deviceId);
  const windows = new WindowDesk({ deviceId, policy, writer, outbox, held, affords, clock, log });
  const samples = new SampleDesk({ deviceId, writer, affords, clock, random, sha256 });
  const sense = new SenseLoop({ labels, windows, samples, writer, vitals, clock, random, log, onOutcome }, parts.windowMs);
  return {
    sense,
    windows,
    writer,
    budgetReport() {
      if (budget === undefined) return undefined;
      const { mergedWindows, droppedDetails } = windows.counters;
      const { bytesPerDay, spentBytes } = budget;
      return { bytesPerDay, spentBytes, mergedWindows, droppedDetails, droppedSamples: samples.counters.droppedSamples };
    },
  };
}
