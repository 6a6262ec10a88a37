import { type Random, randomInt, seededRandom, type Sha256 } from "@kedge/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  activated,
  adopted,
  committed,
  type DeviceFacts,
  type DeviceRecord,
  type DeviceStep,
  emptyRecord,
  isRefusedBundle,
  maxTrialStarts,
  nextStep,
  refused,
  reverted,
  settled,
} from "./index.js";

const digests = ["a", "b", "c", "d"].map((x) => x.repeat(64) as Sha256);
const [a, b, c] = digests as [Sha256, Sha256, Sha256, Sha256];
const wish = (bundleDigest: Sha256, version = 9) => ({ bundleDigest, manifestDigest: "f".repeat(64) as Sha256, version, rolloutId: "rol_1" });
const calm = committed(activated(emptyRecord, a), 0);
const facts = (record: DeviceRecord, shelf: readonly Sha256[] = [], tested: readonly Sha256[] = []): DeviceFacts => ({
  record,
  shelf: new Set(shelf),
  tested: new Set(tested),
});

describe("the next step", () => {
  test.each<readonly [string, ReturnType<typeof wish> | null, DeviceFacts, DeviceStep | undefined]>([
    ["nothing wanted, nothing to do", null, facts(emptyRecord), undefined],
    ["nothing heard yet: nothing is deleted", null, facts(calm, [a, b]), undefined],
    ["what is wanted is not there", wish(b), facts(calm, [a]), { kind: "Download", digest: b, manifestDigest: wish(b).manifestDigest }],
    ["it is there and untested", wish(b), facts(calm, [a, b]), { kind: "SelfTest", digest: b }],
    ["it is tested", wish(b), facts(calm, [a, b], [b]), { kind: "Activate", digest: b }],
    ["it is on trial", wish(b), facts(activated(calm, b), [a, b]), { kind: "Watch", digest: b }],
    ["it is on trial, and nothing was heard yet", null, facts(activated(calm, b), [a, b]), { kind: "Watch", digest: b }],
    ["it runs", wish(b), facts(committed(activated(calm, b), 0), [a, b]), undefined],
    [
      "it runs, and the disk has lost it",
      wish(b),
      facts(committed(activated(calm, b), 0), [a]),
      { kind: "Download", digest: b, manifestDigest: wish(b).manifestDigest },
    ],
    ["it runs, and the record tells of another", wish(a), facts({ ...calm, update: "DOWNLOADING", targetDigest: b }, [a]), { kind: "Settle", digest: a }],
    ["it was refused under this wish", wish(b), facts(refused({ ...calm, desiredVersion: 9 }, b, "r"), [a]), undefined],
    ["it was refused under an older wish", wish(b), facts(refused({ ...calm, desiredVersion: 8 }, b, "r"), [a, b]), { kind: "SelfTest", digest: b }],
    ["a third bundle takes room", wish(b), facts(committed(activated(calm, b), 0), [a, b, c]), { kind: "Delete", digest: c }],
  ])("%s", (_, desired, given, expected) => {
    expect(nextStep(desired, given)).toEqual(expected);
  });

  test("a trial that the agent started with twice is gone back from, wanted or not", () => {
    const crashed = { ...activated(calm, b), trial: { starts: 2 } };
    for (const desired of [null, wish(b), wish(a)])
      expect(nextStep(desired, facts(crashed, [a, b]))).toMatchObject({ kind: "Revert", reason: expect.stringContaining("device/crash-loop") });
  });

  test("a trial of what is no longer wanted ends at once", () => {
    expect(nextStep(wish(a), facts(activated(calm, b), [a, b]))).toMatchObject({ kind: "Revert", reason: expect.stringContaining("device/superseded") });
  });
});

/** What a step does when the world is kind (or, by chance, not). */
function done(step: DeviceStep, given: DeviceFacts, random: Random, isUnkind: boolean): DeviceFacts {
  const shelf = new Set(given.shelf);
  const tested = new Set(given.tested);
  const fails = isUnkind && random() < 0.4;
  switch (step.kind) {
    case "Download":
      if (fails) return { ...given, record: refused(given.record, step.digest, "r") };
      shelf.add(step.digest);
      return { ...given, shelf };
    case "SelfTest":
      if (fails) return { ...given, record: refused(given.record, step.digest, "r") };
      tested.add(step.digest);
      return { ...given, tested };
    case "Activate":
      expect(shelf.has(step.digest) && tested.has(step.digest), "whole and tested").toBe(true);
      return { ...given, record: activated(given.record, step.digest) };
    case "Watch":
      return { ...given, record: fails ? reverted(given.record, "r") : committed(given.record, 0) };
    case "Revert":
      return { ...given, record: reverted(given.record, step.reason) };
    case "Settle":
      return { ...given, record: settled(given.record) };
    case "Delete":
      expect([given.record.current, given.record.previous], "a bundle in a slot").not.toContain(step.digest);
      shelf.delete(step.digest);
      return { ...given, shelf };
  }
}

function anyRecord(random: Random): DeviceRecord {
  const pick = (): Sha256 => digests[randomInt(random, digests.length)] ?? a;
  let record: DeviceRecord = emptyRecord;
  for (let i = 0; i < randomInt(random, 6); i += 1) {
    const chance = random();
    if (chance < 0.4) record = activated(record, pick());
    else if (chance < 0.6) record = committed(record, 0);
    else if (chance < 0.8) record = reverted(record, "r");
    else record = refused(record, pick(), "r");
    record = { ...record, desiredVersion: randomInt(random, 10), trial: record.trial === null ? null : { starts: randomInt(random, 4) } };
  }
  return record;
}

test("whatever else is, a trial only goes on or back, and back from the second start on", () => {
  const digest = fc.constantFrom(...digests);
  const some = fc.uniqueArray(digest).map((list) => new Set(list));
  fc.assert(
    fc.property(digest, fc.option(digest), fc.nat({ max: 4 }), fc.option(digest), some, some, (current, previous, starts, wanted, shelf, tested) => {
      const record: DeviceRecord = { ...emptyRecord, current, previous, trial: { starts } };
      const step = nextStep(wanted === null ? null : wish(wanted), { record, shelf, tested });
      const mustGoBack = starts >= maxTrialStarts || (wanted !== null && wanted !== current);
      expect(step?.kind).toBe(mustGoBack ? "Revert" : "Watch");
    }),
    { seed: 2, numRuns: 500 },
  );
});

test("from any state, one step after the other comes to rest with what is wanted running, or refused", () => {
  const random = seededRandom(11);
  const ends = { running: 0, refused: 0 };
  for (let run = 0; run < 3_000; run += 1) {
    const desired = wish(digests[randomInt(random, digests.length)] ?? a);
    let given = facts(
      adopted(anyRecord(random), desired),
      digests.filter(() => random() < 0.5),
      digests.filter(() => random() < 0.3),
    );
    // A wish is taken up before anything is done for it.
    given = { ...given, record: { ...given.record, desiredVersion: desired.version } };
    const isUnkind = random() < 0.5;
    let steps = 0;
    for (let step = nextStep(desired, given); step !== undefined; step = nextStep(desired, given)) {
      given = done(step, given, random, isUnkind);
      steps += 1;
      expect(steps).toBeLessThan(16);
    }
    const { record } = given;
    expect(record.trial).toBeNull();
    const isRunning = record.current === desired.bundleDigest;
    const isRefused = isRefusedBundle(record, desired.bundleDigest, desired.version);
    expect(isRunning || isRefused).toBe(true);
    if (isRunning && !isRefused) expect(record).toMatchObject({ update: "COMMITTED", targetDigest: desired.bundleDigest, reason: "" });
    ends[isRunning ? "running" : "refused"] += 1;
  }
  expect(Math.min(ends.running, ends.refused)).toBeGreaterThan(200);
});
