import type { DeviceId, Labels } from "@kedge/core";
import type { DeviceRecord } from "@kedge/device";
import {
  encodeBirth,
  encodeReportedState,
  encodeUpdateEvent,
  type Link,
  type LinkBudget,
  type Outbox,
  type PublishOutcome,
  topicFor,
  wireLimits,
} from "@kedge/wire";
import type { SenseLoop } from "./sense-loop.js";
import type { DeviceTime } from "./device-clock.js";

/** What a device says of itself is made of this. */
export interface ReportDeps {
  readonly deviceId: DeviceId;
  readonly labels: Labels;
  readonly agentVersion: string;
  readonly outbox: Outbox;
  readonly link: Link;
  readonly sense: SenseLoop;
  readonly clock: DeviceTime;
  readonly record: () => DeviceRecord;
  /** How often the device says what it runs when nothing changes. */
  readonly reportEveryMs: number;
  /** What its bytes are and were; `undefined` when it may send as many as it likes. */
  readonly budget: () => LinkBudget | undefined;
}

/** What collectors take for granted; a device that is quiet for longer says so. */
export const usualReportEveryMs = 60_000;

/** Says that the device is here and what its outbox still holds: on every connection, and when the outbox had to drop something. */
export async function sayBirth(deps: ReportDeps): Promise<PublishOutcome> {
  const { deviceId, labels, agentVersion, outbox, link, clock } = deps;
  const held = outbox.held();
  const own = held.at(-1) ?? { bootEpoch: outbox.bootEpoch, oldestSeq: 1, nextSeq: 1 };
  const platform = `${process.platform}-${process.arch} node ${process.versions.node}`;
  const backlog = held.slice(0, -1).slice(0, wireLimits.backlog);
  const birth = {
    deviceId,
    labels,
    agentVersion,
    bundleDigest: deps.record().current,
    platform,
    ...own,
    backlog,
    atMs: clock.nowMs(),
    uptimeMs: clock.uptimeMs(),
  };
  return link.publish(topicFor(deviceId, "birth"), encodeBirth(birth), { qos: 1 });
}

/** Says what the device runs and how its update goes. Lost reports do no harm: the next one says the same. */
export async function sayReported(deps: ReportDeps): Promise<void> {
  const { deviceId, outbox, link, sense, clock } = deps;
  const { current, previous, desiredVersion, update, targetDigest, reason } = deps.record();
  const { records, bytes, droppedRecords } = outbox.stats();
  const { windows, predictions, errors, samples } = sense.counters;
  const budget = deps.budget();
  const state = {
    deviceId,
    bootEpoch: outbox.bootEpoch,
    atMs: clock.nowMs(),
    runningDigest: sense.model?.digest ?? null,
    previousDigest: current === null ? null : previous,
    desiredVersion,
    update,
    targetDigest,
    reason,
    outbox: { records, bytes, dropped: droppedRecords },
    counters: { windows, predictions, errors, samples },
    ...(deps.reportEveryMs > usualReportEveryMs ? { quietMs: deps.reportEveryMs } : {}),
    ...(budget === undefined ? {} : { budget }),
  };
  await link.publish(topicFor(deviceId, "reported"), encodeReportedState(state), { qos: 1 });
}

/** Puts a step of an update into the outbox. */
export async function sayStep(
  record: DeviceRecord,
  before: DeviceRecord,
  deviceId: DeviceId,
  { outbox, clock }: Pick<ReportDeps, "outbox" | "clock">,
): Promise<void> {
  const { desiredVersion, rolloutId, targetDigest, reason } = record;
  const step = { atMs: clock.nowMs(), rolloutId, desiredVersion, from: before.update, to: record.update, targetDigest, reason };
  await outbox.append("event", (key) => encodeUpdateEvent({ key: { deviceId, ...key }, ...step }));
}
