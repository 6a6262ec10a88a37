import { type DeviceId, type Sha256, seededRandom } from "@kedge/core";
import {
  type ClosedWindow,
  createProfiler,
  flushHold,
  type HoldQuestion,
  mayEndEarly,
  type Profile,
  startHold,
  takeWindow,
  type WindowHold,
} from "@kedge/profile";
import { affords, bucketBytes, type BudgetTokens, encodeWindow, publishBytes, refillTokens, topicFor } from "@kedge/wire";
import { drawRow, makeBundle, noChange } from "./sensor-model.js";

const dayMs = 86_400_000;
const minuteMs = 60_000;
const deviceId = "oslo-1" as DeviceId;
const topic = topicFor(deviceId, "stats");
const reportBytes = 230;
/** A detail of twelve sketches. */
const detailBytes = 12 * 300;

export interface MonthFigures {
  readonly bytesPerDay: number;
  readonly days: number;
  /** The most in any 24 hours. */
  readonly mostBytes: number;
  readonly rowsCounted: number;
  readonly rowsSent: number;
  readonly windowsMerged: number;
  readonly detailsDropped: number;
  readonly isKept: boolean;
}

/** What waits for the link, as in the agent's outbox, and the token bucket it is paid from. */
class Sender {
  readonly #budget: { readonly bytesPerDay: number };
  #tokens: BudgetTokens;
  readonly waiting: ClosedWindow[] = [];
  readonly sizes: number[] = [];
  readonly sent: { readonly atMs: number; readonly bytes: number }[] = [];
  rowsSent = 0;

  constructor(bytesPerDay: number) {
    this.#budget = { bytesPerDay };
    this.#tokens = { bytes: bucketBytes(this.#budget), atMs: 0 };
  }

  affords(windows: readonly ClosedWindow[], priority: "early" | "heartbeat", nowMs: number): boolean {
    this.#tokens = refillTokens(this.#tokens, this.#budget, nowMs);
    const bytes = windows.reduce((sum, w) => sum + sizeOf(w), 0);
    return affords(this.#tokens, this.#budget, { bytes, promisedBytes: this.sizes.reduce((a, b) => a + b, 0), priority });
  }

  add(windows: readonly ClosedWindow[]): void {
    for (const window of windows) {
      this.waiting.push(window);
      this.sizes.push(sizeOf(window));
    }
  }

  pay(bytes: number, nowMs: number): boolean {
    this.#tokens = refillTokens(this.#tokens, this.#budget, nowMs);
    if (this.#tokens.bytes < bytes) return false;
    this.#tokens = { ...this.#tokens, bytes: this.#tokens.bytes - bytes };
    this.sent.push({ atMs: nowMs, bytes });
    return true;
  }

  /** Sends in order while there are bytes. `isLost`: the acknowledgement did not come, so it is sent again. */
  send(nowMs: number, isLost: boolean): void {
    while (this.waiting.length > 0 && this.pay(this.sizes[0] as number, nowMs)) {
      if (isLost) return;
      this.sizes.shift();
      this.rowsSent += this.waiting.shift()?.profile.rows ?? 0;
    }
  }
}

function sizeOf(window: ClosedWindow): number {
  const bytes = encodeWindow({ ...window, key: { deviceId, bootEpoch: 0xffff_ffff, seq: 0xffff_ffff } }).length;
  return publishBytes(topic, bytes + (window.detail === undefined ? 0 : detailBytes), 1);
}

/** Profiles of a minute, to be drawn from: making each row of a month would take an hour. */
function minutes(seed: number): Profile[] {
  const bundle = makeBundle(seed, { alarmsPerFleetDay: 1, devices: 1, rowsPerDay: 86_400 }, 1_000);
  const random = seededRandom(seed);
  const profiler = createProfiler(bundle.spec, bundle.hash);
  return Array.from({ length: 20 }, () => {
    for (let i = 0; i < 60; i += 1) profiler.add(drawRow(random, noChange));
    return profiler.take();
  });
}

/**
 * A month of a device whose detectors flap on every third day, whose link is away for hours and loses acknowledgements, and which reports its
 * state every quarter of an hour. At the end there is a quiet day in which what waits can go.
 */
export function budgetMonth(days: number, bytesPerDay: number, seed: number, heartbeatMs: number | null = null): MonthFigures {
  const random = seededRandom(seed);
  const profiles = minutes(seed);
  const policy = { heartbeatMs, fineForMs: 600_000 };
  const sender = new Sender(bytesPerDay);
  let hold: WindowHold = startHold(policy, 0);
  let lastAlarmMs: number | undefined;
  let [awayUntilMs, rowsCounted, windowsMerged, detailsDropped] = [0, 0, 0, 0];
  const end = days * dayMs;
  for (let nowMs = minuteMs; nowMs <= end + 2 * dayMs; nowMs += minuteMs) {
    const question: HoldQuestion = { policy, nowMs, affords: (windows, priority) => sender.affords(windows, priority, nowMs) };
    if (nowMs <= end) {
      const profile = profiles[Math.floor(random() * profiles.length)] as Profile;
      const isFlapping = Math.floor(nowMs / dayMs) % 3 === 0 && random() < 0.5;
      const isEarly = isFlapping && mayEndEarly(lastAlarmMs, policy, nowMs);
      if (isEarly) lastAlarmMs = nowMs;
      const plain = { startMs: nowMs - minuteMs, endMs: nowMs, bundleDigest: "b".repeat(64) as Sha256, profile };
      const window: ClosedWindow = isEarly ? { ...plain, trigger: "detector", detail: { alarms: [], sketches: [] } } : { ...plain, trigger: "interval" };
      rowsCounted += profile.rows;
      const taken = takeWindow(hold, window, question);
      hold = taken.hold;
      windowsMerged += taken.isMergedForBytes ? 1 : 0;
      detailsDropped += taken.isDetailDropped ? 1 : 0;
      sender.add(taken.release);
    } else {
      const flushed = flushHold(hold, question, true);
      hold = flushed.hold;
      sender.add(flushed.release);
    }
    if (random() < 0.0005) awayUntilMs = nowMs + random() * 8 * 3_600_000;
    if (nowMs < awayUntilMs && nowMs <= end) continue;
    if (nowMs % 900_000 === 0) sender.pay(reportBytes, nowMs);
    sender.send(nowMs, nowMs <= end && random() < 0.05);
  }
  const mostBytes = mostInADay(sender.sent);
  const isKept = mostBytes <= bytesPerDay && sender.rowsSent === rowsCounted;
  return { bytesPerDay, days, mostBytes, rowsCounted, rowsSent: sender.rowsSent, windowsMerged, detailsDropped, isKept };
}

function mostInADay(sent: readonly { readonly atMs: number; readonly bytes: number }[]): number {
  let [most, sum, from] = [0, 0, 0];
  for (const { atMs, bytes } of sent) {
    sum += bytes;
    while ((sent[from]?.atMs ?? atMs) <= atMs - dayMs) {
      sum -= sent[from]?.bytes ?? 0;
      from += 1;
    }
    most = Math.max(most, sum);
  }
  return most;
}
