import { seededRandom } from "@kedge/core";
import { expect, test } from "vitest";
import { errorCusum } from "./error-cusum.js";

function run(share: number, rows: number, seed: number, every: number): number {
  const [detector, random] = [errorCusum({ falseAlarmEvery: every }), seededRandom(seed)];
  let alarms = 0;
  for (let i = 0; i < rows; i += 1) if (detector.update(random() < share ? 1 : 0)) alarms += 1;
  return alarms;
}

test.each([0, 0.001, 0.01, 0.05, 0.2, 0.5])("at a steady share of %f false alarms stay below what was asked", (share) => {
  expect(run(share, 1_000_000, 5, 10_000)).toBeLessThanOrEqual(100);
});

test.each([
  [0, 0.05, 200],
  [0.001, 0.05, 250],
  [0.01, 0.1, 150],
  [0, 1, 10],
])("a share that rises from %f to %f is found within %i rows on the mean", (before, after, limit) => {
  const delays = Array.from({ length: 40 }, (_, seed) => {
    const [detector, random] = [errorCusum({ falseAlarmEvery: 1e6 }), seededRandom(seed + 1)];
    for (let i = 0; i < 3_000; i += 1) detector.update(random() < before ? 1 : 0);
    let rows = 1;
    while (rows < 5_000 && !detector.update(random() < after ? 1 : 0)) rows += 1;
    expect(detector.shares.after).toBeGreaterThan(detector.shares.before);
    return rows;
  });
  expect(delays.reduce((a, b) => a + b, 0) / delays.length).toBeLessThan(limit);
});

test("a share that falls is no alarm", () => {
  const [detector, random] = [errorCusum(), seededRandom(1)];
  for (let i = 0; i < 5_000; i += 1) detector.update(random() < 0.5 ? 1 : 0);
  expect(Array.from({ length: 5_000 }, () => detector.update(0))).not.toContain(true);
});
