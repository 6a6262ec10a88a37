import type { PackedBundle } from "@kedge/registry";
import { beforeAll, describe, expect, test } from "vitest";
import { bundleOf, ChunkDesk, desire } from "../collector.fixture.js";
import { everyLeftovers, type Leftovers, PowerCutFiles } from "../directory-slots/power-cut-files.fixture.js";
import { Rig } from "./rig.fixture.js";

let a: PackedBundle;
let b: PackedBundle;
let c: PackedBundle;
beforeAll(async () => {
  [a, b, c] = await Promise.all([bundleOf("a"), bundleOf("b"), bundleOf("c")]);
});

const desk = (): ChunkDesk => new ChunkDesk(a, b, c);

/** One start of the agent that follows a wish to its end, as far as the power lasts. */
async function live(files: PowerCutFiles, wish: PackedBundle, version: number): Promise<Rig | undefined> {
  try {
    const rig = await Rig.start(desk(), files);
    await rig.follow(desire(wish, version));
    await rig.answer();
    await rig.wait(0);
    // A step that the cut ended is told as failed; the real process is simply gone.
    return rig;
  } catch (error) {
    if (files.isCut) return undefined;
    throw error;
  }
}

/** What must hold whenever the device comes back, before it has heard of anybody. */
async function check(files: PowerCutFiles, allowed: readonly string[]): Promise<void> {
  const rig = await Rig.start(desk(), files);
  const { current, previous, trial } = rig.record;
  expect(allowed, "old or new is current").toContain(current);
  expect(rig.served.at(-1) ?? null, "what is current is served").toBe(current);
  for (const digest of [current, previous]) {
    if (digest !== null) expect(await rig.slots.damageOf(digest), "a bundle in a slot is whole").toBeUndefined();
  }
  for (const digest of await rig.slots.shelf()) expect(await rig.slots.damageOf(digest), "a bundle on the shelf is whole").toBeUndefined();
  if (trial !== null && current !== a.digest) expect(previous, "a trial has a way back").not.toBeNull();
}

/** A disk with `a` committed, `b` committed after it and `a` kept, as a device has it that was updated once. */
async function updatedOnce(): Promise<PowerCutFiles> {
  let files = new PowerCutFiles();
  await live(files, a, 1);
  files = files.restarted({ names: "all", contents: "all" });
  const rig = await live(files, b, 2);
  expect(rig?.record).toMatchObject({ current: b.digest, previous: a.digest, trial: null, update: "COMMITTED" });
  return files.restarted({ names: "all", contents: "all" });
}

interface Story {
  readonly name: string;
  readonly disk: () => Promise<PowerCutFiles>;
  readonly wish: () => PackedBundle;
  readonly version: number;
  readonly before: () => string | null;
}

const stories: readonly Story[] = [
  { name: "the first install", disk: async () => new PowerCutFiles(), wish: () => a, version: 1, before: () => null },
  { name: "an update, with an old bundle to delete", disk: updatedOnce, wish: () => c, version: 3, before: () => b.digest },
  { name: "a rollback to the bundle kept", disk: updatedOnce, wish: () => a, version: 3, before: () => b.digest },
];

const whole: Leftovers = { names: "all", contents: "all" };

describe.each(stories)("the power is cut in $name", ({ disk, wish, version, before }) => {
  let operations = 0;

  test("without a cut it comes to rest with the new bundle", async () => {
    const files = await disk();
    const rig = await live(files, wish(), version);
    operations = files.operations;
    expect(rig?.record).toMatchObject({ current: wish().digest, trial: null, update: "COMMITTED", reason: "" });
    expect(operations).toBeGreaterThan(12);
  });

  test("at every operation and with all leftovers: old or new runs, and the next start completes", async () => {
    const start = await disk();
    const ends = new Set<string | null>();
    const seen = new Set<string>();
    for (let cut = 1; cut <= operations; cut += 1) {
      for (const leftovers of everyLeftovers) {
        const files = start.restarted(whole, cut);
        await live(files, wish(), version);
        const found = files.restarted(leftovers);
        if (seen.has(found.fingerprint)) continue;
        seen.add(found.fingerprint);
        await check(found.restarted(whole), [before(), wish().digest] as string[]);
        const again = await live(found, wish(), version);
        expect(again?.record, `cut in operation ${cut}, ${JSON.stringify(leftovers)}`).toMatchObject({
          current: wish().digest,
          trial: null,
          update: "COMMITTED",
          reason: "",
        });
        expect(await again?.slots.damageOf(wish().digest)).toBeUndefined();
        // Nothing half done stays behind.
        const left = found.restarted(whole);
        expect([await left.list("/state/partial"), await left.list("/state/trash")]).toEqual([[], []]);
        ends.add((await Rig.start(desk(), files.restarted(leftovers))).record.current);
      }
    }
    // Both came about, or the test would show little.
    expect([...ends].sort()).toEqual([before(), wish().digest].sort());
    expect(seen.size).toBeGreaterThan(10);
  }, 60_000);

  test("a second cut during the recovery is no worse", async () => {
    const start = await disk();
    for (let cut = 1; cut <= operations; cut += 3) {
      const leftovers = everyLeftovers[cut % everyLeftovers.length] ?? whole;
      const files = start.restarted(whole, cut);
      await live(files, wish(), version);
      const probe = files.restarted(leftovers);
      await live(probe, wish(), version);
      for (let second = 1; second <= probe.operations; second += 2) {
        const interrupted = files.restarted(leftovers, second);
        await live(interrupted, wish(), version);
        const found = interrupted.restarted(everyLeftovers[second % everyLeftovers.length] ?? whole);
        await check(found.restarted(whole), [before(), wish().digest] as string[]);
        const again = await live(found, wish(), version);
        // A bundle that was on trial at both cuts counts as one that crashes the agent, and is not tried a third time.
        const isCrashLoop = again?.record.reason.startsWith("device/crash-loop") === true;
        expect(isCrashLoop ? [before(), "ROLLED_BACK"] : [wish().digest, "COMMITTED"]).toEqual([again?.record.current, again?.record.update]);
      }
    }
  }, 60_000);
});
