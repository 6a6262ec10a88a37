import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DeviceId, silentLog } from "@kedge/core";
import { publishBytes, topicFor } from "@kedge/wire";
import { MemoryBroker } from "@kedge/wire/adapters";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BudgetedLink } from "./budgeted-link.js";
import { LinkBudget } from "./link-budget.js";

const dayMs = 86_400_000;
const bytesPerDay = 100_000;

/** A device with two clocks: one that goes on, one that people set. */
function machine() {
  const time = { nowMs: 1_000_000 * dayMs, monotonicMs: 0 };
  const stateDir = mkdtempSync(join(tmpdir(), "kedge-budget-"));
  const clock = { nowMs: () => time.nowMs, monotonicMs: () => time.monotonicMs };
  return {
    time,
    path: join(stateDir, "byte-budget.json"),
    pass(ms: number): void {
      time.nowMs += ms;
      time.monotonicMs += ms;
    },
    start: () => LinkBudget.open({ stateDir, clock, log: silentLog }, { bytesPerDay }),
  };
}

describe("over starts", () => {
  test("whatever is sent, and however often the agent is killed, no 24 hours hold more than the budget", async () => {
    const step = fc.record({ afterMs: fc.nat(dayMs / 4), bytes: fc.nat(9_000), isKilled: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const device = machine();
        let budget = await device.start();
        const sent: { atMs: number; bytes: number }[] = [];
        for (const { afterMs, bytes, isKilled } of steps) {
          device.pass(afterMs);
          if (isKilled) budget = await device.start();
          if (await budget.spend(bytes)) sent.push({ atMs: device.time.nowMs, bytes });
          const spent = sent.filter((s) => s.atMs > device.time.nowMs - dayMs).reduce((sum, s) => sum + s.bytes, 0);
          expect(spent).toBeLessThanOrEqual(bytesPerDay);
        }
      }),
      { numRuns: 40 },
    );
  });

  test("an orderly stop forgets nothing; what was spent is known after it", async () => {
    const device = machine();
    const before = await device.start();
    expect(await before.spend(20_000)).toBe(true);
    await before.close();
    const after = await device.start();
    expect([after.freeBytes, after.spentBytes]).toEqual([5_000, 20_000]);
    device.pass(dayMs + 900_000);
    expect([after.freeBytes, after.spentBytes]).toEqual([25_000, 0]);
  });

  test("a wall clock that is set back gives nothing", async () => {
    const device = machine();
    const before = await device.start();
    await before.spend(25_000);
    await before.close();
    device.time.nowMs = 0;
    expect((await device.start()).freeBytes).toBe(0);
  });

  test.each(["", "{", "null", '{"tokens":"many","atMs":0}', '{"tokens":1e999,"atMs":0}'])("a file with %j counts as a day that is spent", async (text) => {
    const device = machine();
    writeFileSync(device.path, text);
    const budget = await device.start();
    expect(budget.freeBytes).toBe(0);
    device.pass(dayMs);
    expect(await budget.spend(20_000)).toBe(true);
    expect(JSON.parse(readFileSync(device.path, "utf8"))).toMatchObject({ tokens: expect.any(Number) as number });
  });
});

describe("a link with a budget", () => {
  const deviceId = "cam-1" as DeviceId;
  const topic = topicFor(deviceId, "stats");

  test("pays for what goes out, refuses what it cannot pay, and pays nothing without a connection", async () => {
    const device = machine();
    const budget = await device.start();
    const link = new BudgetedLink(new MemoryBroker().link({ clientId: deviceId }), budget);
    expect(await link.publish(topic, new Uint8Array(100), { qos: 1 })).toMatchObject({ kind: "retryable", code: "wire/not-connected" });
    expect(budget.spentBytes).toBe(0);
    await link.connect();
    expect(await link.publish(topic, new Uint8Array(10_000), { qos: 1 })).toEqual({ kind: "sent" });
    expect(budget.spentBytes).toBe(publishBytes(topic, 10_000, 1));
    expect(await link.publish(topic, new Uint8Array(20_000), { qos: 1 })).toMatchObject({ kind: "retryable", code: "wire/over-budget" });
    expect(budget.spentBytes).toBe(publishBytes(topic, 10_000, 1));
    device.pass(dayMs / 2);
    expect(await link.publish(topic, new Uint8Array(20_000), { qos: 1 })).toEqual({ kind: "sent" });
    await link.close();
  });
});
