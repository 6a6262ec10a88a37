import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "@kedge/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { activated, committed, emptyRecord } from "../../src/index.js";
import { bundleOf, ChunkDesk, sha256, targets } from "../collector.fixture.js";
import { downloadBundle } from "../download/download-bundle.js";
import { DirectorySlots } from "./directory-slots.js";
import { realFiles } from "./file-operations.js";
import { PowerCutFiles } from "./power-cut-files.fixture.js";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "kedge-slots-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function shelved(root: string, version = "1.0.0") {
  const bundle = await bundleOf(version);
  const slots = await DirectorySlots.open(root);
  const wanted = { digest: bundle.digest, manifestDigest: bundle.envelopeSha256 };
  const outcome = await downloadBundle(slots, wanted, new ChunkDesk(bundle), { targetsKeys: [targets.trusted], securityFloor: 0, random: seededRandom(1) });
  expect(outcome.kind).toBe("downloaded");
  return { bundle, slots };
}

describe("slots on a real disk", () => {
  test("hold a bundle as manifest and files, for their owner's eyes", async () => {
    const { bundle } = await shelved(directory);
    const folder = join(directory, "bundles", bundle.digest);
    expect((await readdir(folder)).sort()).toEqual(["files", "manifest.json"]);
    expect((await readdir(join(folder, "files"))).sort()).toEqual(["golden.json", "model.onnx", "reference.bin"]);
    expect((await stat(join(folder, "files", "model.onnx"))).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  test("keep the record over a restart", async () => {
    const slots = await DirectorySlots.open(directory);
    const record = committed(activated(emptyRecord, sha256(new Uint8Array(1))), 3);
    await slots.save(record);
    expect((await DirectorySlots.open(directory)).record).toEqual(record);
  });

  test("find damage by name", async () => {
    const { bundle, slots } = await shelved(directory);
    const files = join(directory, "bundles", bundle.digest, "files");
    expect(await slots.damageOf(bundle.digest)).toBeUndefined();
    const model = await readFile(join(files, "model.onnx"));
    model[70_000] = (model[70_000] ?? 0) ^ 0x40;
    await writeFile(join(files, "model.onnx"), model);
    expect(await slots.damageOf(bundle.digest)).toBe("model.onnx is damaged or missing");
    const whole = await slots.bundle(bundle.digest);
    await rm(join(files, "golden.json"));
    await rm(join(files, "model.onnx"));
    for (const role of ["golden", "no-such-role"])
      await expect(whole?.read(role)).rejects.toMatchObject({ code: "device/state-unusable", message: expect.stringContaining(role) });
    expect(await slots.damageOf(bundle.digest)).toMatch(/(golden.json|model.onnx) is damaged or missing/);
    await writeFile(join(directory, "bundles", bundle.digest, "manifest.json"), "{}");
    expect(await slots.damageOf(bundle.digest)).toBe("manifest.json is damaged or missing");
    expect(await slots.bundle(bundle.digest)).toBeUndefined();
    await expect((await shelved(join(directory, "two"))).slots.bundle(bundle.digest).then((b) => b?.read("no-such-role"))).rejects.toMatchObject({
      code: "device/state-unusable",
    });
  });

  test("never take a bundle in a slot off the shelf", async () => {
    const { bundle, slots } = await shelved(directory);
    await slots.save(committed(activated(emptyRecord, bundle.digest), 0));
    await slots.remove(bundle.digest);
    expect([...(await slots.shelf())]).toEqual([bundle.digest]);
    await slots.save({ ...slots.record, current: null, previous: bundle.digest });
    await slots.remove(bundle.digest);
    expect([...(await slots.shelf())]).toEqual([bundle.digest]);
    await slots.save({ ...slots.record, previous: null });
    await slots.remove(bundle.digest);
    expect([...(await slots.shelf())]).toEqual([]);
    expect(await readdir(join(directory, "trash"))).toEqual([]);
  });

  test("take no notice of strangers in their directories", async () => {
    await mkdir(join(directory, "bundles", "lost+found"), { recursive: true });
    await writeFile(join(directory, "bundles", "README"), "x");
    expect([...(await (await DirectorySlots.open(directory)).shelf())]).toEqual([]);
  });
});

describe("a state directory that cannot be used", () => {
  test.each<readonly [string, () => Promise<string>]>([
    [
      "is a file",
      async () => {
        await writeFile(join(directory, "file"), "");
        return join(directory, "file");
      },
    ],
    [
      "lies below a file",
      async () => {
        await writeFile(join(directory, "file"), "");
        return join(directory, "file", "below");
      },
    ],
    ["lies where nobody may write", async () => "/proc/kedge"],
  ])("because it %s is told with what to do", async (_, make) => {
    const path = await make();
    await expect(DirectorySlots.open(path)).rejects.toMatchObject({
      code: "device/state-unusable",
      message: expect.stringContaining(path),
      hint: expect.stringContaining("--state-dir"),
      context: { exit: "storage" },
    });
  });

  test.each([
    ["cut short", '{"formatVersion":1,'],
    ["of a newer version", '{"formatVersion":2}'],
    ["empty", ""],
  ])("because its record is %s is told, and the record is left alone", async (_, text) => {
    await writeFile(join(directory, "device.json"), text);
    await expect(DirectorySlots.open(directory)).rejects.toMatchObject({
      code: "device/state-unusable",
      message: expect.stringContaining(join(directory, "device.json")),
      hint: expect.stringContaining("backup"),
    });
    expect(await readFile(join(directory, "device.json"), "utf8")).toBe(text);
  });
});

test("a saved record survives a power cut at once", async () => {
  const files = new PowerCutFiles();
  const slots = await DirectorySlots.open("/state", files);
  for (let version = 1; version < 4; version += 1) {
    await slots.save({ ...emptyRecord, desiredVersion: version });
    const found = await DirectorySlots.open("/state", files.restarted({ names: "none", contents: "old" }));
    expect(found.record.desiredVersion).toBe(version);
  }
});

describe("file operations", () => {
  test("what is not there is no fault to read, list, measure or remove", async () => {
    const path = join(directory, "none", "at", "all");
    expect([await realFiles.read(path), await realFiles.list(path), await realFiles.size(path), await realFiles.sha256(path)]).toEqual([
      undefined,
      [],
      undefined,
      undefined,
    ]);
    await realFiles.remove(path);
  });

  test("a part is written in place, and its digest is that of its bytes", async () => {
    const path = join(directory, "part");
    const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251);
    await realFiles.writeAt(path, 0, bytes.subarray(0, 100_000));
    await realFiles.writeAt(path, 100_000, bytes.subarray(100_000));
    expect([await realFiles.size(path), await realFiles.sha256(path)]).toEqual([300_000, sha256(bytes)]);
    // From the beginning means anew.
    await realFiles.writeAt(path, 0, bytes.subarray(0, 10));
    expect(await realFiles.size(path)).toBe(10);
    await realFiles.sync(path);
    await realFiles.sync(directory);
  });

  test("free room is what the system says", async () => {
    const kib = Number(execFileSync("df", ["--output=avail", "-k", directory], { encoding: "utf8" }).split("\n")[1]);
    expect(Math.abs((await realFiles.freeBytes(directory)) / 1024 - kib)).toBeLessThan(512 * 1024);
  });
});
