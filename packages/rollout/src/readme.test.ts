import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { DeviceStatus, RolloutStatus, WaveStatus } from "./index.js";

const rollouts: Record<RolloutStatus, true> = {
  READY: true,
  RUNNING: true,
  PAUSED: true,
  ROLLING_BACK: true,
  ROLLED_BACK: true,
  ABORTED: true,
  FINISHED: true,
};
const waves: Record<WaveStatus, true> = { SCHEDULED: true, RUNNING: true, SOAKING: true, SUCCEEDED: true, FAILED: true };
const devices: Record<DeviceStatus, true> = {
  PENDING: true,
  OFFERED: true,
  UPDATING: true,
  COMMITTED: true,
  FAILED: true,
  UNREACHABLE: true,
  REVERTING: true,
  REVERTED: true,
};

test("the README names every state", () => {
  const text = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  for (const state of Object.keys({ ...rollouts, ...waves, ...devices })) expect(text).toContain(state);
});
