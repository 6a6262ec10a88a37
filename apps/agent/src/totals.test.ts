import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { silentLog } from "@kedge/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Journal, temporaryDirectory } from "./toy-agent.fixture.js";
import { Totals } from "./totals.js";

let home: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeEach(async () => {
  home = await temporaryDirectory();
});
afterEach(() => home.remove());

const counted = (n: number) => ({ windows: n, predictions: 10 * n, errors: 0, samples: 0, lost: 0, sent: n, resent: 0, acknowledged: n });

test("counts go on from one start of the agent to the next, also after a crash", async () => {
  let live = counted(0);
  const first = await Totals.open(home.path, () => live, silentLog);
  live = counted(3);
  await first.close();
  live = counted(0);
  const second = await Totals.open(home.path, () => live, silentLog);
  expect(second.counts).toEqual(counted(3));
  live = counted(2);
  await second.save();
  live = counted(1);
  // The second start ends without a word.
  expect((await Totals.open(home.path, () => live, silentLog)).counts).toEqual(counted(6));
});

test("what has not changed is not written again", async () => {
  const totals = await Totals.open(home.path, () => counted(1), silentLog);
  await totals.save();
  await writeFile(join(home.path, "totals.json"), "untouched");
  await totals.save();
  expect(await readFile(join(home.path, "totals.json"), "utf8")).toBe("untouched");
  expect(await readdir(home.path)).toEqual(["totals.json"]);
});

test.each(["", "{", "[1]x", '{"windows":"many"}', '{"windows":-1}', '{"windows":1e999}'])("totals that say %s begin anew, with a warning", async (text) => {
  await writeFile(join(home.path, "totals.json"), text);
  const journal = new Journal();
  expect((await Totals.open(home.path, () => counted(1), journal)).counts).toEqual(counted(1));
  expect(journal.lines).toHaveLength(1);
});

test("a directory that cannot be written stops nothing", async () => {
  const journal = new Journal();
  await writeFile(join(home.path, "file"), "");
  const totals = await Totals.open(join(home.path, "file"), () => counted(1), journal);
  await totals.close();
  expect(totals.counts).toEqual(counted(1));
  expect(journal.lines.at(-1)).toContain("could not be written");
});
