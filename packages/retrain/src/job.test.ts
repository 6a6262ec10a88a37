import { isRefused } from "@kedge/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judgeCandidate, acceptanceSchema } from "./acceptance.js";
import { isFinal, type JobContext, type JobEffect, type JobEvent, type JobState, jobEventKinds, jobStates, openJob, type RetrainJob, stepJob } from "./job.js";

const context: JobContext = { nowMs: 1000, maxAttempts: 2, collectTimeoutMs: 500, trainTimeoutMs: 500 };
const facts = { id: "j1", incidentId: "i1", modelName: "clothes", runningDigest: "d0", selector: "site=oslo", seed: 7, wantedFrames: 100 };
const always = (n: number, v: boolean): boolean[] => Array.from({ length: n }, () => v);
const limits = acceptanceSchema.parse({});
const passing = judgeCandidate(
  { running: always(50, false), candidate: always(50, true) },
  { running: always(200, true), candidate: always(200, true) },
  limits,
);
const failing = judgeCandidate(
  { running: always(50, true), candidate: always(50, true) },
  { running: always(200, true), candidate: always(200, true) },
  limits,
);

function jobIn(state: JobState, change: Partial<RetrainJob> = {}): RetrainJob {
  return { ...openJob(facts, 1000).to, state, attempt: state === "COLLECTING" ? 0 : 1, gate: state === "PASSED" ? passing : null, ...change };
}

const kindsOf = (effects: readonly JobEffect[]): string[] => effects.map((e) => (e.kind === "Notify" ? e.event : e.kind));

test("a new job asks for labels", () => {
  expect(openJob(facts, 5)).toEqual({
    to: expect.objectContaining({ ...facts, state: "COLLECTING", attempt: 0, createdAtMs: 5, labelledFrames: 0 }),
    effects: [{ kind: "RequestLabels", id: "j1/labels", selector: "site=oslo", wantedFrames: 100 }],
  });
});

/** One event of each kind, and two results where the outcome depends on it. */
const events: Readonly<Record<string, JobEvent>> = {
  FramesLabelled: { kind: "FramesLabelled", total: 100 },
  "FramesLabelled too few": { kind: "FramesLabelled", total: 99 },
  TrainingFinished: { kind: "TrainingFinished", attempt: 1, metrics: { accuracy: 0.9 } },
  TrainingFailed: { kind: "TrainingFailed", attempt: 1, reason: "no memory", retryable: false },
  "TrainingFailed retryable": { kind: "TrainingFailed", attempt: 1, reason: "NaN", retryable: true },
  "GateJudged passed": { kind: "GateJudged", attempt: 1, result: passing },
  "GateJudged failed": { kind: "GateJudged", attempt: 1, result: failing },
  GateBroke: { kind: "GateBroke", attempt: 1, reason: "no frames" },
  CandidateRegistered: { kind: "CandidateRegistered", digest: "d1" },
  RegistrationFailed: { kind: "RegistrationFailed", reason: "no key" },
  CancelRequested: { kind: "CancelRequested", reason: "by ann" },
  TimePassed: { kind: "TimePassed" },
  ProgramRestarted: { kind: "ProgramRestarted" },
};

/** Where each event leads from each state, and what it causes; what is absent is refused. */
const table: Readonly<Record<string, Readonly<Partial<Record<JobState, readonly [JobState, ...string[]]>>>>> = {
  FramesLabelled: { COLLECTING: ["TRAINING", "StartTraining", "retrain.started"] },
  "FramesLabelled too few": { COLLECTING: ["COLLECTING"] },
  TrainingFinished: { TRAINING: ["GATING", "RunGate"] },
  TrainingFailed: { TRAINING: ["FAILED", "retrain.failed"] },
  "TrainingFailed retryable": { TRAINING: ["TRAINING", "StartTraining"] },
  "GateJudged passed": { GATING: ["PASSED", "RegisterCandidate"] },
  "GateJudged failed": { GATING: ["REJECTED", "retrain.rejected"] },
  GateBroke: { GATING: ["FAILED", "retrain.failed"] },
  CandidateRegistered: { PASSED: ["REGISTERED", "retrain.succeeded"] },
  RegistrationFailed: { PASSED: ["FAILED", "retrain.failed"] },
  CancelRequested: {
    COLLECTING: ["CANCELLED", "retrain.failed"],
    TRAINING: ["CANCELLED", "StopTraining", "retrain.failed"],
    GATING: ["CANCELLED", "retrain.failed"],
    PASSED: ["CANCELLED", "retrain.failed"],
  },
  TimePassed: { COLLECTING: ["COLLECTING"], TRAINING: ["TRAINING"], GATING: ["GATING"], PASSED: ["PASSED"] },
  ProgramRestarted: {
    COLLECTING: ["COLLECTING", "RequestLabels"],
    TRAINING: ["TRAINING", "StartTraining"],
    GATING: ["GATING", "RunGate"],
    PASSED: ["PASSED", "RegisterCandidate"],
  },
};

describe("the table, state by event", () => {
  test("covers every kind of event", () => {
    expect(new Set(Object.values(events).map((e) => e.kind))).toEqual(new Set(jobEventKinds));
    expect(Object.keys(table)).toEqual(Object.keys(events));
  });

  test.each(Object.keys(events).flatMap((name) => jobStates.map((state) => ({ name, state }))))("$state: $name", ({ name, state }) => {
    const event = events[name];
    if (event === undefined) throw new Error(name);
    const step = stepJob(jobIn(state), event, context);
    const expected = table[name]?.[state];
    if (expected === undefined) {
      expect(step).toEqual({ refused: expect.stringContaining(`${event.kind} means nothing to a job that is ${state}`) });
      return;
    }
    if (isRefused(step)) throw new Error(step.refused);
    expect([step.to.state, ...kindsOf(step.effects)]).toEqual(expected);
  });
});

describe("beyond the table", () => {
  const late = { ...context, nowMs: 1500 };
  const stepped = (job: RetrainJob, event: JobEvent, at: JobContext = context) => {
    const step = stepJob(job, event, at);
    if (isRefused(step)) throw new Error(step.refused);
    return step;
  };

  test("a second attempt has another seed; a third is not made", () => {
    const again = stepped(jobIn("TRAINING"), events["TrainingFailed retryable"] as JobEvent);
    expect(again.effects[0]).toEqual({ kind: "StartTraining", id: "j1/train/2", attempt: 2, seed: 8 });
    const end = stepped(again.to, { kind: "TrainingFailed", attempt: 2, reason: "NaN", retryable: true });
    expect(end.to).toMatchObject({ state: "FAILED", reason: "NaN (attempt 2 of 2)" });
  });

  test("word of an earlier attempt is refused", () => {
    const step = stepJob(jobIn("TRAINING", { attempt: 2 }), { kind: "TrainingFinished", attempt: 1, metrics: {} }, context);
    expect(step).toEqual({ refused: "TrainingFinished is of attempt 1, but attempt 2 runs" });
  });

  test("time runs out while labels are collected", () => {
    const end = stepped(jobIn("COLLECTING", { labelledFrames: 12 }), { kind: "TimePassed" }, late);
    expect(end.to).toMatchObject({ state: "FAILED", reason: "only 12 of 100 frames were labelled in time", stateSinceMs: 1500 });
  });

  test("a training that hangs is stopped and tried again, with its own time", () => {
    const again = stepped(jobIn("TRAINING"), { kind: "TimePassed" }, late);
    expect(kindsOf(again.effects)).toEqual(["StopTraining", "StartTraining"]);
    expect(again.effects[0]).toMatchObject({ attempt: 1 });
    expect(again.to).toMatchObject({ attempt: 2, stateSinceMs: 1500 });
    expect(kindsOf(stepped(again.to, { kind: "TimePassed" }, late).effects)).toEqual([]);
  });

  test("a restart during the last attempt fails the job", () => {
    expect(stepped(jobIn("TRAINING", { attempt: 2 }), { kind: "ProgramRestarted" }).to.state).toBe("FAILED");
  });

  test("labels are never counted down", () => {
    expect(stepped(jobIn("COLLECTING", { labelledFrames: 40 }), { kind: "FramesLabelled", total: 10 }).to.labelledFrames).toBe(40);
  });

  test("the gate's word is kept, passed or not", () => {
    expect(stepped(jobIn("GATING"), { kind: "GateJudged", attempt: 1, result: failing }).to).toMatchObject({ gate: failing, reason: failing.sentence });
    const registered = stepped(jobIn("PASSED"), { kind: "CandidateRegistered", digest: "d1" });
    expect(registered.to).toMatchObject({ candidateDigest: "d1", gate: passing });
    expect(registered.effects[0]).toMatchObject({ reason: passing.sentence });
  });
});

test("any history keeps the invariants", () => {
  const event: fc.Arbitrary<JobEvent> = fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: 0, max: 150 }).map((total): JobEvent => ({ kind: "FramesLabelled", total })) },
    { weight: 8, arbitrary: fc.constantFrom(...Object.values(events)) },
    {
      weight: 4,
      arbitrary: fc.constantFrom(...Object.values(events).filter((e) => "attempt" in e)).map((e): JobEvent => ("attempt" in e ? { ...e, attempt: 2 } : e)),
    },
  );
  const history = fc.array(fc.tuple(event, fc.constantFrom(0, 10, 200, 600)), { maxLength: 40 });
  const reached = new Set<JobState>();
  fc.assert(
    fc.property(history, fc.integer({ min: 1, max: 3 }), (steps, maxAttempts) => {
      let job = openJob(facts, 0).to;
      let nowMs = 0;
      let [starts, registers, ends, hasPassed] = [0, 0, 0, false];
      const started = new Set<string>();
      for (const [happening, passMs] of steps) {
        nowMs += passMs;
        const step = stepJob(job, happening, { ...context, maxAttempts, nowMs });
        if (isRefused(step)) continue;
        expect(isFinal(job.state), "a final state never changes").toBe(false);
        for (const effect of step.effects) {
          if (effect.kind === "StartTraining") {
            starts += 1;
            expect(started.has(effect.id), "a training is started once").toBe(false);
            started.add(effect.id);
            expect(job.labelledFrames >= facts.wantedFrames || step.to.labelledFrames >= facts.wantedFrames, "enough labels").toBe(true);
          }
          if (effect.kind === "RegisterCandidate") {
            registers += 1;
            expect(step.to.gate?.passed, "only what passed is registered").toBe(true);
          }
          if (effect.kind === "Notify" && effect.event !== "retrain.started") ends += 1;
        }
        if (step.to.state === "REGISTERED") hasPassed = job.gate?.passed === true;
        expect(step.to.stateSinceMs).toBeGreaterThanOrEqual(job.stateSinceMs);
        job = step.to;
        reached.add(job.state);
      }
      expect(starts).toBeLessThanOrEqual(maxAttempts);
      expect(ends, "an end is told once").toBe(isFinal(job.state) ? 1 : 0);
      if (job.state === "REGISTERED") expect(hasPassed && registers >= 1).toBe(true);
    }),
    { seed: 12, numRuns: 3000 },
  );
  expect(reached).toEqual(new Set(jobStates));
});
