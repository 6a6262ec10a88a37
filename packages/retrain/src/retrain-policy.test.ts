import { describe, expect, test } from "vitest";
import { decideRetrain, type IncidentFacts, type PastJob, retrainPolicySchema } from "./retrain-policy.js";

const hour = 3_600_000;
const policy = retrainPolicySchema.parse({});
const incident: IncidentFacts = { id: "i1", modelName: "m", scope: "cohort", severity: "critical", retrainAdvised: true, open: true };
const nowMs = 100 * hour;
const job = (endedAtMs: number | null, change: Partial<PastJob> = {}): PastJob => ({
  incidentId: "i0",
  modelName: "m",
  createdAtMs: (endedAtMs ?? nowMs) - 1000,
  endedAtMs,
  ...change,
});

test("an open incident of a cohort whose cause new data mends starts a training", () => {
  expect(decideRetrain(incident, [], policy, nowMs)).toEqual({ start: true, reason: expect.stringContaining("cohort drifted") });
  expect(decideRetrain({ ...incident, scope: "fleet", severity: "warning" }, [], policy, nowMs).start).toBe(true);
  expect(decideRetrain(incident, [job(null, { modelName: "other" }), job(nowMs - 6 * hour)], policy, nowMs).start).toBe(true);
});

describe("nothing starts, and it says why", () => {
  test.each<[string, Partial<IncidentFacts>, readonly PastJob[], Partial<typeof policy>, number | null]>([
    ["disabled", {}, [], { enabled: false }, null],
    ["closed", { open: false }, [], {}, null],
    ["scope", { scope: "device" }, [], {}, null],
    ["severity", { severity: "info" }, [], {}, null],
    ["not-advised", { retrainAdvised: false }, [], {}, null],
    ["running", {}, [job(null)], {}, null],
    ["already-tried", {}, [job(nowMs - 50 * hour, { incidentId: "i1" })], {}, null],
    ["cooldown", {}, [job(nowMs - 2 * hour), job(nowMs - 9 * hour)], {}, nowMs + 4 * hour],
    ["daily-limit", {}, [job(nowMs - 7 * hour), job(nowMs - 8 * hour), job(nowMs - 23 * hour)], { maxPerDay: 2 }, nowMs - 8 * hour - 1000 + 24 * hour],
  ])("%s", (refusal, change, past, policyChange, retryAtMs) => {
    expect(decideRetrain({ ...incident, ...change }, past, { ...policy, ...policyChange }, nowMs)).toEqual({
      start: false,
      refusal,
      reason: expect.any(String),
      retryAtMs,
    });
  });

  test("asking again at the time it names is not refused for the same reason", () => {
    for (const past of [[job(nowMs - 2 * hour)], [job(nowMs - 7 * hour), job(nowMs - 8 * hour), job(nowMs - 9 * hour), job(nowMs - 10 * hour)]]) {
      const now = decideRetrain(incident, past, policy, nowMs);
      if (now.start || now.retryAtMs === null) throw new Error("it started");
      expect(decideRetrain(incident, past, policy, now.retryAtMs)).toMatchObject({ start: true });
    }
  });
});
