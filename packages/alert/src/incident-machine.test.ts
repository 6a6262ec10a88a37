import { isRefused } from "@kedge/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bundleA, bundleB, cause, cohort, device, wholeFleet } from "./cause.fixture.js";
import { type Incident, incidentLimits, type IncidentState, incidentStates, incidentTitle } from "./incident.js";
import { type IncidentEvent, newIncident, stepIncident } from "./incident-machine.js";
import { defaultIncidentPolicy } from "./incident-policy.js";

const policy = defaultIncidentPolicy;
const oslo = cohort("site=oslo");

function incidentIn(state: IncidentState, changes: Partial<Incident> = {}): Incident {
  const { to } = newIncident({ incidentId: "inc_1", modelName: "clothes", bundleDigest: bundleA, cause: cause(oslo), atMs: 0 }, policy);
  const opened = state === "PENDING" ? {} : { openedAtMs: 10, notices: 1 };
  const acknowledged = state === "ACKNOWLEDGED" ? { acknowledgedAtMs: 11, acknowledgedBy: "ada" } : {};
  const resolved = state === "RESOLVED" ? { resolvedAtMs: 12, resolution: "cleared" as const } : {};
  return { ...to, state, ...opened, ...acknowledged, ...resolved, ...changes };
}

const atMs = 20;
const events = {
  seen: { kind: "Seen", cause: cause(oslo), bundleDigest: bundleB, atMs },
  "seen worse": { kind: "Seen", cause: cause(oslo, { severity: "critical" }), bundleDigest: bundleB, atMs },
  widened: { kind: "Widened", cause: cause(wholeFleet), bundleDigest: bundleB, atMs },
  cleared: { kind: "Cleared", atMs },
  superseded: { kind: "Superseded", by: "inc_2", atMs },
  acknowledge: { kind: "Acknowledge", actor: "bob", note: "on it", atMs },
  resolve: { kind: "Resolve", actor: "bob", reason: "fixed", atMs },
  annotate: { kind: "Annotate", message: "training", jobId: "job_1", atMs },
} as const satisfies Readonly<Record<string, IncidentEvent>>;

/** State × event: the state after it and what is done, or `-` for refused. PENDING has been seen once, OPEN was never seen clean. */
const table: Readonly<Record<IncidentState, Readonly<Record<keyof typeof events, string>>>> = {
  PENDING: {
    seen: "OPEN drift.detected",
    "seen worse": "OPEN drift.detected",
    widened: "OPEN drift.detected",
    cleared: "RESOLVED Forget",
    superseded: "RESOLVED Forget",
    acknowledge: "-",
    resolve: "RESOLVED",
    annotate: "PENDING",
  },
  OPEN: {
    seen: "OPEN",
    "seen worse": "OPEN drift.updated",
    widened: "OPEN drift.updated",
    cleared: "OPEN",
    superseded: "RESOLVED drift.resolved",
    acknowledge: "ACKNOWLEDGED",
    resolve: "RESOLVED drift.resolved",
    annotate: "OPEN",
  },
  ACKNOWLEDGED: {
    seen: "ACKNOWLEDGED",
    "seen worse": "ACKNOWLEDGED drift.updated",
    widened: "ACKNOWLEDGED drift.updated",
    cleared: "ACKNOWLEDGED",
    superseded: "RESOLVED drift.resolved",
    acknowledge: "-",
    resolve: "RESOLVED drift.resolved",
    annotate: "ACKNOWLEDGED",
  },
  RESOLVED: { seen: "-", "seen worse": "-", widened: "-", cleared: "-", superseded: "-", acknowledge: "-", resolve: "-", annotate: "RESOLVED" },
};

describe.each(incidentStates)("%s", (state) => {
  test.each(Object.keys(events) as (keyof typeof events)[])("%s", (name) => {
    const step = stepIncident(incidentIn(state), events[name], policy);
    const words = isRefused(step) ? "-" : [step.to.state, ...step.effects.map((e) => (e.kind === "Notify" ? e.type : e.kind))].join(" ");
    expect(words).toBe(table[state][name]);
  });
});

function run(incident: Incident, ...list: readonly IncidentEvent[]): Incident {
  return list.reduce((now, event) => {
    const step = stepIncident(now, event, policy);
    return isRefused(step) ? now : step.to;
  }, incident);
}

describe("durations", () => {
  test("opens only when it was seen often enough and long enough", () => {
    const slow = { ...policy, openAfterLooks: 2, openAfterMs: 50 };
    const first = incidentIn("PENDING");
    const early = stepIncident(first, { ...events.seen, atMs: 40 }, slow);
    expect(isRefused(early) ? "" : early.to.state).toBe("PENDING");
    const due = isRefused(early) ? early : stepIncident(early.to, { ...events.seen, atMs: 50 }, slow);
    expect(isRefused(due) ? "" : due.to).toMatchObject({ state: "OPEN", openedAtMs: 50, looks: 3 });
    expect(
      newIncident({ incidentId: "i", modelName: "m", bundleDigest: bundleA, cause: cause(oslo), atMs: 0 }, { ...policy, openAfterLooks: 1 }).to.state,
    ).toBe("OPEN");
  });

  test("resolves only after clean looks in a row, for long enough", () => {
    const clear = (at: number): IncidentEvent => ({ kind: "Cleared", atMs: at });
    expect(run(incidentIn("OPEN"), clear(20), clear(21)).state).toBe("OPEN");
    expect(run(incidentIn("OPEN"), clear(20), clear(21), clear(22))).toMatchObject({ state: "RESOLVED", resolution: "cleared", resolvedAtMs: 22 });
    expect(run(incidentIn("OPEN"), clear(20), clear(21), { ...events.seen, atMs: 22 }, clear(23), clear(24)).state).toBe("OPEN");
    const slow = { ...policy, resolveAfterMs: 100 };
    const third = [20, 60, 119].reduce<Incident>((now, at) => {
      const step = stepIncident(now, clear(at), slow);
      return isRefused(step) ? now : step.to;
    }, incidentIn("ACKNOWLEDGED"));
    expect(third.state).toBe("ACKNOWLEDGED");
    const last = stepIncident(third, clear(120), slow);
    expect(isRefused(last) ? "" : last.to.state).toBe("RESOLVED");
  });

  test("two parts seen in one look count as one look", () => {
    const once = run(incidentIn("OPEN"), events.seen, { ...events.seen, cause: cause(device("oslo-1")) });
    expect(once.looks).toBe(incidentIn("OPEN").looks + 1);
  });
});

describe("evidence", () => {
  test("is of the clearest look; devices add up; severity does not fall; the earliest onset stays", () => {
    const seen = (c: ReturnType<typeof cause>, at: number): IncidentEvent => ({ kind: "Seen", cause: c, bundleDigest: bundleB, atMs: at });
    const now = run(
      incidentIn("OPEN"),
      seen(cause(oslo, { score: 0.9, severity: "critical", onsetMs: 5 }), 21),
      seen(cause(oslo, { score: 0.3, severity: "info", onsetMs: 9 }), 22),
      seen(cause(cohort("site=lyon"), { score: 0.2 }), 23),
    );
    expect(now).toMatchObject({ severity: "critical", onsetMs: 5, bundleDigest: bundleB });
    expect(now.evidence[0]?.score).toBe(0.9);
    expect(now.explanation).toContain("90 %");
    expect(now.deviceIds).toEqual(["oslo-1", "oslo-2", "lyon-1", "lyon-2"]);
    expect(incidentTitle(now)).toBe("Drift at cohort site=oslo: sharpness, edge_energy");
  });

  test("of a wider scope replaces that of a narrower, though it is weaker", () => {
    const now = run(incidentIn("OPEN"), { kind: "Widened", cause: cause(wholeFleet, { score: 0.2 }), bundleDigest: bundleB, atMs });
    expect(now.scope).toEqual(wholeFleet);
    expect(now.evidence[0]?.score).toBe(0.2);
    expect(now.explanation).toContain("the fleet");
  });
});

test("any history: RESOLVED is final, nothing is told of what never opened, what was told is told to be over, bounds hold (property)", () => {
  const eventOf = fc.tuple(fc.constantFrom(...(Object.keys(events) as (keyof typeof events)[])), fc.nat(5));
  fc.assert(
    fc.property(fc.array(eventOf, { maxLength: 300 }), (list) => {
      let now = incidentIn("PENDING");
      const told: string[] = [];
      const noticeIds = new Set<string>();
      let clock = 1;
      for (const [name, wait] of list) {
        clock += wait;
        const before = now;
        const step = stepIncident(now, { ...events[name], atMs: clock }, policy);
        if (isRefused(step)) continue;
        now = step.to;
        if (before.state === "RESOLVED") expect(now.state).toBe("RESOLVED");
        for (const effect of step.effects) {
          if (effect.kind === "Forget") expect(before.openedAtMs).toBeNull();
          else {
            told.push(effect.type);
            expect(noticeIds.has(effect.noticeId)).toBe(false);
            noticeIds.add(effect.noticeId);
          }
        }
        expect(now.history.length).toBeLessThanOrEqual(incidentLimits.history);
        expect(now.evidence.length).toBeLessThanOrEqual(incidentLimits.evidence);
        expect(now.openedAtMs !== null).toBe(told.includes("drift.detected"));
      }
      expect(told.filter((t) => t === "drift.detected").length).toBeLessThanOrEqual(1);
      if (told.length > 0) expect(told[0]).toBe("drift.detected");
      expect(told.includes("drift.resolved")).toBe(now.state === "RESOLVED" && now.openedAtMs !== null);
      expect(now.historyDropped + now.history.length).toBeGreaterThan(0);
    }),
    { seed: 17, numRuns: 300 },
  );
});
