import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PackedBundle } from "@kedge/registry";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundleOf, ChunkDesk, desire } from "../collector.fixture.js";
import { DirectorySlots } from "../directory-slots/directory-slots.js";
import type { FileOperations } from "../directory-slots/file-operations.js";
import { CrashingFiles, type CrashSide } from "./crashing-files.fixture.js";
import { Rig } from "./rig.fixture.js";

/** The power cut tests judge what a disk may forget; these judge the same walk with the real system calls and their errors. */
let work: string;
let a: PackedBundle;
let b: PackedBundle;
let copies = 0;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "kedge-crash-"));
  [a, b] = await Promise.all([bundleOf("a"), bundleOf("b")]);
  const rig = await live(join(work, "installed"), new CrashingFiles(), a, 1);
  expect(rig?.record).toMatchObject({ current: a.digest, trial: null });
});
afterAll(() => rm(work, { recursive: true, force: true }));

/** One start of the agent that follows a wish to its end, or as far as it lives. */
async function live(root: string, files: FileOperations, wish: PackedBundle, version: number): Promise<Rig | undefined> {
  try {
    const rig = await Rig.start(new ChunkDesk(a, b), files, {}, root);
    await rig.follow(desire(wish, version));
    await rig.answer();
    await rig.wait(0);
    return rig;
  } catch (error) {
    if (files instanceof CrashingFiles && files.isCrashed) return undefined;
    throw error;
  }
}

async function freshCopy(of: string | null): Promise<string> {
  copies += 1;
  const root = join(work, `copy-${copies}`);
  if (of !== null) await cp(join(work, of), root, { recursive: true });
  return root;
}

interface Story {
  readonly name: string;
  readonly from: string | null;
  readonly wish: () => PackedBundle;
  readonly before: () => string | null;
}

describe.each<Story>([
  { name: "the first install", from: null, wish: () => a, before: () => null },
  { name: "an update", from: "installed", wish: () => b, before: () => a.digest },
])("the agent dies in $name", ({ from, wish, before }) => {
  test.each<CrashSide>(["begun", "done"])(
    "at every operation, %s: the record is readable, what is current is whole, and the next start completes",
    async (side) => {
      const whole = new CrashingFiles();
      const undisturbed = await live(await freshCopy(from), whole, wish(), 2);
      expect(undisturbed?.record).toMatchObject({ current: wish().digest, trial: null, update: "COMMITTED" });
      const ends = new Set<string | null>();
      for (let crashAt = 1; crashAt <= whole.operations; crashAt += 1) {
        const root = await freshCopy(from);
        await live(root, new CrashingFiles(crashAt, side), wish(), 2);
        const found = await DirectorySlots.open(root);
        const { current } = found.record;
        expect([before(), wish().digest], `operation ${crashAt}`).toContain(current);
        ends.add(current);
        for (const digest of await found.shelf()) expect(await found.damageOf(digest), `operation ${crashAt}`).toBeUndefined();
        if (current !== null) expect(await found.damageOf(current), `operation ${crashAt}`).toBeUndefined();
        const again = await live(root, new CrashingFiles(), wish(), 2);
        expect(again?.record, `operation ${crashAt}`).toMatchObject({ current: wish().digest, trial: null, update: "COMMITTED", reason: "" });
        expect([await readdir(join(root, "partial")), await readdir(join(root, "trash"))], `operation ${crashAt}`).toEqual([[], []]);
        await rm(root, { recursive: true, force: true });
      }
      // Both came about, or the test would show little.
      expect([...ends].sort()).toEqual([before(), wish().digest].sort());
    },
    60_000,
  );
});
