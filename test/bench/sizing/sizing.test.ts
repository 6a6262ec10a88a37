import { openSqliteStore } from "@kedge/store/adapters";
import { expect, test } from "vitest";
import { lookCost } from "./look-cost.js";
import { mergeMicros } from "./merge-cost.js";
import { takeWindows } from "./take-windows.js";

const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };

test("every window that is taken is stored, in messages of the size that tables of it are reckoned with", async () => {
  const store = await openSqliteStore(":memory:", clock);
  try {
    const { windows, messageBytes } = await takeWindows(store.series, { devices: 20, windowsOfEach: 5, features: 32, rows: 1_000, batch: 16, seed: 1 });
    expect(windows).toBe(100);
    expect(await store.series.counts()).toMatchObject({ stored: 100, distinct: 100 });
    expect(messageBytes).toBeGreaterThan(1_500);
    expect(messageBytes).toBeLessThan(2_400);
  } finally {
    await store.close();
  }
});

test("windows are merged without the ordinary decoder, each of them", () => {
  expect(mergeMicros({ features: 4, rows: 100, seed: 1 })).toBeGreaterThan(0);
});

test("a look is made of stored windows as the collector makes it, and each of its parts costs something", async () => {
  const store = await openSqliteStore(":memory:", clock);
  try {
    const cost = await lookCost(store.series, { devices: 20, looks: 2, features: 4, rows: 500, seed: 1 });
    expect(Math.min(cost.windowsMicros, cost.takeMicros, cost.judgeMicros)).toBeGreaterThan(0);
    expect(await store.series.counts()).toMatchObject({ stored: 240 });
  } finally {
    await store.close();
  }
});
