import type { Sha256 } from "@kedge/core";
import type { PackedBundle } from "@kedge/registry";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { bundleOf, ChunkDesk, desire, stranger, targets } from "../collector.fixture.js";
import type { ShelvedBundle } from "../directory-slots/directory-slots.js";
import { PowerCutFiles } from "../directory-slots/power-cut-files.fixture.js";
import { Rig } from "./rig.fixture.js";

let a: PackedBundle;
let b: PackedBundle;
let c: PackedBundle;
beforeAll(async () => {
  [a, b, c] = await Promise.all([bundleOf("a"), bundleOf("b"), bundleOf("c")]);
});

let files: PowerCutFiles;
let desk: ChunkDesk;
beforeEach(() => {
  files = new PowerCutFiles();
  desk = new ChunkDesk(a, b, c);
});

const restarted = (): PowerCutFiles => {
  files = files.restarted({ names: "all", contents: "all" });
  return files;
};

/** A device that runs `a`, committed. */
async function running(changes: Parameters<typeof Rig.start>[2] = {}): Promise<Rig> {
  const first = await Rig.start(desk, files);
  await first.follow(desire(a, 1));
  await first.answer();
  return Rig.start(desk, restarted(), changes);
}

const updates = (rig: Rig): string[] => rig.records.map((r) => r.update).filter((u, i, all) => u !== all[i - 1]);

describe("an update", () => {
  test("goes through every state, each on the disk before it is told, and commits on good answers", async () => {
    const rig = await Rig.start(desk, files);
    expect([rig.record.update, rig.updater.served]).toEqual(["IDLE", null]);
    await rig.follow(desire(a, 1));
    expect(rig.record).toMatchObject({ current: a.digest, trial: { starts: 0 }, update: "PROBATION", desiredVersion: 1 });
    expect([rig.served, rig.tested]).toEqual([[a.digest], [a.digest]]);
    await rig.answer(true, 2);
    expect(rig.record.update).toBe("PROBATION");
    await rig.answer();
    expect(rig.record).toMatchObject({ trial: null, update: "COMMITTED", reason: "" });
    expect(updates(rig)).toEqual(["PENDING", "DOWNLOADING", "SELF_TESTING", "PROBATION", "COMMITTED"]);
  });

  test("of a device that predicts seldom commits when the time is over", async () => {
    const rig = await Rig.start(desk, files);
    await rig.follow(desire(a, 1));
    await rig.wait(29_999);
    expect(rig.record.update).toBe("PROBATION");
    await rig.wait(1);
    expect(rig.record.update).toBe("COMMITTED");
  });

  test("keeps the bundle before it and deletes older ones", async () => {
    const rig = await running();
    for (const [version, bundle] of [b, c].entries()) {
      await rig.follow(desire(bundle, 2 + version));
      await rig.answer();
    }
    expect(rig.record).toMatchObject({ current: c.digest, previous: b.digest });
    expect(await rig.slots.shelf()).toEqual(new Set([b.digest, c.digest]));
  });

  test("back to the bundle kept needs no download", async () => {
    const rig = await running();
    await rig.follow(desire(b, 2));
    await rig.answer();
    desk.requests.length = 0;
    await rig.follow(desire(a, 3));
    await rig.answer();
    expect([rig.record.current, rig.record.update, desk.requests.length]).toEqual([a.digest, "COMMITTED", 0]);
    expect(rig.tested.at(-1)).toBe(a.digest);
  });

  test("of what runs already is told at once", async () => {
    const rig = await running();
    await rig.follow(desire(a, 2));
    expect(rig.record).toMatchObject({ update: "COMMITTED", targetDigest: a.digest, desiredVersion: 2 });
    expect(rig.served).toEqual([a.digest]);
  });
});

describe("a bundle that must not run", () => {
  test("fails its self-test: what ran runs on, and it is not tried again for the same wish", async () => {
    const rig = await running({ selfTest: async () => "golden case 0: expected 0.75, found 0.5" });
    await rig.follow(desire(b, 2));
    expect(rig.record).toMatchObject({
      current: a.digest,
      update: "REJECTED",
      targetDigest: b.digest,
      reason: expect.stringMatching(/^device\/self-test-failed: golden case 0/),
    });
    desk.requests.length = 0;
    await rig.follow(desire(b, 2));
    expect([rig.served, desk.requests.length]).toEqual([[a.digest], 0]);
  });

  test("is signed by a stranger", async () => {
    const rig = await running();
    const forged = await bundleOf("b", {}, stranger.signer);
    desk.offer(forged);
    await rig.follow(desire(forged, 2));
    expect(rig.record).toMatchObject({ current: a.digest, update: "REJECTED", reason: expect.stringContaining("registry/unknown-key") });
    expect(rig.served).toEqual([a.digest]);
  });

  test("is signed by somebody who was trusted after this device was enrolled: it asks once, and takes it", async () => {
    const keys = [targets.trusted];
    let asked = 0;
    const refreshKeys = async (): Promise<boolean> => {
      asked += 1;
      if (asked > 1) keys.push(stranger.trusted);
      return asked > 1;
    };
    const rig = await running({ targetsKeys: () => keys, refreshKeys });
    const later = await bundleOf("b", {}, stranger.signer);
    desk.offer(later);
    await rig.follow(desire(later, 2));
    expect([rig.record.update, asked]).toEqual(["REJECTED", 1]);
    await rig.follow(desire(later, 3));
    await rig.answer();
    expect([rig.record.current, rig.record.update, asked]).toEqual([later.digest, "COMMITTED", 2]);
  });

  test("cannot be loaded once it is activated: back at once", async () => {
    const rig = await running({
      serve: async (bundle) => {
        if (bundle?.digest === b.digest) throw new Error("out of memory");
      },
    });
    await rig.follow(desire(b, 2));
    expect(rig.record).toMatchObject({ current: a.digest, trial: null, update: "ROLLED_BACK", reason: expect.stringContaining("out of memory") });
    expect(rig.updater.served).toBe(a.digest);
  });

  test("fails its first readings: back to what was committed", async () => {
    const rig = await running();
    await rig.follow(desire(b, 2));
    await rig.answer(false);
    expect(rig.record).toMatchObject({
      current: a.digest,
      update: "ROLLED_BACK",
      reason: expect.stringContaining("device/probation-failed: 6 of the first 6"),
    });
    expect(rig.served).toEqual([a.digest, b.digest, a.digest]);
  });

  test("is judged by its own readings only", async () => {
    const rig = await running();
    await rig.follow(desire(b, 2));
    for (let i = 0; i < 9; i += 1) rig.updater.noteOutcome(false, a.digest);
    rig.updater.tick();
    await rig.updater.idle();
    expect(rig.record.update).toBe("PROBATION");
  });

  test("crashes the agent: the second start with it goes back before it is loaded again", async () => {
    let rig = await running();
    await rig.follow(desire(b, 2));
    rig = await Rig.start(desk, restarted());
    expect([rig.record.trial, rig.served]).toEqual([{ starts: 1 }, [b.digest]]);
    rig = await Rig.start(desk, restarted());
    expect(rig.record).toMatchObject({ current: a.digest, update: "ROLLED_BACK", reason: expect.stringContaining("device/crash-loop") });
    expect(rig.served).toEqual([a.digest]);
    await rig.follow(desire(b, 2));
    expect(rig.record.current).toBe(a.digest);
  });

  test("has a counter below the floor, also when it lies on the shelf", async () => {
    const safe = await bundleOf("s", { securityCounter: 2 });
    desk.offer(safe);
    const rig = await running();
    await rig.follow(desire(safe, 2));
    await rig.answer();
    expect(rig.record).toMatchObject({ securityFloor: 2, previous: a.digest });
    await rig.follow(desire(a, 3));
    expect(rig.record).toMatchObject({ current: safe.digest, update: "REJECTED", reason: expect.stringContaining("registry/below-security-floor") });
  });

  test("that raises the floor does so only once it is committed", async () => {
    const safe = await bundleOf("s", { securityCounter: 2 });
    desk.offer(safe);
    const rig = await running();
    await rig.follow(desire(safe, 2));
    await rig.answer(false);
    expect(rig.record).toMatchObject({ current: a.digest, securityFloor: 0 });
  });
});

describe("another wish", () => {
  test("ends a download of what is no longer wanted, and the record tells of it", async () => {
    const rig = await running();
    desk.onTheWay = (chunk) => {
      if (chunk.total > 60_000) rig.updater.follow(desire(a, 3));
      return [chunk];
    };
    await rig.follow(desire(b, 2));
    expect(rig.record).toMatchObject({ current: a.digest, update: "COMMITTED", targetDigest: a.digest, reason: "", desiredVersion: 3 });
    expect(await rig.slots.shelf()).toEqual(new Set([a.digest]));
  });

  test("ends a self-test", async () => {
    const rig = await running({
      selfTest: (bundle, signal) =>
        new Promise((resolve) => {
          if (bundle.digest !== b.digest) return resolve(undefined);
          signal.addEventListener("abort", () => resolve("killed"));
          rig.updater.follow(desire(c, 3));
        }),
    });
    await rig.follow(desire(b, 2));
    expect(rig.record).toMatchObject({ current: c.digest, update: "PROBATION" });
    expect(rig.record.refused).toEqual([]);
  });

  test("ends a trial: the way is over what was committed", async () => {
    const rig = await running();
    await rig.follow(desire(b, 2));
    await rig.follow(desire(c, 3));
    await rig.answer();
    expect(rig.record).toMatchObject({ current: c.digest, previous: a.digest, update: "COMMITTED" });
    expect(rig.served).toEqual([a.digest, b.digest, a.digest, c.digest]);
    expect(rig.records.find((r) => r.update === "ROLLED_BACK")?.reason).toContain("device/superseded");
  });

  test("that cannot be followed is told with its reason until a good one comes", async () => {
    const rig = await running();
    await rig.updater.noteRefusal("device/untrusted-desired: x");
    expect(rig.record).toMatchObject({ current: a.digest, update: "COMMITTED", reason: "device/untrusted-desired: x" });
    const told = rig.records.length;
    await rig.updater.noteRefusal("device/untrusted-desired: x");
    expect(rig.records.length).toBe(told);
    await rig.follow(desire(a, 2));
    expect(rig.record.reason).toBe("");
  });
});

describe("what fails for want of network, room or disk", () => {
  test("is tried again, later each time, and at once when there is a connection again", async () => {
    const rig = await running();
    desk.onTheWay = () => [];
    await rig.follow(desire(b, 2));
    expect(rig.record).toMatchObject({ update: "FAILED", reason: expect.stringContaining("device/download-stalled") });
    const asked = desk.requests.length;
    await rig.wait(19_999);
    expect(desk.requests.length).toBe(asked);
    await rig.wait(40_000);
    expect(desk.requests.length).toBeGreaterThan(asked);
    desk.onTheWay = (chunk) => [chunk];
    rig.updater.retryNow();
    await rig.updater.idle();
    await rig.answer();
    expect(rig.record).toMatchObject({ current: b.digest, update: "COMMITTED" });
  });

  test("a record that cannot be written stops nothing: what runs runs on, and the step is tried again", async () => {
    const rig = await running();
    const { write } = files;
    files.write = () => Promise.reject(new Error("EIO"));
    await rig.follow(desire(b, 2));
    expect([rig.record.current, rig.updater.served]).toEqual([a.digest, a.digest]);
    files.write = write;
    await rig.wait(60_000);
    await rig.answer();
    expect(rig.record).toMatchObject({ current: b.digest, update: "COMMITTED" });
  });
});

describe("a disk that spoils a bundle", () => {
  const spoil = async (digest: Sha256, name: string): Promise<void> => {
    const path = `/state/bundles/${digest}/files/${name}`;
    await files.write(path, Uint8Array.of(1, 2, 3));
  };

  test("that runs: the one before it steps in, until it has come anew", async () => {
    const first = await running();
    await first.follow(desire(b, 2));
    await first.answer();
    await spoil(b.digest, "model.onnx");
    const rig = await Rig.start(desk, restarted());
    expect([rig.record.current, rig.updater.served]).toEqual([b.digest, a.digest]);
    await rig.follow(desire(b, 2));
    expect([rig.updater.served, rig.record.update, rig.record.trial]).toEqual([b.digest, "COMMITTED", null]);
    expect(await rig.slots.damageOf(b.digest)).toBeUndefined();
  });

  test("that runs, and there is none before it: nothing is served, until it has come anew", async () => {
    await running();
    await spoil(a.digest, "reference.bin");
    const rig = await Rig.start(desk, restarted());
    expect([rig.updater.served, rig.served]).toEqual([null, []]);
    await rig.follow(desire(a, 1));
    expect(rig.updater.served).toBe(a.digest);
  });

  test("that is kept for going back: it comes anew", async () => {
    const rig = await running();
    await rig.follow(desire(b, 2));
    await rig.answer();
    await spoil(a.digest, "model.onnx");
    await rig.follow(desire(a, 3));
    expect(rig.record).toMatchObject({ current: b.digest, update: "FAILED", reason: "device/digest-mismatch: model.onnx is damaged or missing" });
    await rig.wait(60_000);
    await rig.answer();
    expect(rig.record).toMatchObject({ current: a.digest, update: "COMMITTED" });
  });
});

test("stopping ends a self-test, and the next start goes on from there", async () => {
  let tests = 0;
  const selfTest = (_: ShelvedBundle, signal: AbortSignal): Promise<string | undefined> =>
    new Promise((resolve) => {
      tests += 1;
      signal.addEventListener("abort", () => resolve("killed"));
      void rig.updater.stop();
    });
  const rig = await Rig.start(desk, files, { selfTest });
  await rig.follow(desire(a, 1));
  expect([tests, rig.record.update, rig.record.refused]).toEqual([1, "SELF_TESTING", []]);
  const next = await Rig.start(desk, restarted());
  desk.requests.length = 0;
  await next.follow(desire(a, 1));
  expect([next.record.current, desk.requests.length]).toEqual([a.digest, 0]);
});
