import { normal, type Random, seededRandom } from "@kedge/core";
import type { Outcome, Prediction } from "@kedge/inference";
import { decodeKll, kllQuantile } from "@kedge/stats";
import { describe, expect, test } from "vitest";
import { buildSpec, profileOf } from "./build-reference.js";
import { createProfiler } from "./profiler.js";
import { createRowReader, type RowReader } from "./feature-values.js";
import { mixedRecipe, mixedRows, predictionOf } from "./rows.fixture.js";
import { Watch } from "./watch.js";
import { defaultAlarmBudget, errorStream, planWatch } from "./watch-plan.js";

/** Two classes; `unsure` moves the answers toward the middle. */
function row(random: Random, unsure = 0, latencyMs = 2 + random()): Prediction {
  const p = 0.5 + 0.5 * (1 - unsure) * (1 - random() ** 3);
  const outcome: Outcome = { kind: "classification", classIndex: 0, label: "cat", probabilities: Float32Array.of(p, 1 - p) };
  return predictionOf({ temperature: 20 + normal(random), colour: "red", isOpen: true }, outcome, latencyMs);
}

const random = seededRandom(1);
const rows = Array.from({ length: 3_000 }, () => row(random));
const spec = buildSpec(mixedRecipe, rows, ["cat", "dog"]);
const reference = profileOf(spec, "a".repeat(64), rows);
const plan = planWatch(spec, { alarmsPerFleetDay: 1, devices: 100, rowsPerDay: 86_400 });
const newWatch = (): Watch => new Watch(plan, { spec, reference, seed: 3 });

function feeder(watch: Watch): (prediction: Prediction) => boolean {
  const reader = createRowReader(mixedRecipe);
  return (prediction) => {
    reader.read(prediction);
    return watch.add(reader);
  };
}

function rowsUntil(alarm: () => boolean, most: number): number {
  for (let i = 1; i <= most; i += 1) if (alarm()) return i;
  return Number.POSITIVE_INFINITY;
}

describe("the plan", () => {
  test("takes what says how sure a model is, what it costs and whether it answers; together they keep to the budget", () => {
    expect(plan.streams.map((s) => s.name)).toEqual(["score", "entropy", "latency_ms", errorStream]);
    const perDay = plan.streams.reduce((sum, s) => sum + (100 * 86_400) / s.falseAlarmEvery, 0);
    expect(perDay).toBeCloseTo(1, 9);
  });

  test("no budget is too small or too large to be written down", () => {
    for (const alarmsPerFleetDay of [0, 1e-300, 1e300])
      for (const { falseAlarmEvery } of planWatch(spec, { ...defaultAlarmBudget, alarmsPerFleetDay }).streams) {
        expect(falseAlarmEvery).toBeGreaterThanOrEqual(1);
        expect(Number.isFinite(falseAlarmEvery)).toBe(true);
      }
  });
});

describe("a watch", () => {
  test("finds answers that become unsure, says of which stream, and what they were before and after", () => {
    const watch = newWatch();
    const add = feeder(watch);
    for (let i = 0; i < 2_000; i += 1) expect(add(row(random))).toBe(false);
    expect(rowsUntil(() => add(row(random, 0.6)), 500)).toBeLessThan(60);
    const { alarms, sketches } = watch.detail();
    expect(alarms.length).toBeGreaterThan(0);
    for (const { stream, beforeMean, afterMean } of alarms) {
      expect(["score", "entropy"]).toContain(stream);
      if (stream === "score") expect(beforeMean).toBeGreaterThan(afterMean + 0.1);
    }
    expect(sketches.map((s) => s.feature)).toEqual(["score", "entropy", "latency_ms", "temperature"]);
    const score = decodeKll(sketches[0]?.kll ?? new Uint8Array(0), "float32");
    const median = score.kind === "decoded" ? kllQuantile(score.value, 0.5) : Number.NaN;
    expect(median).toBeLessThan(0.75);
    expect(sketches.reduce((sum, s) => sum + s.kll.length, 0)).toBeLessThan(4 * 300);
  });

  test("finds a slower machine though the reference never ran on it", () => {
    const watch = newWatch();
    const add = feeder(watch);
    for (let i = 0; i < 3_000; i += 1) expect(add(row(random, 0, 20 + random()))).toBe(false);
    expect(rowsUntil(() => add(row(random, 0, 21 + random())), 500)).toBeLessThan(60);
    expect(watch.detail().alarms.map((a) => a.stream)).toEqual(["latency_ms"]);
  });

  test("finds readings that give no prediction", () => {
    const watch = newWatch();
    const add = feeder(watch);
    for (let i = 0; i < 1_000; i += 1) add(row(random));
    expect(rowsUntil(() => watch.addError(), 100)).toBeLessThan(12);
    expect(watch.detail().alarms).toMatchObject([{ stream: errorStream, beforeMean: 0, afterMean: 1, beforeRows: 1_000 }]);
  });

  test("takes any prediction, also of another task, and never throws", () => {
    const watch = newWatch();
    const add = feeder(watch);
    for (const prediction of mixedRows(50, random)) add(prediction);
    for (const probability of [Number.NaN, Number.POSITIVE_INFINITY, -1])
      add(predictionOf({}, { kind: "classification", classIndex: 0, label: "cat", probabilities: Float32Array.of(probability) }, Number.NaN));
    add(predictionOf({ temperature: "warm" }, { kind: "regression", value: 3 }));
    expect(() => watch.detail()).not.toThrow();
  });

  test("a plan for other features watches what there is", () => {
    const strange = new Watch({ ...plan, streams: [{ name: "torque", falseAlarmEvery: 10 }] }, { spec, reference: undefined, seed: 1 });
    const add = feeder(strange);
    for (let i = 0; i < 500; i += 1) expect(add(row(random))).toBe(false);
  });

  test("sees each row once from a profiler", () => {
    let seen = 0;
    const profiler = createProfiler(spec, "a".repeat(64), { onRow: () => (seen += 1) });
    for (let i = 0; i < 10; i += 1) profiler.add(row(random));
    expect(seen).toBe(10);
  });
});

describe("cost", () => {
  /** Rows whose features are known already. */
  function rowsInMemory(count: number): (RowReader & { next(i: number): void })[] {
    const reader = createRowReader(mixedRecipe);
    const table = new Float64Array(count * reader.features.length);
    for (let i = 0; i < count; i += 1) {
      reader.read(row(random));
      table.set(reader.numbers, i * reader.features.length);
    }
    const width = reader.features.length;
    return [
      {
        ...reader,
        next(i) {
          for (let k = 0; k < width; k += 1) reader.numbers[k] = table[(i % count) * width + k] as number;
        },
      },
    ];
  }

  test("four streams hold less than 2 kB", () => {
    expect(newWatch().stateBytes).toBeLessThan(2_048);
  });

  test("a row takes nothing from the heap", () => {
    const watch = newWatch();
    const [reader] = rowsInMemory(4_096) as [RowReader & { next(i: number): void }];
    const run = (count: number): void => {
      for (let i = 0; i < count; i += 1) {
        reader.next(i);
        watch.add(reader);
      }
    };
    run(400_000);
    const count = 100_000;
    const grown = Array.from({ length: 5 }, () => {
      const before = process.memoryUsage().heapUsed;
      run(count);
      return process.memoryUsage().heapUsed - before;
    });
    // A number put on the heap is 12 bytes or more; measuring itself takes some kB.
    expect(Math.max(...grown) / count).toBeLessThan(2);
  });
});
