import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KedgeError } from "@kedge/core";
import { afterAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { exampleScenario } from "./example.js";
import { lengthMs, lengthText } from "./lengths.js";
import { loadScenario } from "./load-scenario.js";
import { isFaulty, readScenario, type Scenario } from "./scenario.js";
import { faultExamples } from "./scenario-words.js";

const folder = mkdtempSync(join(tmpdir(), "kedge-scenario-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(text: string): string {
  const path = join(folder, "scenario.yaml");
  writeFileSync(path, text);
  return path;
}

/** The fault that keeps a scenario from being read. */
function refusal(load: () => unknown): KedgeError {
  try {
    load();
  } catch (error) {
    if (error instanceof KedgeError) return error;
  }
  throw new Error("the scenario was not refused");
}

test("the example is read, and holds every kind of change and of fault", () => {
  const scenario = loadScenario({ scenario: file(exampleScenario) });
  expect(scenario).toMatchObject({
    devices: 200,
    seed: 7,
    interval: 10_000,
    duration: 600_000,
    drain: 60_000,
    labels: { site: ["oslo", "lyon", "turin"], line: "3" },
  });
  expect(new Set(scenario.drift.map((d) => d.change.kind))).toEqual(new Set(["mean", "spread", "stuck", "missing", "unit", "mix"]));
  expect(scenario.drift[2]).toMatchObject({ selector: "site=turin", at: 180_000, until: 360_000, over: 0, features: ["vibration"] });
  expect(scenario.faults).toMatchObject({
    link: { loss: 0.01, delay: [20, 200] },
    clock: { skew: 300_000, share: 0.1, withoutShare: 0.05 },
    storm: { every: 180_000 },
    crash: { every: 60_000, share: 0.05, downFor: 2_000 },
    update: { selfTest: 0.02, probation: 0.01 },
    brokerKill: null,
  });
  // What is documented is what there is: no key of the schema is missing in the example.
  expect(Object.keys(parse(exampleScenario) as object).sort()).toEqual(Object.keys(scenario).sort());
  expect(Object.keys((parse(exampleScenario) as Scenario).faults).sort()).toEqual(Object.keys(scenario.faults).sort());
});

test("nothing given is a small fleet without drift and faults", () => {
  expect(loadScenario({})).toMatchObject({
    name: "sim",
    devices: 10,
    seed: 1,
    interval: 60_000,
    rows: 60,
    pool: null,
    duration: null,
    drift: [],
    faults: { storm: null },
  });
});

describe("words", () => {
  const driftOf = (text: string) => loadScenario({ drift: [text] }).drift[0];

  test("of drift", () => {
    expect(driftOf("site=oslo at=5m mean+0.5")).toMatchObject({
      selector: "site=oslo",
      at: 300_000,
      until: null,
      over: 0,
      features: null,
      change: { kind: "mean", by: 0.5 },
    });
    expect(driftOf("mean-2")).toMatchObject({ selector: "", at: 0, change: { kind: "mean", by: -2 } });
    expect(driftOf("zone in (a, b),!old at=1h until=2h over=90s feature=x,y spread*0.5")).toMatchObject({
      selector: "zone in (a, b),!old",
      at: 3_600_000,
      until: 7_200_000,
      over: 90_000,
      features: ["x", "y"],
      change: { kind: "spread", by: 0.5 },
    });
    expect(driftOf("at=1s stuck")?.change).toEqual({ kind: "stuck" });
    expect(driftOf("missing=0.3")?.change).toEqual({ kind: "missing", share: 0.3 });
    expect(driftOf("unit*1.8+32")?.change).toEqual({ kind: "unit", by: 1.8, offset: 32 });
    expect(driftOf("unit*1000")?.change).toEqual({ kind: "unit", by: 1_000, offset: 0 });
    expect(driftOf("feature=mode mix=very:cold:0.5")?.change).toEqual({ kind: "mix", category: "very:cold", share: 0.5 });
  });

  test("of faults: every example of the help is one, and together they make one scenario", () => {
    const fault = faultExamples.map((text) => text.replace(/ \(.*\)$/, ""));
    expect(loadScenario({ fault }).faults).toEqual({
      link: { loss: 0.01, duplication: 0.01, reordering: 0.02, delay: [50, 2_000] },
      clock: { skew: 300_000, share: 0.1, withoutShare: 0.05 },
      storm: { every: 120_000 },
      crash: { every: 60_000, share: 0.05, downFor: 2_000 },
      update: { selfTest: 0.02, probation: 0.01 },
      brokerKill: { every: 300_000, pid: 1_234, downFor: 2_000 },
    });
  });

  test("of labels; flags go over the file, and drifts of flags come after its own", () => {
    const scenario = file("labels: { site: oslo, row: '1' }\ndevices: 7\ndrift: [{ change: { kind: stuck } }]\nfaults: { storm: { every: 9s } }");
    const loaded = loadScenario({ scenario, label: ["site=a,b", "kind=pump"], devices: 9, drift: ["mean+1"], fault: ["loss=0.5"] });
    expect(loaded).toMatchObject({ devices: 9, labels: { site: ["a", "b"], row: "1", kind: "pump" } });
    expect(loaded.drift.map((d) => d.change.kind)).toEqual(["stuck", "mean"]);
    expect(loaded.faults).toMatchObject({ storm: { every: 9_000 }, link: { loss: 0.5 } });
  });
});

describe("what is wrong is told all at once, with where, what and what was expected", () => {
  test("in a file", () => {
    const fault = refusal(() =>
      loadScenario({
        scenario: file(
          "devices: 0\nintervall: 10s\ninterval: soon\nlabels: { Site: oslo }\ndrift: [{ at: 5m, change: { kind: mean } }]\nfaults: { link: { loss: 1 }, brokerKill: { every: 1m } }",
        ),
      }),
    );
    expect(fault.code).toBe("simulator/scenario");
    expect(fault.context["exit"]).toBe("config");
    for (const path of ["devices", "intervall", "interval", "labels.Site", "drift.0.change.by", "faults.link.loss", "faults.brokerKill"])
      expect(fault.message).toContain(`- ${path}:`);
    expect(fault.message).toContain('interval: must be a length of time such as 500ms, 10s, 5m or 1h; found "soon"');
    expect(fault.message).toContain('intervall: there is no such key; found "10s"');
    expect(fault.message).toContain("needs exactly one of pid, unit and command");
  });

  test("in flags", () => {
    const fault = refusal(() =>
      loadScenario({
        drift: ["site=oslo at=5m warmer", "at=5m place=x mean+1", "=(= stuck"],
        fault: ["rain", "loss=much", "storm often", "crash each=1m", "storm"],
        label: ["oslo"],
      }),
    );
    for (const found of [
      '"warmer" is no change',
      '"place=x" is none of at=TIME',
      "is no label selector",
      '"rain" is no fault',
      "faults.link.loss",
      '"often"',
      '"each"',
      '"oslo" is no label',
      "faults.storm.every: must be a length of time such as 500ms, 10s, 5m or 1h; found nothing",
    ])
      expect(fault.message).toContain(found);
  });

  test.each([
    ["no YAML", "devices: [1", "must be YAML"],
    ["a list", "- 1", "(top)"],
    ["nested beyond measure", "[".repeat(100), "nests deeper"],
    ["a newer format", "formatVersion: 2", "formatVersion"],
  ])("a file that is %s", (_, text, said) => {
    expect(refusal(() => loadScenario({ scenario: file(text) })).message).toContain(said);
  });

  test("a file that is not there", () => {
    expect(refusal(() => loadScenario({ scenario: join(folder, "nothing.yaml") })).message).toContain("must be a readable file");
  });

  test("values of a wrong type name what was found", () => {
    const read = readScenario({ devices: "many", rows: Number.NaN });
    expect(isFaulty(read) && read.map((f) => [f.path, f.found])).toEqual([
      ["devices", '"many"'],
      ["rows", "NaN"],
    ]);
  });
});

test("lengths of time are read and said", () => {
  expect(["500ms", "10s", "1.5m", "2h", "1d", "10", "s", "-1s", ""].map(lengthMs)).toEqual([
    500,
    10_000,
    90_000,
    7_200_000,
    86_400_000,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  expect([0, 12_000, 245_000, 3_723_000].map(lengthText)).toEqual(["0s", "12s", "4m05s", "1h02m03s"]);
});
