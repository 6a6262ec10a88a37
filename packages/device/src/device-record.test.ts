import type { Sha256 } from "@kedge/core";
import { describe, expect, test } from "vitest";
import {
  activated,
  adopted,
  committed,
  type DeviceRecord,
  emptyRecord,
  isRefusedBundle,
  readRecord,
  refused,
  reverted,
  settled,
  startedAgain,
} from "./index.js";

const [a, b, c] = ["a", "b", "c"].map((x) => x.repeat(64)) as [Sha256, Sha256, Sha256];
const wish = (bundleDigest: Sha256, version: number, rolloutId: string | null = "rol_1") => ({ bundleDigest, version, rolloutId });

describe("a device's record", () => {
  test("an update keeps what was committed as the way back, and raises the floor only when it is committed itself", () => {
    const first = committed(activated(emptyRecord, a), 1);
    expect(first).toMatchObject({ current: a, previous: null, trial: null, securityFloor: 1, update: "COMMITTED" });
    const trial = activated(first, b);
    expect(trial).toMatchObject({ current: b, previous: a, trial: { starts: 0 }, securityFloor: 1, update: "PROBATION" });
    expect(committed(trial, 4)).toMatchObject({ current: b, previous: a, trial: null, securityFloor: 4 });
    expect(committed(trial, 0).securityFloor).toBe(1);
  });

  test("a revert goes to what was committed and remembers why; without a trial there is nothing to revert", () => {
    const trial = activated(committed(activated(adopted(emptyRecord, wish(a, 1)), a), 0), b);
    const back = reverted(trial, "device/crash-loop: twice");
    expect(back).toMatchObject({ current: a, previous: null, trial: null, update: "ROLLED_BACK", targetDigest: b, reason: "device/crash-loop: twice" });
    expect(isRefusedBundle(back, b, trial.desiredVersion)).toBe(true);
    expect(reverted(back, "again")).toBe(back);
  });

  test("a trial that replaces a trial keeps the committed bundle as the way back", () => {
    const trial = activated(committed(activated(emptyRecord, a), 0), b);
    expect(activated(trial, c)).toMatchObject({ current: c, previous: a });
  });

  test("starts of the agent count against a trial only", () => {
    const calm = committed(activated(emptyRecord, a), 0);
    expect(startedAgain(calm)).toBe(calm);
    expect(startedAgain(startedAgain(activated(calm, b))).trial).toEqual({ starts: 2 });
  });

  test("an older wish changes nothing; a newer one for another bundle is pending at once", () => {
    const taken = adopted(emptyRecord, wish(a, 5));
    expect(taken).toMatchObject({ desiredVersion: 5, rolloutId: "rol_1", update: "PENDING", targetDigest: a });
    expect(adopted(taken, wish(b, 5))).toBe(taken);
    expect(adopted(taken, wish(b, 4))).toBe(taken);
    expect(adopted(settled({ ...taken, current: a }), wish(a, 6))).toMatchObject({ update: "COMMITTED", desiredVersion: 6 });
  });

  test("the same rollout asking again brings a refused bundle no second chance; another rollout does", () => {
    const no = refused(adopted(emptyRecord, wish(a, 1, "rol_1")), a, "device/self-test-failed: no");
    const again = adopted(no, wish(a, 2, "rol_1"));
    expect([isRefusedBundle(again, a, 2), again.update, again.reason]).toEqual([true, "REJECTED", "device/self-test-failed: no"]);
    const other = adopted(again, wish(a, 3, "rol_2"));
    expect([isRefusedBundle(other, a, 3), other.update, other.reason]).toEqual([false, "PENDING", ""]);
  });

  test("the same rollout asking again does not send a download back to its beginning", () => {
    const loading: DeviceRecord = { ...adopted(emptyRecord, wish(a, 1)), update: "DOWNLOADING" };
    expect(adopted(loading, wish(a, 2))).toEqual({ ...loading, desiredVersion: 2 });
  });

  test("it remembers the last 16 refusals", () => {
    let record = emptyRecord;
    for (let i = 0; i < 40; i += 1) record = refused(record, i.toString(16).padStart(64, "0") as Sha256, "r");
    expect(record.refused.length).toBe(16);
    expect(record.refused.at(-1)?.digest).toBe("27".padStart(64, "0"));
  });
});

describe("a record from a file", () => {
  const whole = refused(activated(committed(activated(adopted(emptyRecord, wish(a, 3)), a), 2), b), c, "r");

  test("is what was written", () => {
    expect(readRecord(JSON.parse(JSON.stringify(whole)))).toEqual(whole);
    expect(readRecord(JSON.parse(JSON.stringify(emptyRecord)))).toEqual(emptyRecord);
  });

  test.each<readonly [string, unknown]>([
    ["no object", "x"],
    ["null", null],
    ["a list", []],
    ["a newer format", { ...whole, formatVersion: 2 }],
    ["a digest that is none", { ...whole, current: "../../etc" }],
    ["a way back that is none", { ...whole, previous: 7 }],
    ["a target that is none", { ...whole, targetDigest: "" }],
    ["a negative version", { ...whole, desiredVersion: -1 }],
    ["a floor that is no number", { ...whole, securityFloor: "0" }],
    ["a trial of nothing", { ...whole, current: null }],
    ["a trial without its count", { ...whole, trial: {} }],
    ["a state that is none", { ...whole, update: "DONE" }],
    ["refusals that are none", { ...whole, refused: [{ digest: a }] }],
    ["a rollout that is no text", { ...whole, rolloutId: 3 }],
    ["a reason that is no text", { ...whole, reason: null }],
  ])("%s is none", (_, value) => {
    expect(readRecord(value)).toBeUndefined();
  });
});
