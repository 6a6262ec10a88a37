import { type Ack, type Birth, type HeldRange, wireLimits } from "@kedge/wire";
import { ackFor, type Duplicate, newEpoch, withEpoch } from "./admit.js";
import { folded } from "./fold.js";
import { clockToleranceMs, type EpochState, type IngestState, ingestLimits } from "./ingest-state.js";
import { added, lastOf, noRanges, type Ranges, sizeOf, without } from "./ranges.js";
import type { Refusal } from "./refusal.js";

/** Store this state, then send the acknowledgements. */
export interface Announced {
  readonly kind: "announced";
  readonly state: IngestState;
  /** Of every epoch that the device holds something of: what it may drop. Repeats those that were lost on the way. */
  readonly acks: readonly Ack[];
  /** Messages that are known to be lost since now. */
  readonly newlyLost: number;
}

/** What a birth says of the outbox and of the clock. */
export type Announcement = Pick<Birth, "bootEpoch" | "oldestSeq" | "nextSeq" | "backlog" | "atMs" | "uptimeMs">;

/**
 * Takes into account what a device says that it still holds: numbers that it does not hold and that never came are
 * lost, and earlier epochs that it does not list are over. `receivedMs` is the collector's clock. A birth that is
 * repeated, or overtaken by a later one, changes nothing; of an epoch that is closed it is a duplicate.
 */
export function announce(state: IngestState, birth: Announcement, receivedMs: number): Announced | Duplicate | Refusal {
  const { bootEpoch } = birth;
  if (bootEpoch <= state.closedThrough) {
    // Brokers repeat what a collector that was away had not confirmed. A wiped device that counts anew would say more than was known, sooner or later.
    if (state.closed.some((closed) => closed.bootEpoch === bootEpoch && birth.nextSeq - 1 <= closed.endSeq)) return { kind: "duplicate" };
    const message = `a birth of boot epoch ${bootEpoch}, after epoch ${state.closedThrough} was closed: the device has lost its memory`;
    return { kind: "refused", code: "ingest/epoch-regressed", message, key: null };
  }
  const story = storyOf(birth);
  let next = state;
  let { silentBefore } = story;
  for (const [epoch, told] of story.epochs) {
    if (epoch <= state.closedThrough) continue;
    const known = next.epochs.find((e) => e.bootEpoch === epoch);
    if (known === undefined && next.epochs.length >= ingestLimits.epochs) {
      // Nothing later may be closed before this one is known: the story ends here, and the next birth tells it again.
      silentBefore = Math.min(silentBefore, epoch);
      break;
    }
    next = withEpoch(next, apply(known ?? newEpoch(epoch), told));
  }
  for (const epoch of next.epochs) {
    if (epoch.bootEpoch >= silentBefore || story.epochs.has(epoch.bootEpoch)) continue;
    const end = Math.max(lastOf(epoch.admitted), lastOf(epoch.lost));
    next = withEpoch(next, apply(epoch, { lostThrough: end, held: noRanges, endSeq: end }));
  }
  next = withStart(next, birth, receivedMs);
  const newlyLost = lostIn(next) - lostIn(state);
  next = folded(next);
  return { kind: "announced", state: next, acks: acksOf(next, story), newlyLost };
}

/** An epoch that is closed is acknowledged as far as it is held: a device that is beyond it has no other like it. */
function acksOf(state: IngestState, story: Story): Ack[] {
  return [...story.epochs].flatMap(([bootEpoch, { lostThrough }]) => {
    if (bootEpoch <= state.closedThrough) return lostThrough === 0 ? [] : [{ bootEpoch, seq: lostThrough }];
    return ackFor(state, bootEpoch) ?? [];
  });
}

/** What was told of one epoch: up to `lostThrough`, what is not in `held` is lost. */
interface Told {
  readonly lostThrough: number;
  readonly held: Ranges;
  readonly endSeq: number | null;
}

interface Story {
  readonly epochs: ReadonlyMap<number, Told>;
  /** Epochs before this one that are not told of hold nothing. */
  readonly silentBefore: number;
}

function storyOf(birth: Announcement): Story {
  const backlog = birth.backlog ?? [];
  const isCut = backlog.length >= wireLimits.backlog;
  const own: HeldRange = { bootEpoch: birth.bootEpoch, oldestSeq: birth.oldestSeq, nextSeq: birth.nextSeq };
  const listed = isCut ? backlog : [...backlog, own];
  const last = listed.at(-1) ?? own;
  const epochs = new Map<number, Told>();
  for (const { bootEpoch, oldestSeq, nextSeq } of listed) {
    const before = epochs.get(bootEpoch);
    // Of the epoch in which the list was cut more may be held than is told; of the present one more is to come.
    const isOver = bootEpoch < birth.bootEpoch && !(isCut && bootEpoch === last.bootEpoch);
    epochs.set(bootEpoch, { lostThrough: nextSeq - 1, held: added(before?.held ?? noRanges, oldestSeq, nextSeq - 1), endSeq: isOver ? nextSeq - 1 : null });
  }
  return { epochs, silentBefore: isCut ? last.bootEpoch : birth.bootEpoch };
}

function apply(epoch: EpochState, told: Told): EpochState {
  const announced = without(added(noRanges, 1, told.lostThrough), told.held);
  let { lost } = epoch;
  const missing = without(announced, epoch.admitted);
  for (let i = 0; i < missing.length; i += 2) lost = added(lost, missing[i] ?? 0, missing[i + 1] ?? 0);
  const endSeq = told.endSeq === null ? epoch.endSeq : Math.max(told.endSeq, epoch.endSeq ?? 0);
  return { ...epoch, lost, endSeq };
}

/**
 * The earliest of what births say is nearest: they only ever come late. But one at which the device's clock and ours agreed says more than any at
 * which they did not: then one of the two was wrong, and it may have been ours.
 */
function withStart(state: IngestState, birth: Announcement, receivedMs: number): IngestState {
  const epoch = state.epochs.find((e) => e.bootEpoch === birth.bootEpoch);
  if (epoch === undefined) return state;
  if (birth.uptimeMs === undefined) return withEpoch(state, { ...epoch, isStartUntold: true });
  const isAgreed = birth.atMs !== undefined && Math.abs(receivedMs - birth.atMs) <= clockToleranceMs;
  const wasAgreed = epoch.isStartAgreed === true;
  if (wasAgreed && !isAgreed) return state;
  const before = isAgreed && !wasAgreed ? null : epoch.startMs;
  const startMs = Math.min(receivedMs - birth.uptimeMs, before ?? Number.POSITIVE_INFINITY);
  return withEpoch(state, { ...epoch, startMs, ...(isAgreed ? { isStartAgreed: true } : {}) });
}

function lostIn(state: IngestState): number {
  return state.epochs.reduce((sum, { lost }) => sum + sizeOf(lost), 0);
}
