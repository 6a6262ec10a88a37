import type { DeviceId } from "@kedge/core";
import { expect, test } from "vitest";
import { type Cause, explainCause, type Verdict } from "./index.js";

const verdict: Verdict = {
  feature: "center_x",
  role: "input",
  scope: { kind: "cohort", selector: "site=oslo" },
  score: 0.42,
  limit: 0.1,
  pValue: 1e-12,
  alpha: 1e-8,
  rows: 1_200,
  designEffect: 1.3,
  referenceRows: 6_000,
  eValue: null,
  evidence: "look",
  change: "drift",
  earlierScore: 0.4,
  interval: [0.38, 0.46],
  drifted: true,
  causeClass: "population_shift",
  topBins: [
    { label: "> 14", reference: 0.03, current: 0.41 },
    { label: "12.1 to 12.6", reference: 0.1, current: 0.01 },
    { label: "13.5 to 14", reference: 0.05, current: 0.051 },
  ],
};

const cause: Cause = {
  scope: verdict.scope,
  deviceIds: ["oslo-1", "oslo-2"] as DeviceId[],
  features: [verdict, { ...verdict, feature: "score", role: "output" }],
  causeClass: "population_shift",
  change: "drift",
  severity: "critical",
  retrainAdvised: true,
  reason: "Label some readings.",
  onsetMs: Date.UTC(2026, 2, 2, 7, 10, 59),
};

test("a cause is told whole: who, against what, since when, what kind, value, limit, interval, rows, the bins that moved, and what to do", () => {
  expect(explainCause(cause)).toBe(
    "Drift at cohort site=oslo (2 devices): unlike what was seen before, since 2026-03-02 07:10 UTC; what is seen has changed. " +
      "center_x moved for 42 % of the readings (limit 10 %, 95 % interval 38 % to 46 %, n = 1200 against 6000). " +
      'Most of it: "> 14" from 3.0 % to 41 %, "12.1 to 12.6" from 10 % to 1.0 %. Also moved: score. Label some readings.',
  );
});

test("what is not known is left out: an onset, bins of a vector; a broken rule says itself what moved", () => {
  const { onsetMs: _, ...rest } = cause;
  expect(explainCause({ ...rest, onsetMs: null, features: [{ ...verdict, topBins: [] }] })).not.toMatch(/since|Most of it|Also/);
  expect(explainCause({ ...rest, onsetMs: null, features: [{ ...verdict, rule: "type" }] })).toMatch(/breaks the schema .* in 42 %/);
  expect(explainCause({ ...cause, features: [] })).toBe("cohort site=oslo: nothing moved.");
});
