import { invariant } from "@kedge/core";
import { isIncompatible, mergeProfiles } from "./merge-profiles.js";
import type { Window } from "./window.js";

/** How often a device sends what it counts. */
export interface ReportingPolicy {
  /** Windows are merged until they are so long together; null: each is sent as it ends. */
  readonly heartbeatMs: number | null;
  /** After an alarm, a start or a new bundle each window is sent as it ends for so long; and further alarms end no window early. */
  readonly fineForMs: number;
}

/** A window that has ended and has no number yet. */
export type ClosedWindow = Omit<Window, "key"> & {
  /** Time since the boot epoch began, at the window's end. */
  readonly uptimeMs?: number;
};

/** What waits to be sent. */
export interface WindowHold {
  /** All but the latest, as one window. */
  readonly held: ClosedWindow | undefined;
  /** The latest, one by one: when a change is found, those since it began go apart from those before. */
  readonly recent: readonly ClosedWindow[];
  readonly fineUntilMs: number;
}

/** Windows that wait one by one. A change that needs more of them to be found is small, and little of it is lost in what went before. */
const recentWindows = 8;

/** What came of a window. */
export interface Taken {
  readonly hold: WindowHold;
  /** To be sent now, in this order. */
  readonly release: readonly ClosedWindow[];
  /** The window was merged with others only because there were no bytes to send it. */
  readonly isMergedForBytes: boolean;
  readonly isDetailDropped: boolean;
}

/** What is asked when a window comes: whether these windows may be sent, given what bytes there are. */
export interface HoldQuestion {
  readonly policy: ReportingPolicy;
  readonly nowMs: number;
  readonly affords: (windows: readonly ClosedWindow[], priority: "early" | "heartbeat") => boolean;
}

/** Nothing waits; windows are fine for a while after the start. */
export function startHold(policy: ReportingPolicy, nowMs: number): WindowHold {
  return { held: undefined, recent: [], fineUntilMs: nowMs + policy.fineForMs };
}

/** All that waits, as one window. */
export function waitingIn({ held, recent }: WindowHold): ClosedWindow | undefined {
  return joined([...(held === undefined ? [] : [held]), ...recent]);
}

/** Windows as one. All that wait count the same things, since one that does not pushes them out. */
function joined(windows: readonly ClosedWindow[]): ClosedWindow | undefined {
  return windows.reduce<ClosedWindow | undefined>((sum, window) => {
    if (sum === undefined) return window;
    const both = mergeClosed(sum, window);
    invariant(both !== undefined, "windows that wait together count the same things");
    return both;
  }, undefined);
}

/** The hold with a window more, which counts the same things as those that wait. */
function withRecent({ held, recent, fineUntilMs }: WindowHold, window: ClosedWindow): WindowHold {
  const all = [...recent, window];
  const old = all.slice(0, Math.max(0, all.length - recentWindows));
  return { held: joined([...(held === undefined ? [] : [held]), ...old]), recent: all.slice(old.length), fineUntilMs };
}

const readingsIn = ({ profile }: ClosedWindow): number => profile.rows + profile.errors;

/** How many of the windows that wait one by one are of after the change that ended `window`, as the detectors place it. */
function windowsSince(recent: readonly ClosedWindow[], window: ClosedWindow): number {
  let left = Math.max(0, ...(window.detail?.alarms ?? []).map((a) => a.afterRows)) - readingsIn(window);
  let since = 0;
  for (const earlier of [...recent].reverse()) {
    // A window of which the lesser half came before the change does more good beside those after it.
    if (left < readingsIn(earlier) / 2 || left <= 0) break;
    left -= readingsIn(earlier);
    since += 1;
  }
  return since;
}

/** A clock that is this far from where the time since the start would have it was set, and not merely corrected. */
const setMs = 60_000;

/** By how much the device's clock was set between the ends of two windows of one start. */
function setBetween(a: ClosedWindow, b: ClosedWindow): number {
  if (a.uptimeMs === undefined || b.uptimeMs === undefined) return 0;
  const shiftMs = b.endMs - b.uptimeMs - (a.endMs - a.uptimeMs);
  return Math.abs(shiftMs) >= setMs ? shiftMs : 0;
}

/** Both as one window, in the later one's time; `undefined` when they count different things. The detail is the later one's. */
export function mergeClosed(a: ClosedWindow, b: ClosedWindow): ClosedWindow | undefined {
  if (a.bundleDigest !== b.bundleDigest) return undefined;
  const profile = mergeProfiles(a.profile, b.profile);
  if (isIncompatible(profile)) return undefined;
  const detail = b.detail ?? a.detail;
  const shiftMs = setBetween(a, b);
  const [startMs, endMs] = [Math.max(0, Math.min(a.startMs + shiftMs, b.startMs)), Math.max(a.endMs + shiftMs, b.endMs)];
  return { ...b, startMs, endMs, profile, trigger: a.trigger === "detector" ? a.trigger : b.trigger, ...(detail === undefined ? {} : { detail }) };
}

function withoutDetail({ detail: _, ...rest }: ClosedWindow): ClosedWindow {
  return rest;
}

/**
 * What to do with a window that has just ended: send it, or merge it with those that wait. Windows of another bundle than the one that waits
 * push it out, whatever it costs: nothing that was counted is lost, it only comes later. A window that a detector ended goes at once, with the
 * windows since the change began, and behind what came before it, so that the two are not mixed; when bytes are short its detail goes first,
 * then the separation, then the haste.
 */
export function takeWindow(before: WindowHold, window: ClosedWindow, question: HoldQuestion): Taken {
  const { policy, nowMs } = question;
  const waiting = waitingIn(before);
  const whole = waiting === undefined ? window : mergeClosed(waiting, window);
  if (waiting !== undefined && whole === undefined) {
    const next = takeWindow(startHold(policy, nowMs), window, question);
    return { ...next, release: [waiting, ...next.release] };
  }
  const sum = whole ?? window;
  if (window.trigger === "detector") return takeEarly(before, { window, sum }, question);
  const isDue = policy.heartbeatMs === null || isFine(before, question) || window.trigger === "shutdown" || sum.endMs - sum.startMs >= policy.heartbeatMs;
  const kept = { isDetailDropped: false };
  if (!isDue) return { hold: withRecent(before, window), release: [], isMergedForBytes: false, ...kept };
  const { fineUntilMs } = before;
  if (question.affords([sum], "heartbeat")) return { hold: { held: undefined, recent: [], fineUntilMs }, release: [sum], isMergedForBytes: false, ...kept };
  return { hold: { held: withoutDetail(sum), recent: [], fineUntilMs }, release: [], isMergedForBytes: true, isDetailDropped: sum.detail !== undefined };
}

/** Whether each window is sent as it ends. A clock that was set back must not make that last for years. */
function isFine({ fineUntilMs }: WindowHold, { policy, nowMs }: HoldQuestion): boolean {
  return nowMs <= fineUntilMs && fineUntilMs - nowMs <= policy.fineForMs;
}

/** What to do with what waits when no window came: it goes when it is due, or when the device stops (`isLast`), if there are bytes for it. */
export function flushHold(before: WindowHold, question: HoldQuestion, isLast: boolean): Pick<Taken, "hold" | "release"> {
  const { policy, nowMs, affords } = question;
  const { fineUntilMs } = before;
  const waiting = waitingIn(before);
  if (waiting === undefined) return { hold: before, release: [] };
  // A window that begins in the future is from before the clock was set back: how long it has waited is not known.
  const hasWaited = policy.heartbeatMs !== null && (nowMs - waiting.startMs >= policy.heartbeatMs || waiting.startMs > nowMs);
  const isDue = isLast || policy.heartbeatMs === null || isFine(before, question) || hasWaited;
  const window = isLast ? { ...waiting, trigger: "shutdown" as const } : waiting;
  const isSent = isDue && affords([window], "heartbeat");
  return isSent ? { hold: { held: undefined, recent: [], fineUntilMs }, release: [window] } : { hold: before, release: [] };
}

function takeEarly(before: WindowHold, { window, sum }: { readonly window: ClosedWindow; readonly sum: ClosedWindow }, question: HoldQuestion): Taken {
  const { policy, nowMs, affords } = question;
  const fineUntilMs = nowMs + policy.fineForMs;
  const from = before.recent.length - windowsSince(before.recent, window);
  const first = waitingIn({ ...before, recent: before.recent.slice(0, from) });
  const usual = first === undefined ? [] : [first];
  const changed = joined([...before.recent.slice(from), window]) ?? window;
  const ways: readonly (readonly ClosedWindow[])[] = [[...usual, changed], [...usual, withoutDetail(changed)], [withoutDetail(sum)]];
  const way = ways.findIndex((windows) => affords(windows, "early"));
  const isDetailDropped = window.detail !== undefined && way !== 0;
  if (way < 0) return { hold: { held: withoutDetail(sum), recent: [], fineUntilMs }, release: [], isMergedForBytes: true, isDetailDropped };
  return { hold: { held: undefined, recent: [], fineUntilMs }, release: ways[way] ?? [], isMergedForBytes: way === 2 && usual.length > 0, isDetailDropped };
}

/** Windows that a newly served bundle begins are fine for a while, so that whoever watches its rollout need not wait. */
export function fineFrom(hold: WindowHold, policy: ReportingPolicy, nowMs: number): WindowHold {
  return { ...hold, fineUntilMs: Math.max(hold.fineUntilMs, nowMs + policy.fineForMs) };
}

/** Whether a detector may end a window early now: not while windows are fine since its last alarm. */
export function mayEndEarly(lastAlarmMs: number | undefined, policy: ReportingPolicy, nowMs: number): boolean {
  return lastAlarmMs === undefined || nowMs - lastAlarmMs >= policy.fineForMs;
}
