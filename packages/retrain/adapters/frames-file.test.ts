import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readLabelledFrames, writeLabelledFrames } from "./frames-file.js";
import { toyFrames } from "./toy-job.fixture.js";

let dir = "";
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "kedge-frames-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

test("frames come back from the disk, and nothing is left beside them", async () => {
  const path = join(dir, "a.frames");
  await writeLabelledFrames(path, toyFrames());
  await writeLabelledFrames(path, toyFrames(30));
  expect(await readLabelledFrames(path)).toEqual(toyFrames(30));
  expect(await readdir(dir)).toEqual(["a.frames"]);
});

test("a byte changed on the disk is refused by name", async () => {
  const path = join(dir, "torn.frames");
  await writeLabelledFrames(path, toyFrames());
  const bytes = await readFile(path);
  bytes[bytes.length - 700] = (bytes[bytes.length - 700] ?? 0) ^ 1;
  await writeFile(path, bytes);
  await expect(readLabelledFrames(path)).rejects.toMatchObject({
    code: "retrain/frames-unreadable",
    message: expect.stringContaining("their digest differs"),
    context: { exit: "untrusted" },
  });
});

test("what is absent, too large or wrong fails by name", async () => {
  await expect(readLabelledFrames(join(dir, "none"))).rejects.toMatchObject({ code: "retrain/frames-unreadable", message: expect.stringContaining("ENOENT") });
  const path = join(dir, "large.frames");
  await writeLabelledFrames(path, toyFrames());
  await expect(readLabelledFrames(path, 100)).rejects.toMatchObject({ message: expect.stringContaining("more than 100") });
  await expect(writeLabelledFrames(path, { ...toyFrames(), classes: ["one"] })).rejects.toMatchObject({
    message: expect.stringContaining("row 1 has label 1"),
  });
  await expect(writeLabelledFrames(join(dir, "no", "such", "place"), toyFrames())).rejects.toMatchObject({ context: { exit: "storage" } });
});
