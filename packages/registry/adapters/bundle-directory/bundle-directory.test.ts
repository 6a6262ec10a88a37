import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { manualClock } from "@kedge/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { encodeBase64, type PackedBundle } from "../../src/index.js";
import { tinyBundle } from "../../src/tiny-bundle.fixture.js";
import { createKeyPair, MemoryBundleStore, readBundleDirectory, sha256, storeBundleDirectory, storePackedBundle, writeBundleDirectory } from "../index.js";

let folder = "";
let path = "";
let bundle: PackedBundle;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kedge-bundle-"));
  path = join(folder, "clothes");
  bundle = await tinyBundle(createKeyPair().signer, sha256, { others: { card: { path: "card.md", content: Buffer.from("# Clothes") } } });
  await writeBundleDirectory(path, bundle);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("a bundle comes back from its directory", async () => {
  const found = await readBundleDirectory(path);
  expect(found).toMatchObject({ path, digest: bundle.digest, manifest: bundle.manifest, envelope: bundle.envelope });
  for (const [role, file] of Object.entries(bundle.manifest.files))
    expect(Buffer.from(await found.readFile(role))).toEqual(Buffer.from(bundle.files.get(file.path) ?? []));
  expect(await readdir(folder)).toEqual(["clothes"]);
});

test("and goes into a store, twice if need be", async () => {
  const store = new MemoryBundleStore(manualClock(0));
  const found = await readBundleDirectory(path);
  expect(await storeBundleDirectory(found, store)).toBe(bundle.digest);
  expect(await storeBundleDirectory(found, store)).toBe(bundle.digest);
  expect(await store.getBlob(bundle.manifest.files.model.sha256)).toEqual(bundle.files.get("model.onnx"));
});

describe("a directory that is not what was packed is refused by name", () => {
  const spoiled: readonly [string, (path: string) => Promise<unknown>, string, string][] = [
    ["a flipped byte", (p) => writeFile(join(p, "files", "model.onnx"), Uint8Array.of(8, 7, 6, 4)), "registry/digest-mismatch", "files/model.onnx"],
    ["a cut file", (p) => truncate(join(p, "files", "model.onnx"), 2), "registry/digest-mismatch", "files/model.onnx has 2 bytes"],
    ["a missing file", (p) => rm(join(p, "files", "golden.json")), "registry/missing-file", "files/golden.json"],
    ["an unlisted file", (p) => writeFile(join(p, "files", "run.sh"), ""), "registry/unlisted-file", '"run.sh"'],
    ["an unlisted file beside", (p) => writeFile(join(p, "README"), ""), "registry/unlisted-file", '"README"'],
    ["an unlisted folder", (p) => mkdir(join(p, "files", "more")), "registry/unlisted-file", '"more"'],
    ["no files", (p) => rm(join(p, "files"), { recursive: true }), "registry/missing-file", "files"],
    ["no manifest", (p) => rm(join(p, "manifest.json")), "registry/missing-file", "manifest.json"],
    ["a manifest that is none", (p) => writeFile(join(p, "manifest.json"), "{}"), "registry/invalid-envelope", "reading the bundle directory"],
    [
      "a file that is a folder",
      async (p) => {
        await rm(join(p, "files", "model.onnx"));
        await mkdir(join(p, "files", "model.onnx"));
      },
      "registry/not-a-file",
      "files/model.onnx",
    ],
    [
      "a file that is a link",
      async (p) => {
        await rename(join(p, "files", "model.onnx"), join(p, "..", "model"));
        await symlink(join(p, "..", "model"), join(p, "files", "model.onnx"));
      },
      "registry/not-a-file",
      "symbolic link",
    ],
    [
      "files that are a link",
      async (p) => {
        await rename(join(p, "files"), join(p, "..", "elsewhere"));
        await symlink(join(p, "..", "elsewhere"), join(p, "files"));
      },
      "registry/missing-file",
      "files is no directory",
    ],
    [
      "a manifest that is a link",
      async (p) => {
        await rename(join(p, "manifest.json"), join(p, "..", "m"));
        await symlink(join(p, "..", "m"), join(p, "manifest.json"));
      },
      "registry/not-a-file",
      "manifest.json is a symbolic link",
    ],
  ];
  test.each(spoiled)("%s", async (_, spoil, code, words) => {
    await spoil(path);
    await expect(readBundleDirectory(path)).rejects.toMatchObject({ code, message: expect.stringContaining(words), context: { exit: "untrusted" } });
  });

  test.skipIf(process.platform === "win32")("a file that is a pipe, without waiting for it", async () => {
    await rm(join(path, "files", "model.onnx"));
    execFileSync("mkfifo", [join(path, "files", "model.onnx")]);
    await expect(readBundleDirectory(path)).rejects.toMatchObject({ code: "registry/not-a-file" });
  });

  test("a manifest whose paths lead out", async () => {
    const evil = { ...bundle.manifest, files: { ...bundle.manifest.files, model: { ...bundle.manifest.files.model, path: "../../secret" } } };
    await writeFile(join(path, "manifest.json"), JSON.stringify({ ...bundle.envelope, payload: encodeBase64(Buffer.from(JSON.stringify(evil))) }));
    await expect(readBundleDirectory(path)).rejects.toMatchObject({ code: "registry/invalid-manifest", message: expect.stringContaining("files.model.path") });
  });

  test("a file that changes after it was checked", async () => {
    const found = await readBundleDirectory(path);
    await writeFile(join(path, "files", "model.onnx"), Uint8Array.of(0, 0, 0, 0));
    await expect(found.readFile("model")).rejects.toMatchObject({ code: "registry/digest-mismatch" });
    await expect(found.readFile("toString")).rejects.toMatchObject({ code: "registry/missing-file" });
  });

  test("a path where nothing is", async () => {
    await expect(readBundleDirectory(join(folder, "absent"))).rejects.toMatchObject({
      code: "registry/missing-file",
      message: expect.stringContaining("absent"),
    });
  });
});

describe("writing", () => {
  test("never replaces what is there, and leaves nothing half-done", async () => {
    await expect(writeBundleDirectory(path, bundle)).rejects.toMatchObject({ code: "registry/exists", context: { exit: "conflict" } });
    await writeFile(join(folder, "taken"), "");
    await expect(writeBundleDirectory(join(folder, "taken"), bundle)).rejects.toMatchObject({ code: "registry/exists" });
    expect((await readdir(folder)).sort()).toEqual(["clothes", "taken"]);
    expect((await readBundleDirectory(path)).digest).toBe(bundle.digest);
  });

  test("into a place that cannot be written says so", async () => {
    await writeFile(join(folder, "file"), "");
    await expect(writeBundleDirectory(join(folder, "file", "bundle"), bundle)).rejects.toMatchObject({
      code: "registry/unwritable",
      context: { exit: "storage" },
    });
  });
});

test("a packed bundle that lacks a file is not stored", async () => {
  const store = new MemoryBundleStore(manualClock(0));
  const files = new Map([...bundle.files].filter(([name]) => name !== "golden.json"));
  await expect(storePackedBundle({ ...bundle, files }, store)).rejects.toMatchObject({
    code: "registry/missing-file",
    message: expect.stringContaining("golden.json"),
  });
  expect(await store.listBundles()).toEqual([]);
});
