import type { DeviceId, Sha256 } from "@kedge/core";
import { decodeWindow, encodeWindow, type WireWindow } from "@kedge/wire";
import { describe, expect, test } from "vitest";
import {
  announce,
  awaitsBirth,
  countRefusal,
  emptyIngestState,
  type IngestState,
  noRefusals,
  placeWindow,
  refusalCodes,
  screenMessage,
  screenWindow,
} from "./index.js";

const device = "cam-1" as DeviceId;
const nowMs = Date.UTC(2026, 5, 1);
const window: WireWindow = {
  key: { deviceId: device, bootEpoch: 3, seq: 7 },
  startMs: nowMs - 60_000,
  endMs: nowMs,
  bundleDigest: "ab".repeat(32) as Sha256,
  profile: { specHash: "cd".repeat(32), rows: 0, errors: 0, features: [] },
  trigger: "interval",
};
const facts = { nowMs, specHashOf: (digest: string) => (digest === window.bundleDigest ? window.profile.specHash : undefined) };
const screened = (bytes: Uint8Array, sender: DeviceId = device) => screenMessage(decodeWindow(bytes), bytes, sender);

describe("messages", () => {
  test("what is whole and its sender's own passes", () => {
    expect(screened(encodeWindow(window))).toEqual({ kind: "passed", value: window });
  });

  test("of another device it is refused, and moves nobody's numbers", () => {
    expect(screened(encodeWindow(window), "cam-2" as DeviceId)).toMatchObject({ code: "ingest/wrong-device", key: null });
    const broken = encodeWindow(window).slice(0, 40);
    expect(screened(broken, "cam-2" as DeviceId)).toMatchObject({ code: "ingest/truncated", key: null });
  });

  test("damaged it is refused, and settled by the key that can still be read", () => {
    expect(screened(encodeWindow(window).slice(0, 40))).toMatchObject({ code: "ingest/truncated", key: window.key });
    expect(screened(Uint8Array.of(1, 2, 3))).toMatchObject({ code: "ingest/undecodable", key: null });
    expect(screened(new Uint8Array(0))).toMatchObject({ code: "ingest/undecodable", key: null });
  });

  test("of a newer format it is refused by that name, and settled", () => {
    const bytes = encodeWindow(window);
    bytes[1] = 2;
    expect(screened(bytes)).toMatchObject({ code: "ingest/unknown-format", key: window.key });
  });

  test("too large it is refused, and settled", () => {
    const bytes = new Uint8Array(200_000);
    bytes.set(encodeWindow(window));
    expect(screened(bytes)).toMatchObject({ code: "ingest/oversize", key: window.key });
  });
});

describe("windows", () => {
  test("one of a known bundle, spec and time is taken", () => {
    expect(screenWindow(window, facts)).toBeUndefined();
    expect(screenWindow({ ...window, endMs: nowMs + 299_000 }, facts)).toBeUndefined();
  });

  test.each([
    ["ingest/future-timestamp", { endMs: nowMs + 301_000 }],
    ["ingest/future-timestamp", { endMs: Date.UTC(2038, 0, 20) }],
    ["ingest/past-timestamp", { startMs: 0, endMs: 60_000 }],
    ["ingest/unknown-bundle", { bundleDigest: "ee".repeat(32) as Sha256 }],
    ["ingest/unknown-spec", { profile: { ...window.profile, specHash: "ee".repeat(32) } }],
  ] as const)("%s is refused with its key, so that the device need not send it for ever", (code, change) => {
    expect(screenWindow({ ...window, ...change }, facts)).toMatchObject({ kind: "refused", code, key: window.key });
  });
});

describe("clocks", () => {
  const born = (uptimeMs: number, receivedMs: number, state = emptyIngestState) => {
    const answer = announce(state, { bootEpoch: 3, oldestSeq: 1, nextSeq: 8, uptimeMs }, receivedMs);
    return answer.kind === "announced" ? answer.state : state;
  };

  test.each([0, Date.UTC(2038, 0, 19), Date.UTC(2020, 1, 1)])("a window of a device whose clock says %d is put where it belongs", (clock) => {
    const state = born(600_000, nowMs);
    const placed = placeWindow({ ...window, startMs: clock, endMs: clock + 60_000, uptimeMs: 300_000 }, state);
    expect([placed.startMs, placed.endMs]).toEqual([nowMs - 360_000, nowMs - 300_000]);
    expect(screenWindow(placed, facts)).toBeUndefined();
  });

  test("a window whose clock is right, or that tells no uptime, or of an unknown epoch, stays where it is", () => {
    const state = born(600_000, nowMs);
    expect(placeWindow({ ...window, uptimeMs: 590_000 }, state)).toMatchObject({ endMs: window.endMs });
    expect(placeWindow({ ...window, endMs: 5, startMs: 4 }, state)).toMatchObject({ endMs: 5 });
    expect(placeWindow({ ...window, startMs: 0, endMs: 5, uptimeMs: 5 }, emptyIngestState)).toMatchObject({ endMs: 5 });
  });

  test("a window without a place may still get one until the birth of its start, or of a later one, was heard", () => {
    const early = { ...window, startMs: 0, endMs: 5, uptimeMs: 5 };
    const after = (birth: Parameters<typeof announce>[1], state: IngestState = emptyIngestState): IngestState => {
      const answer = announce(state, birth, nowMs);
      return answer.kind === "announced" ? answer.state : state;
    };
    const told = { oldestSeq: 1, nextSeq: 8, uptimeMs: 600_000 };
    expect(awaitsBirth(early, emptyIngestState)).toBe(true);
    expect(awaitsBirth(early, after({ bootEpoch: 2, ...told }))).toBe(true);
    expect(awaitsBirth(early, after({ bootEpoch: 3, ...told }))).toBe(false);
    expect(awaitsBirth(early, after({ bootEpoch: 4, ...told }))).toBe(false);
    expect(awaitsBirth(early, after({ bootEpoch: 4, ...told, backlog: [{ bootEpoch: 3, oldestSeq: 1, nextSeq: 8 }] }))).toBe(false);
    // Neither births nor windows of a device that tells no uptime could ever say more.
    const { uptimeMs: _, ...untold } = told;
    expect(awaitsBirth(early, after({ bootEpoch: 3, ...untold }))).toBe(false);
    expect(awaitsBirth(window, emptyIngestState)).toBe(false);
  });

  test("a birth that our own wrong clock heard is outvoted once both clocks agree, in whatever order they come", () => {
    const at = (uptimeMs: number, receivedMs: number, atMs: number, state: IngestState) => {
      const answer = announce(state, { bootEpoch: 3, oldestSeq: 1, nextSeq: 8, uptimeMs, atMs }, receivedMs);
      return answer.kind === "announced" ? answer.state : state;
    };
    const hour = 3_600_000;
    const wrong = (state: IngestState) => at(600_000, nowMs - 2 * hour, nowMs, state);
    const right = (state: IngestState) => at(700_000, nowMs + 100_000, nowMs + 99_000, state);
    expect(wrong(emptyIngestState).epochs[0]?.startMs).toBe(nowMs - 2 * hour - 600_000);
    expect(right(wrong(emptyIngestState))).toEqual(wrong(right(emptyIngestState)));
    expect(right(wrong(emptyIngestState)).epochs[0]?.startMs).toBe(nowMs - 600_000);
  });

  test("of several births the one that was least late tells the begin, in whatever order they come", () => {
    const once = born(700_000, nowMs + 105_000, born(600_000, nowMs));
    expect(born(600_000, nowMs, born(700_000, nowMs + 105_000))).toEqual(once);
    expect(once.epochs[0]?.startMs).toBe(nowMs - 600_000);
  });
});

test("refusals are counted by reason", () => {
  const counts = countRefusal(countRefusal(noRefusals, "ingest/stale"), "ingest/stale");
  expect(counts).toEqual({ ...noRefusals, "ingest/stale": 2 });
  expect(Object.keys(noRefusals)).toEqual([...refusalCodes]);
});
