import type { DeviceId } from "@kedge/core";
import { type Cause, type Scope, scopeKey } from "@kedge/drift";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bundleA, bundleB, cause, cohort, device, fleet, labelsOf, sites, wholeFleet } from "./cause.fixture.js";
import { type Followed, followModel, type ModelLook } from "./follow-model.js";
import { fingerprint, type Incident, isActive, isOpen } from "./incident.js";
import { defaultIncidentPolicy, type IncidentPolicy } from "./incident-policy.js";
import { contains } from "./scope-contains.js";

/** A collector's memory of the incidents of one model: what it stores, what was told. */
class Story {
  readonly incidents = new Map<string, Incident>();
  readonly told: string[] = [];
  heldBack = 0;
  #atMs = 0;
  #ids = 0;
  readonly #policy: IncidentPolicy;

  constructor(policy: Partial<IncidentPolicy> = {}) {
    this.#policy = { ...defaultIncidentPolicy, cooldownMs: 0, ...policy };
  }

  tick(
    causes: readonly Cause[],
    more: { readonly judged?: readonly DeviceId[]; readonly looks?: readonly ModelLook[]; readonly afterMs?: number } = {},
  ): Followed {
    this.#atMs += more.afterMs ?? 1_000;
    const looks = more.looks ?? [{ bundleDigest: bundleA, causes, judged: more.judged ?? fleet }];
    const followed = followModel(
      [...this.incidents.values()],
      { modelName: "clothes", atMs: this.#atMs, looks },
      {
        labelsOf,
        newIncidentId: () => {
          this.#ids += 1;
          return `inc_${this.#ids}`;
        },
        policy: this.#policy,
      },
    );
    for (const incident of followed.changed) this.incidents.set(incident.incidentId, incident);
    for (const effect of followed.effects) {
      if (effect.kind === "Forget") this.incidents.delete(effect.incidentId);
      else this.told.push(`${effect.incidentId} ${effect.type}`);
    }
    this.heldBack += followed.heldBack;
    return followed;
  }

  summary(): string[] {
    return [...this.incidents.values()].map((i) => `${i.incidentId} ${i.state} ${scopeKey(i.scope)}`);
  }
}

const oslo = cohort("site=oslo");

describe("the demo's story", () => {
  test("a knocked site: one incident, opened on the second look, over after three clean ones", () => {
    const story = new Story();
    story.tick([]);
    story.tick([cause(oslo)]);
    expect(story.told).toEqual([]);
    story.tick([cause(oslo)]);
    expect(story.told).toEqual(["inc_1 drift.detected"]);
    for (let i = 0; i < 5; i += 1) story.tick([cause(oslo)]);
    for (let i = 0; i < 3; i += 1) story.tick([]);
    expect(story.told).toEqual(["inc_1 drift.detected", "inc_1 drift.resolved"]);
    expect(story.summary()).toEqual(["inc_1 RESOLVED cohort:site=oslo"]);
  });

  test("first a device, then the cohort: the pending one becomes the cohort's, and there is one incident", () => {
    const story = new Story();
    story.tick([cause(device("oslo-1"))]);
    story.tick([cause(oslo)]);
    expect(story.summary()).toEqual(["inc_1 OPEN cohort:site=oslo"]);
    expect(story.told).toEqual(["inc_1 drift.detected"]);
  });

  test("first two devices, then the cohort: one is widened, the other is forgotten without a word", () => {
    const story = new Story();
    story.tick([cause(device("oslo-1")), cause(device("oslo-2"))]);
    expect(story.summary()).toHaveLength(2);
    story.tick([cause(oslo)]);
    expect(story.summary()).toEqual(["inc_1 OPEN cohort:site=oslo"]);
    expect(story.told).toEqual(["inc_1 drift.detected"]);
  });

  test("a device that was told of grows into its cohort; a second one that was told of is told to be over", () => {
    const story = new Story();
    for (let i = 0; i < 2; i += 1) story.tick([cause(device("oslo-1")), cause(device("oslo-2"))]);
    story.tick([cause(oslo)]);
    expect(story.summary()).toEqual(["inc_1 OPEN cohort:site=oslo", "inc_2 RESOLVED device:oslo-2"]);
    expect(story.told).toEqual(["inc_1 drift.detected", "inc_2 drift.detected", "inc_1 drift.updated", "inc_2 drift.resolved"]);
    expect(story.incidents.get("inc_2")).toMatchObject({ resolution: "superseded", supersededBy: "inc_1" });
  });

  test("during the rollout, with the canary clean and the other device alone still drifting, the incident goes on as it is", () => {
    const story = new Story();
    for (let i = 0; i < 2; i += 1) story.tick([cause(oslo)]);
    const old: ModelLook = { bundleDigest: bundleA, causes: [cause(device("oslo-2"))], judged: fleet.filter((d) => d !== "oslo-1") };
    const canary: ModelLook = { bundleDigest: bundleB, causes: [], judged: ["oslo-1" as DeviceId] };
    for (let i = 0; i < 5; i += 1) story.tick([], { looks: [old, canary] });
    expect(story.summary()).toEqual(["inc_1 OPEN cohort:site=oslo"]);
    for (let i = 0; i < 3; i += 1) story.tick([], { looks: [{ bundleDigest: bundleB, causes: [], judged: fleet }] });
    expect(story.summary()).toEqual(["inc_1 RESOLVED cohort:site=oslo"]);
  });
});

describe("absorbing", () => {
  test("a device within an open cohort updates it, however it is named; another site's opens its own", () => {
    const story = new Story();
    for (let i = 0; i < 2; i += 1) story.tick([cause(oslo)]);
    for (let i = 0; i < 3; i += 1) story.tick([cause(device("oslo-1")), cause(device("porto-1"))]);
    expect(story.summary()).toEqual(["inc_1 OPEN cohort:site=oslo", "inc_2 OPEN device:porto-1"]);
  });

  test("a wider cause takes over what is told of its parts", () => {
    const story = new Story();
    for (let i = 0; i < 2; i += 1) story.tick([cause(oslo), cause(device("porto-1"))]);
    story.tick([cause(wholeFleet)]);
    const active = [...story.incidents.values()].filter(isActive).map((i) => scopeKey(i.scope));
    expect(active).toEqual(["fleet"]);
  });

  test("two looks at one scope in a tick are one sight, by the stronger", () => {
    const story = new Story();
    const looks = [bundleA, bundleB].map((bundleDigest, i) => ({ bundleDigest, causes: [cause(oslo, { score: 0.2 + i / 2 })], judged: fleet }));
    story.tick([], { looks });
    expect([...story.incidents.values()][0]).toMatchObject({ looks: 1, bundleDigest: bundleB });
  });
});

describe("clearing", () => {
  test("silence proves nothing: without devices judged, an incident stays", () => {
    const story = new Story();
    for (let i = 0; i < 2; i += 1) story.tick([cause(oslo)]);
    for (let i = 0; i < 10; i += 1) story.tick([], { judged: [] });
    for (let i = 0; i < 10; i += 1) story.tick([], { judged: ["lyon-1" as DeviceId] });
    expect(story.summary()).toEqual(["inc_1 OPEN cohort:site=oslo"]);
    for (let i = 0; i < 3; i += 1) story.tick([], { judged: ["oslo-1" as DeviceId] });
    expect(story.summary()).toEqual(["inc_1 RESOLVED cohort:site=oslo"]);
  });

  test("an incident whose devices have all been retired ends", () => {
    const story = new Story();
    const gone = { ...cause(device("oslo-1")), scope: device("old-1"), deviceIds: ["old-1" as DeviceId] };
    for (let i = 0; i < 2; i += 1) story.tick([gone]);
    for (let i = 0; i < 3; i += 1) story.tick([], { judged: [] });
    expect(story.summary()).toEqual(["inc_1 RESOLVED device:old-1"]);
  });
});

describe("cooldown and bounds", () => {
  test("for a while after its end nothing within the scope starts anew, then it may; elsewhere it may at once", () => {
    const story = new Story({ cooldownMs: 10_000 });
    for (let i = 0; i < 2; i += 1) story.tick([cause(oslo)]);
    for (let i = 0; i < 3; i += 1) story.tick([]);
    story.tick([cause(oslo)]);
    story.tick([cause(device("oslo-1")), cause(device("porto-1"))]);
    expect(story.summary()).toEqual(["inc_1 RESOLVED cohort:site=oslo", "inc_2 PENDING device:porto-1"]);
    expect(story.heldBack).toBe(2);
    story.tick([], { afterMs: 20_000 });
    for (let i = 0; i < 2; i += 1) story.tick([cause(oslo)]);
    expect(story.summary()).toEqual(["inc_1 RESOLVED cohort:site=oslo", "inc_3 OPEN cohort:site=oslo"]);
  });

  test("no more incidents are active than the policy allows; what is held back is counted", () => {
    const story = new Story({ maxActive: 2 });
    story.tick(fleet.map((id) => cause(device(id))));
    expect(story.incidents.size).toBe(2);
    expect(story.heldBack).toBe(4);
  });
});

const scopes: readonly Scope[] = [wholeFleet, ...sites.map((s) => cohort(`site=${s}`)), cohort("line=1"), cohort("line=2"), ...fleet.map((d) => device(d))];

test("any history of looks: one active incident per scope, none open within another, the resolved stay resolved (property)", () => {
  const look = fc.record({
    scopes: fc.subarray([...scopes], { maxLength: 4 }),
    judged: fc.subarray([...fleet]),
    score: fc.double({ min: 0.1, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(look, { maxLength: 60 }), fc.constantFrom(0, 5_000), (looks, cooldownMs) => {
      const story = new Story({ cooldownMs });
      const resolved = new Set<string>();
      for (const { scopes: seen, judged, score } of looks) {
        const followed = story.tick(
          seen.map((s) => cause(s, { score })),
          { judged },
        );
        expect(new Set(followed.changed.map((i) => i.incidentId)).size).toBe(followed.changed.length);
        const active = [...story.incidents.values()].filter(isActive);
        const prints = active.map((i) => fingerprint(i.modelName, i.scope));
        expect(new Set(prints).size).toBe(prints.length);
        const open = active.filter(isOpen);
        for (const a of open)
          for (const b of open)
            if (a !== b) expect(contains(a.scope, { scope: b.scope, deviceIds: [] }, labelsOf), `${scopeKey(a.scope)} holds ${scopeKey(b.scope)}`).toBe(false);
        for (const id of resolved) expect(story.incidents.get(id)?.state).toBe("RESOLVED");
        for (const i of story.incidents.values()) if (i.state === "RESOLVED") resolved.add(i.incidentId);
      }
      const detected = story.told.filter((t) => t.endsWith("drift.detected"));
      expect(new Set(detected).size).toBe(detected.length);
    }),
    { seed: 23, numRuns: 300 },
  );
});
