import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { manualClock } from "@kedge/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { tinyBundle } from "../../src/tiny-bundle.fixture.js";
import { createKeyPair, DirectoryBundleStore, sha256, storePackedBundle } from "../index.js";

let root = "";
const clock = manualClock(1_770_000_000_000);
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "kedge-blobs-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const pathOf = (digest: string): string => join(root, "blobs", digest.slice(0, 2), digest);

describe("what the disk damages", () => {
  test.each(["flipped", "cut"])("a blob that was %s is not given out, and is healed by putting it again", async (how) => {
    const store = await DirectoryBundleStore.open(root, clock);
    const { sha256: digest } = await store.putBlob(Buffer.from("the model"));
    if (how === "cut") await truncate(pathOf(digest), 3);
    else await writeFile(pathOf(digest), "the modem");
    await expect(store.getBlob(digest)).rejects.toMatchObject({ code: "registry/digest-mismatch", context: { exit: "untrusted" } });
    await store.putBlob(Buffer.from("the model"));
    expect(Buffer.from(await store.getBlob(digest)).toString()).toBe("the model");
  });

  test("a bundle whose manifest was altered is refused by name, and its blobs are not deleted for it", async () => {
    const store = await DirectoryBundleStore.open(root, clock);
    const bundle = await tinyBundle(createKeyPair().signer, sha256);
    const other = await tinyBundle(createKeyPair().signer, sha256, { version: "2.0.0" });
    const digest = await storePackedBundle(bundle, store);
    const path = join(root, "bundles", `${digest}.json`);
    await writeFile(path, JSON.stringify(other.envelope));
    await expect(store.findBundle(digest)).rejects.toMatchObject({ code: "registry/digest-mismatch" });
    await writeFile(path, "{}");
    await expect(store.findBundle(digest)).rejects.toMatchObject({ code: "registry/invalid-envelope", message: expect.stringContaining(path) });
    clock.advance(1e9);
    await expect(store.deleteUnreferenced({ graceMs: 0 })).rejects.toMatchObject({ code: "registry/invalid-envelope" });
    expect(await store.findBlob(bundle.manifest.files.model.sha256)).toBeDefined();
  });
});

test("what a crash left half-written is gone at the next opening; the rest is there", async () => {
  const before = await DirectoryBundleStore.open(root, clock);
  const { sha256: digest } = await before.putBlob(Uint8Array.of(1));
  await writeFile(join(root, "tmp", "half"), "torn");
  const after = await DirectoryBundleStore.open(root, clock);
  expect(await readdir(join(root, "tmp"))).toEqual([]);
  expect([...(await after.getBlob(digest))]).toEqual([1]);
});

test("nothing is left in tmp, whatever came of a blob", async () => {
  const store = await DirectoryBundleStore.open(root, clock);
  await store.putBlob(Uint8Array.of(1));
  await store.putBlob(Uint8Array.of(1));
  await expect(store.putBlob(Uint8Array.of(1), { bytes: 2 })).rejects.toMatchObject({ code: "registry/digest-mismatch" });
  expect(await readdir(join(root, "tmp"))).toEqual([]);
});

test("a sender that never ends is cut off at the size that was promised", async () => {
  const store = await DirectoryBundleStore.open(root, clock);
  let sent = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      sent += 1000;
      yield new Uint8Array(1000);
    }
  }
  await expect(store.putBlob(endless(), { bytes: 5000 })).rejects.toMatchObject({ code: "registry/digest-mismatch" });
  expect(sent).toBe(6000);
});

test("a directory that cannot be made says which, and what to do", async () => {
  const file = join(root, "file");
  await writeFile(file, "");
  await expect(DirectoryBundleStore.open(join(file, "store"), clock)).rejects.toMatchObject({
    code: "registry/unwritable",
    message: expect.stringContaining(file),
    hint: expect.stringContaining("write"),
    context: { exit: "storage" },
  });
});

test("a blob's folder that cannot be written fails the put by name and harms nothing", async () => {
  const store = await DirectoryBundleStore.open(root, clock);
  const digest = sha256(Uint8Array.of(5));
  await writeFile(join(root, "blobs", digest.slice(0, 2)), "a file in the way");
  await expect(store.putBlob(Uint8Array.of(5))).rejects.toMatchObject({ code: "registry/unwritable", context: { exit: "storage" } });
  expect(await readdir(join(root, "tmp"))).toEqual([]);
});

test("files of others among the bundles are left alone", async () => {
  const store = await DirectoryBundleStore.open(root, clock);
  await writeFile(join(root, "bundles", "notes.txt"), "mine");
  await mkdir(join(root, "blobs", "zz"));
  expect(await store.listBundles()).toEqual([]);
  await store.deleteUnreferenced({ graceMs: 0 });
  expect(await readFile(join(root, "bundles", "notes.txt"), "utf8")).toBe("mine");
});
