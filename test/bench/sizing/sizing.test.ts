import { openSqliteStore } from "@kedge/store/adapters";
import { expect, test } from "vitest";
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
