import type { Clock, DeviceId, Labels, Sha256 } from "@kedge/core";
import {
  type DeviceCounters,
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
import type { DeviceRecord } from "../../src/index.js";

/** What answers readings now, and what it has done since the boot epoch began. */
export interface Standing {
  readonly running: Sha256 | null;
  readonly counters: DeviceCounters;
}

/** What a device says of itself is made of this. */
export interface StandingDeps {
  readonly deviceId: DeviceId;
  readonly labels: Labels;
  readonly agentVersion: string;
  readonly outbox: Outbox;
  readonly link: Link;
  readonly standing: () => Standing;
  readonly clock: Clock;
  /** Time since the boot epoch began, sleep of the machine included. */
  readonly uptimeMs: () => number;
  readonly record: () => DeviceRecord;
  /** How often the device says what it runs when nothing changes. */
  readonly reportEveryMs: number;
  /** What its bytes are and were; `undefined` when it may send as many as it likes. */
  readonly budget: () => LinkBudget | undefined;
}

/** What collectors take for granted; a device that is quiet for longer says so. */
export const usualReportEveryMs = 60_000;

/** Says that the device is here and what its outbox still holds: on every connection, and when the outbox had to drop something. */
export async function sayBirth(deps: StandingDeps): Promise<PublishOutcome> {
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
    uptimeMs: deps.uptimeMs(),
  };
  return link.publish(topicFor(deviceId, "birth"), encodeBirth(birth), { qos: 1 });
}

/** Says what the device runs and how its update goes. Lost reports do no harm: the next one says the same. */
export async function sayReported(deps: StandingDeps): Promise<void> {
  const { deviceId, outbox, link, clock } = deps;
  const { current, previous, desiredVersion, update, targetDigest, reason } = deps.record();
  const { records, bytes, droppedRecords } = outbox.stats();
  const { running, counters } = deps.standing();
  const budget = deps.budget();
  const state = {
    deviceId,
    bootEpoch: outbox.bootEpoch,
    atMs: clock.nowMs(),
    runningDigest: running,
    previousDigest: current === null ? null : previous,
    desiredVersion,
    update,
    targetDigest,
    reason,
    outbox: { records, bytes, dropped: droppedRecords },
    counters,
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
  { outbox, clock }: Pick<StandingDeps, "outbox" | "clock">,
): Promise<void> {
  const { desiredVersion, rolloutId, targetDigest, reason } = record;
  const step = { atMs: clock.nowMs(), rolloutId, desiredVersion, from: before.update, to: record.update, targetDigest, reason };
  await outbox.append("event", (key) => encodeUpdateEvent({ key: { deviceId, ...key }, ...step }));
}
