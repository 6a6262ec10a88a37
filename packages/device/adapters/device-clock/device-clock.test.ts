import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DeviceClock, fileNote, type SystemTime } from "./device-clock.js";

const day = 86_400_000;
const issued = Date.UTC(2026, 5, 1);
const validity = { notBeforeMs: issued, notAfterMs: issued + 365 * day };

class FakeTime implements SystemTime {
  now = 0;
  up = 5_000;
  nowMs = () => this.now;
  monotonicMs = () => this.up;
  upMs = () => this.up;
  pass(ms: number): void {
    this.now += ms;
    this.up += ms;
  }
}

let stateDir: string;
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), "kedge-clock-"));
});
afterEach(() => rmSync(stateDir, { recursive: true }));

test("a clock that is set is believed, also when it is ahead", async () => {
  const system = new FakeTime();
  const clock = await DeviceClock.open(fileNote(stateDir), validity, system);
  for (const now of [issued + day, Date.UTC(2038, 0, 20)]) {
    system.now = now;
    expect([clock.isSet, clock.nowMs()]).toEqual([true, now]);
  }
});

test("a clock that stands at 1970 goes on from when the certificate was issued, then from what the collector says", async () => {
  const system = new FakeTime();
  const clock = await DeviceClock.open(fileNote(stateDir), validity, system);
  system.pass(60_000);
  expect([clock.isSet, clock.nowMs(), clock.uptimeMs()]).toEqual([false, issued + 60_000, 60_000]);
  clock.learn(issued + 30 * day);
  system.pass(1_000);
  expect(clock.nowMs()).toBe(issued + 30 * day + 1_000);
  // A collector whose own clock is not set teaches nothing.
  clock.learn(5);
  expect(clock.nowMs()).toBe(issued + 30 * day + 1_000);
  system.now = issued + 31 * day;
  expect(clock.nowMs()).toBe(issued + 31 * day);
});

test("a start without a clock comes after the one before it, which had none either", async () => {
  const first = new FakeTime();
  const before = await DeviceClock.open(fileNote(stateDir), validity, first);
  first.pass(10 * 60_000);
  await before.stop();
  const later = await DeviceClock.open(fileNote(stateDir), validity, new FakeTime());
  expect(later.nowMs()).toBe(before.nowMs());
});

test.each(["", "nonsense\n", `${Date.UTC(2038, 0, 20)}\n`, "-5\n"])("a note of %j is not believed", async (note) => {
  writeFileSync(join(stateDir, "last-time"), note);
  expect((await DeviceClock.open(fileNote(stateDir), validity, new FakeTime())).nowMs()).toBe(issued);
});

test("a time beyond the certificate's end is not noted, and a note that cannot be written does no harm", async () => {
  const system = new FakeTime();
  system.now = Date.UTC(2038, 0, 20);
  const clock = await DeviceClock.open(fileNote(stateDir), validity, system);
  await clock.note();
  system.now = 0;
  expect((await DeviceClock.open(fileNote(stateDir), validity, system)).nowMs()).toBe(issued);
  const gone = await DeviceClock.open(fileNote(join(stateDir, "none")), validity, new FakeTime());
  await gone.stop();
});
