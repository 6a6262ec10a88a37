import { randomInt, seededRandom } from "@kedge/core";
import { expect, test } from "vitest";
import { planRollout } from "./index.js";
import { bundle, device, fleet, request } from "./rollout.fixture.js";

test("a plan puts the canary where the update should help, then cumulative shares, each device once", () => {
  const plan = planRollout(fleet, request);
  expect(plan.waves.map((w) => [w.name, w.deviceIds.length])).toEqual([
    ["canary", 1],
    ["wave 1", 2],
    ["wave 2", 3],
  ]);
  expect(["cam-0", "cam-1"]).toContain(plan.waves[0]?.deviceIds[0]);
  expect(new Set(plan.waves.flatMap((w) => w.deviceIds)).size).toBe(6);
});

test("a plan depends on names and salt, and neither on the order of the devices nor on the time", () => {
  const plan = planRollout(fleet, request);
  expect(planRollout(fleet.slice().reverse(), request)).toEqual(plan);
  const many = Array.from({ length: 200 }, (_, i) => device(i));
  const first = (salt: string) => planRollout(many, { ...request, salt }).waves[1]?.deviceIds.join();
  expect(first("s")).toBe(first("s"));
  expect(first("t")).not.toBe(first("s"));
});

test("who goes first is fair over the fleet: over many salts, every device is in the first half about half the time", () => {
  const counts = new Map<string, number>();
  const salts = 2_000;
  for (let i = 0; i < salts; i += 1) {
    const [half] = planRollout(fleet, { ...request, canary: 0, salt: `salt-${i}` }).waves;
    for (const id of half?.deviceIds ?? []) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  // Five standard errors of a share of one half.
  for (const { deviceId } of fleet) expect(Math.abs((counts.get(deviceId) ?? 0) / salts - 0.5)).toBeLessThan((5 * 0.5) / Math.sqrt(salts));
});

test("a plan leaves out with a reason", () => {
  const devices = [{ ...device(0), isRetired: true }, { ...device(1), runningDigest: bundle }, device(2)];
  const plan = planRollout(devices, { ...request, selector: [{ key: "site", op: "in", values: ["oslo"] }] });
  expect(plan.waves).toEqual([]);
  expect(plan.excluded.map((e) => e.reason)).toEqual(["retired", "runs it already", "does not match site=oslo"]);
});

test("the canary is a device that is there, even if those that the update should help are not", () => {
  const seen = (i: number, lastSeenMs: number | null) => ({ ...device(i), lastSeenMs });
  const hour = 3_600_000;
  const canaries = (devices: ReturnType<typeof seen>[], canary = 1) => planRollout(devices, { ...request, canary }).waves[0]?.deviceIds;
  expect(canaries([seen(0, 10 * hour), seen(1, 2 * hour), seen(2, 10 * hour)])).toEqual(["cam-0"]);
  expect(canaries([seen(0, null), seen(1, 2 * hour), seen(2, 10 * hour)])).toEqual(["cam-2"]);
  expect(canaries([seen(0, null), seen(1, 2 * hour), seen(2, 10 * hour)], 3)?.at(0)).toBe("cam-2");
  expect(canaries([seen(0, null), seen(1, null)])).toHaveLength(1);
});

test("whatever the shares, every selected device is in exactly one wave, and no wave goes beyond its share", () => {
  const random = seededRandom(2);
  for (let i = 0; i < 300; i += 1) {
    const devices = Array.from({ length: randomInt(random, 40) }, (_, k) => device(k));
    const shares = Array.from({ length: randomInt(random, 4) }, () => 1 + randomInt(random, 99)).sort((a, b) => a - b);
    const canary = randomInt(random, 5);
    const plan = planRollout(devices, { ...request, canary, wavesPercent: [...shares, 100] });
    expect(plan.waves.flatMap((w) => w.deviceIds).sort()).toEqual(devices.map((d) => d.deviceId).sort());
    expect(plan.waves.every((w) => w.deviceIds.length > 0)).toBe(true);
    let reached = 0;
    for (const { name, deviceIds } of plan.waves) {
      reached += deviceIds.length;
      const share = [...shares, 100].find((s) => Math.ceil((devices.length * s) / 100) >= reached) ?? 100;
      if (name !== "canary") expect(reached).toBeLessThanOrEqual(Math.max(canary, Math.ceil((devices.length * share) / 100)));
    }
  }
});

test("ten thousand devices are planned in well under a second", () => {
  const many = Array.from({ length: 10_000 }, (_, i) => device(i));
  const started = performance.now();
  expect(planRollout(many, { ...request, canary: 100 }).waves).toHaveLength(3);
  expect(performance.now() - started).toBeLessThan(1_000);
});
