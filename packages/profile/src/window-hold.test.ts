import type { Sha256 } from "@kedge/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Profile } from "./profile.js";
import type { WindowDetail } from "./window.js";
import { type ClosedWindow, flushHold, type HoldQuestion, mayEndEarly, mergeClosed, startHold, takeWindow, waitingIn, type WindowHold } from "./window-hold.js";

const policy = { heartbeatMs: 600_000, fineForMs: 100_000 };
const rich = { affords: () => true };
const detail: WindowDetail = { alarms: [], sketches: [] };

function profile(rows: number, spec = "s"): Profile {
  return { specHash: spec, rows, errors: 0, features: [] };
}

function closed(minute: number, rows: number, extra: Partial<ClosedWindow> = {}): ClosedWindow {
  return { startMs: minute * 60_000, endMs: (minute + 1) * 60_000, bundleDigest: "b" as Sha256, profile: profile(rows), trigger: "interval", ...extra };
}

const coarse = (held?: ClosedWindow): WindowHold => ({ held, recent: [], fineUntilMs: 0 });
const rowsOf = (windows: readonly ClosedWindow[]): number => windows.reduce((sum, w) => sum + w.profile.rows, 0);

const alarmAfter = (afterRows: number): WindowDetail => ({
  alarms: [{ stream: "score", change: "level", beforeMean: 0, afterMean: 1, beforeRows: 100, afterRows }],
  sketches: [],
});

describe("without an alarm", () => {
  test("windows are merged until they make a heartbeat", () => {
    let hold = coarse();
    const released: ClosedWindow[] = [];
    for (let minute = 0; minute < 20; minute += 1) {
      const taken = takeWindow(hold, closed(minute, 5), { policy, nowMs: (minute + 1) * 60_000, ...rich });
      hold = taken.hold;
      released.push(...taken.release);
    }
    expect(released.map((w) => [w.startMs / 60_000, w.endMs / 60_000, w.profile.rows])).toEqual([
      [0, 10, 50],
      [10, 20, 50],
    ]);
  });

  test("each is sent as it ends when there is no heartbeat, and for a while after the start", () => {
    expect(takeWindow(coarse(), closed(0, 5), { policy: { ...policy, heartbeatMs: null }, nowMs: 60_000, ...rich }).release).toHaveLength(1);
    const started = startHold(policy, 0);
    expect(takeWindow(started, closed(0, 5), { policy, nowMs: 60_000, ...rich }).release).toHaveLength(1);
    expect(takeWindow(started, closed(2, 5), { policy, nowMs: 180_000, ...rich }).release).toHaveLength(0);
  });

  test("a shutdown sends what waits", () => {
    const { release, hold } = takeWindow(coarse(closed(0, 5)), closed(1, 2, { trigger: "shutdown" }), { policy, nowMs: 120_000, ...rich });
    expect([rowsOf(release), release[0]?.trigger, waitingIn(hold)]).toEqual([7, "shutdown", undefined]);
  });

  test("what waits goes when it is due though nothing comes any more, and when the device stops", () => {
    const at = (nowMs: number, isLast: boolean, may = true) => flushHold(coarse(closed(0, 5)), { policy, nowMs, affords: () => may }, isLast).release;
    expect(at(599_999, false)).toEqual([]);
    expect(at(600_000, false)).toMatchObject([{ profile: { rows: 5 }, trigger: "interval" }]);
    expect(at(60_000, true)).toMatchObject([{ profile: { rows: 5 }, trigger: "shutdown" }]);
    expect(at(60_000, true, false)).toEqual([]);
  });

  test("another bundle's window pushes out what waits, whatever it costs", () => {
    const other = closed(1, 2, { bundleDigest: "c" as Sha256, profile: profile(2, "t") });
    const { release, hold } = takeWindow(coarse(closed(0, 5)), other, { policy, nowMs: 120_000, affords: () => false });
    expect([release.map((w) => w.bundleDigest), waitingIn(hold)?.bundleDigest]).toEqual([["b"], "c"]);
  });
});

describe("a clock that is set back by years", () => {
  const years = 12 * 365 * 86_400_000;

  test("does not keep what waits until it has caught up, and does not make windows fine for so long", () => {
    const ahead: WindowHold = { held: { ...closed(0, 5), startMs: years, endMs: years + 60_000 }, recent: [], fineUntilMs: years + 60_000 };
    expect(flushHold(ahead, { policy, nowMs: 60_000, ...rich }, false).release).toMatchObject([{ profile: { rows: 5 } }]);
    expect(takeWindow({ ...ahead, held: undefined }, closed(1, 2), { policy, nowMs: 120_000, ...rich }).release).toEqual([]);
  });

  test("what waits is moved with it when windows of the same start are merged, and left where it was when they are not", () => {
    const before = { ...closed(0, 5), startMs: years, endMs: years + 60_000, uptimeMs: 60_000 };
    const after = { ...closed(1, 2), uptimeMs: 120_000 };
    expect(mergeClosed(before, after)).toMatchObject({ startMs: 0, endMs: 120_000, profile: { rows: 7 } });
    const { uptimeMs: _, ...ofEarlierStart } = closed(0, 5);
    expect(mergeClosed(ofEarlierStart, { ...after, startMs: years, endMs: years + 60_000 })).toMatchObject({ startMs: 0, endMs: years + 60_000 });
  });
});

describe("after an alarm", () => {
  const early = closed(1, 2, { trigger: "detector", detail });
  const take = (most: number) =>
    takeWindow(coarse(closed(0, 5)), early, { policy, nowMs: 120_000, affords: (w) => w.length + w.filter((x) => x.detail).length <= most });

  test("what came before goes first and apart, then the window with its detail; then windows are fine", () => {
    const { release, hold } = take(3);
    expect(release.map((w) => [w.profile.rows, w.trigger, w.detail !== undefined])).toEqual([
      [5, "interval", false],
      [2, "detector", true],
    ]);
    expect(takeWindow(hold, closed(2, 1), { policy, nowMs: 180_000, ...rich }).release).toHaveLength(1);
  });

  /** A hold of twelve minutes of ten rows each. */
  const waiting = (policyThen = { heartbeatMs: 3_600_000, fineForMs: 100_000 }): WindowHold =>
    Array.from({ length: 12 }, (_, minute) => closed(minute, 10)).reduce(
      (hold, window) => takeWindow(hold, window, { policy: policyThen, nowMs: window.endMs, ...rich }).hold,
      coarse(),
    );

  test.each([
    [2, [120, 2]],
    [3, [120, 2]],
    [9, [110, 12]],
    [34, [90, 32]],
    [10_000, [40, 82]],
  ])("%i rows after the change that a detector found: they go apart from those before, by whole windows and not too far back", (afterRows, rows) => {
    const found = closed(12, 2, { trigger: "detector", detail: alarmAfter(afterRows) });
    const { release, hold } = takeWindow(waiting(), found, { policy, nowMs: found.endMs, ...rich });
    expect(release.map((w) => w.profile.rows)).toEqual(rows);
    expect(release.at(-1)).toMatchObject({ trigger: "detector", detail: found.detail, startMs: found.startMs - (((rows[1] ?? 0) - 2) / 10) * 60_000 });
    expect(waitingIn(hold)).toBeUndefined();
  });

  test("what waits one by one is bounded", () => {
    const { held, recent } = waiting();
    expect([held?.profile.rows, recent.length]).toEqual([40, 8]);
  });

  test("short of bytes the detail goes first, then the separation, then the haste; rows never", () => {
    expect(take(2)).toMatchObject({ isDetailDropped: true, isMergedForBytes: false, release: [{}, { trigger: "detector" }] });
    expect(take(1)).toMatchObject({ isDetailDropped: true, isMergedForBytes: true, release: [{ trigger: "detector", profile: { rows: 7 } }] });
    expect(take(0)).toMatchObject({ isDetailDropped: true, isMergedForBytes: true, release: [], hold: { held: { profile: { rows: 7 } }, recent: [] } });
  });

  test("a detector that goes on and on ends one window, until the fine time is over", () => {
    expect([mayEndEarly(undefined, policy, 5), mayEndEarly(5, policy, 100_004), mayEndEarly(5, policy, 100_005)]).toEqual([true, false, true]);
  });
});

test("whatever comes, and whatever is affordable, every row is released once or waits", () => {
  const bundle = fc.constantFrom("b" as Sha256, "c" as Sha256);
  const step = fc.record({
    rows: fc.nat(100),
    bundle,
    trigger: fc.constantFrom("interval" as const, "detector" as const, "shutdown" as const),
    may: fc.nat(3),
    afterRows: fc.nat(500),
    gapMs: fc.integer({ min: -200_000, max: 400_000 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.option(fc.integer({ min: 1_000, max: 600_000 }), { nil: null }), (steps, heartbeatMs) => {
      let hold: WindowHold = startHold({ heartbeatMs, fineForMs: 50_000 }, 0);
      let [nowMs, counted, sent] = [0, 0, 0];
      for (const { rows, bundle: bundleDigest, trigger, may, gapMs, afterRows } of steps) {
        const startMs = nowMs;
        nowMs = Math.max(0, nowMs + gapMs);
        const question: HoldQuestion = { policy: { heartbeatMs, fineForMs: 50_000 }, nowMs, affords: (windows) => windows.length <= may };
        const window = closed(0, rows, { startMs, endMs: Math.max(startMs, nowMs), bundleDigest, profile: profile(rows, bundleDigest), trigger });
        const taken = takeWindow(hold, trigger === "detector" ? { ...window, detail: afterRows === 0 ? detail : alarmAfter(afterRows) } : window, question);
        for (const w of taken.release) expect(w.endMs).toBeGreaterThanOrEqual(w.startMs);
        hold = taken.hold;
        counted += rows;
        sent += rowsOf(taken.release);
      }
      expect(sent + (waitingIn(hold)?.profile.rows ?? 0)).toBe(counted);
    }),
  );
});
