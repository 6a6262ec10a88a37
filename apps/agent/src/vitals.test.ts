import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { hottestZone, vitalsOf } from "./vitals.js";

let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kedge-thermal-"));
});

afterEach(() => rm(folder, { recursive: true }));

async function zone(name: string, text: string): Promise<void> {
  await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, name, "temp"), text);
}

test("the hottest zone is told, and broken ones are passed by", async () => {
  await zone("thermal_zone0", "47250\n");
  await zone("thermal_zone1", "51000\n");
  await zone("thermal_zone2", "-274000\n");
  await zone("thermal_zone3", "warm\n");
  await zone("cooling_device0", "99000\n");
  await mkdir(join(folder, "thermal_zone4"));
  expect(await hottestZone(folder)).toBe(51);
});

test("a machine that does not tell has no temperature", async () => {
  expect(await hottestZone(folder)).toBeNull();
  expect(await hottestZone(join(folder, "none"))).toBeNull();
});

test("they are read once in five seconds, and nobody waits for them", async () => {
  await zone("thermal_zone0", "40000\n");
  let nowMs = 0;
  const vitals = vitalsOf({ nowMs: () => 0, monotonicMs: () => nowMs }, folder);
  expect(vitals().temperatureC).toBeNull();
  expect(vitals().memoryMib).toBeGreaterThan(1);
  await vi.waitFor(() => expect(vitals().temperatureC).toBe(40));
  await zone("thermal_zone0", "60000\n");
  nowMs = 4_999;
  vitals();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(vitals().temperatureC).toBe(40);
  nowMs = 5_000;
  vitals();
  await vi.waitFor(() => expect(vitals().temperatureC).toBe(60));
});
