import { describe, expect, test } from "vitest";
import { ledgerOf } from "./collector/ledger.js";
import { sumOfParts } from "./fleet/part-counts.js";
import { voiceOf } from "./progress.js";
import { type ReportParts, reportLines, reportOf } from "./report.js";
import { loadScenario } from "./scenario/load-scenario.js";

const none = sumOfParts([]);
const well: ReportParts = {
  scenario: loadScenario({ devices: 3, seed: 9 }),
  counts: { ...none, windows: { produced: 10, acknowledged: 10, dropped: 0 }, devices: 3, online: 3, latency: [[80, 10]], cpuSeconds: 5 },
  atBegin: { ...none, cpuSeconds: 2 },
  startedAtMs: 1_000,
  madeForMs: 5_000,
  seconds: 6,
  ledger: { stored: 10, twice: 0, missing: 0, lost: 0 },
  processes: 1,
};
const withWindows = (windows: ReportParts["counts"]["windows"], more: Partial<ReportParts["counts"]> = {}): ReportParts => ({
  ...well,
  counts: { ...well.counts, windows, ...more },
});

describe("a run is well when both sides agree, and only then", () => {
  test("all produced, acknowledged and stored once", () => {
    const report = reportOf(well);
    expect(report).toMatchObject({ ok: true, faults: [], seed: 9, windows: { perSecond: 2 }, simulator: { cpuSeconds: 3 } });
    expect(reportLines(report).at(-1)).toBe("Nothing was lost and nothing counted twice.");
  });

  test("dropped for want of room is told apart, and no loss that nobody knows of", () => {
    const dropped = { ...withWindows({ produced: 10, acknowledged: 7, dropped: 3 }), ledger: { stored: 7, twice: 0, missing: 0, lost: 3 } };
    expect(reportOf(dropped)).toMatchObject({ ok: true, windows: { dropped: 3 } });
  });

  test("without the collector's account its own side must do", () => {
    const report = reportOf({ ...well, ledger: null });
    expect(report.ok).toBe(true);
    expect(reportLines(report).join("\n")).toContain("not asked");
  });

  test.each([
    ["windows that are not acknowledged", withWindows({ produced: 10, acknowledged: 8, dropped: 0 }), "2 of 10 windows were not acknowledged within 1m00s"],
    ["other messages that are not", withWindows({ produced: 10, acknowledged: 10, dropped: 0 }, { awaiting: 4 }), "4 other messages"],
    ["no windows at all", withWindows({ produced: 0, acknowledged: 0, dropped: 0 }, { skipped: 6 }), "6 were due on devices that ran no bundle"],
    [
      "acknowledged and not stored",
      { ...well, ledger: { stored: 9, twice: 0, missing: 1, lost: 0 } },
      "1 windows were acknowledged and are not in the collector's store",
    ],
    ["stored twice", { ...well, ledger: { stored: 11, twice: 1, missing: 0, lost: 0 } }, "1 windows are in the collector's store twice"],
    ["lost that no device dropped", { ...well, ledger: { stored: 10, twice: 0, missing: 0, lost: 2 } }, "2 messages for lost"],
  ])("%s", (_, parts, said) => {
    const report = reportOf(parts);
    expect(report.ok).toBe(false);
    expect(report.faults.join("; ")).toContain(said);
    expect(reportLines(report).at(-1)).toContain("NOT WELL");
  });
});

test("the collector's account is of this run: what was there before does not count", () => {
  const before = { stored: 100, distinct: 99, lost: 5, awaited: 0 };
  expect(ledgerOf(before, { stored: 110, distinct: 109, lost: 5, awaited: 0 }, 10)).toEqual({ stored: 10, twice: 0, missing: 0, lost: 0 });
  expect(ledgerOf(before, { stored: 110, distinct: 108, lost: 6, awaited: 0 }, 11)).toEqual({ stored: 10, twice: 1, missing: 2, lost: 1 });
});

describe("words", () => {
  const ears = () => {
    const heard = { out: "", err: "" };
    const to = (where: "out" | "err") => ({ write: (text: string) => (heard[where] += text) });
    return { heard, out: to("out"), err: to("err") };
  };

  test("for people: progress on standard error, with the rate since the line before; the report on standard output", () => {
    const { heard, out, err } = ears();
    const voice = voiceOf(false, out, err);
    voice.progress({ ...well.counts, windows: { produced: 50, acknowledged: 50, dropped: 0 } }, 5_000);
    voice.progress({ ...well.counts, windows: { produced: 70, acknowledged: 60, dropped: 1 }, awaiting: 9 }, 15_000);
    voice.result({ kind: "report" }, ["the end"]);
    expect(heard.err.split("\n")[0]).toContain("windows 50 (10.0/s)");
    expect(heard.err.split("\n")[1]).toMatch(/15s .*windows 70 \(2\.0\/s\) .*awaiting 9 .*dropped 1/);
    expect(heard.out).toBe("the end\n");
  });

  test("for programs: one JSON value a line, all on standard output", () => {
    const { heard, out, err } = ears();
    const voice = voiceOf(true, out, err);
    voice.say("hello");
    voice.progress(well.counts, 5_000);
    voice.result({ kind: "report", ok: true }, ["the end"]);
    expect(heard.err).toBe("");
    expect(
      heard.out
        .trim()
        .split("\n")
        .map((line) => (JSON.parse(line) as { kind: string }).kind),
    ).toEqual(["note", "progress", "report"]);
  });
});
