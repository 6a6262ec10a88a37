import { describe, expect, test } from "vitest";
import { judgedWindows } from "./judged-windows.js";

const window = (startMs: number, endMs: number, rows: number, alarm?: string) => ({
  startMs,
  endMs,
  profile: { specHash: "s", rows, errors: 0, features: [] },
  trigger: alarm === undefined ? ("interval" as const) : ("detector" as const),
  ...(alarm === undefined || alarm === ""
    ? {}
    : { detail: { alarms: [{ stream: alarm, change: "level" as const, beforeMean: 0, afterMean: 1, beforeRows: 9, afterRows: 9 }], sketches: [] } }),
});

const lookBack = { fromMs: 100, leastRows: 50, tells: (stream: string) => stream !== "latency_ms" };
const judged = (...windows: ReturnType<typeof window>[]): number[] => judgedWindows(windows, lookBack).map((w) => w.startMs);

describe("a look is about", () => {
  test("what ended within the look-back, however long ago it began", () => {
    expect(judged(window(0, 100, 5), window(0, 101, 5), window(101, 160, 5))).toEqual([0, 101]);
  });

  test("what came since the last change that the device found, once there is enough of it", () => {
    const early = window(150, 160, 30, "score");
    expect(judged(window(0, 150, 900), early)).toEqual([0, 150]);
    expect(judged(window(0, 150, 900), early, window(160, 170, 20))).toEqual([150, 160]);
    expect(judged(window(0, 150, 900), window(150, 160, 60, "score"), window(160, 170, 60, "entropy"))).toEqual([160]);
  });

  test("everything, when only the machine became slower", () => {
    expect(judged(window(0, 150, 900), window(150, 160, 300, "latency_ms"))).toEqual([0, 150]);
  });

  test("what came since, when the device had no bytes to say what changed", () => {
    expect(judged(window(0, 150, 900), window(150, 160, 300, ""))).toEqual([150]);
  });
});
