import { expect, test } from "vitest";
import { judgeProbation } from "./index.js";

const policy = { predictions: 20, maxMs: 30_000 };

test.each<readonly [number, number, number, "running" | "passed" | "failed"]>([
  // good, bad, ms since the trial began
  [0, 0, 0, "running"],
  [19, 0, 10, "running"],
  [20, 0, 10, "passed"],
  [20, 19, 10, "passed"],
  [0, 4, 10, "running"],
  [0, 5, 10, "failed"],
  [5, 5, 10, "running"],
  [5, 6, 10, "failed"],
  // The time is over.
  [0, 0, 30_000, "passed"],
  [1, 0, 30_000, "passed"],
  [1, 1, 30_000, "passed"],
  [0, 1, 30_000, "failed"],
  [0, 5, 30_000, "failed"],
])("%i good and %i bad readings after %i ms: %s", (good, bad, ms, expected) => {
  expect(judgeProbation({ good, bad, sinceMs: 1_000 }, policy, 1_000 + ms)).toBe(expected);
});
