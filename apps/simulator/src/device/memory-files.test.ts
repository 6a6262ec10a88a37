import { createHash } from "node:crypto";
import { DirectorySlots } from "@kedge/device/adapters";
import type { Sha256 } from "@kedge/core";
import { expect, test } from "vitest";
import { MemoryFiles, SharedContents } from "./memory-files.js";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const digestOf = (text: string): Sha256 => createHash("sha256").update(text).digest("hex") as Sha256;

test("slots work on it as on a disk, and find again what was there", async () => {
  const files = new MemoryFiles(new SharedContents());
  const slots = await DirectorySlots.open("/device", files);
  const digest = digestOf("bundle");
  await slots.writePartial(digest, "manifest.json", 0, bytes("{}"));
  await slots.writePartial(digest, "files/model", 0, bytes("first "));
  await slots.writePartial(digest, "files/model", 6, bytes("second"));
  expect(await slots.partialSize(digest, "files/model")).toBe(12);
  expect(await slots.isWhole(digest, "files/model", digestOf("first second"))).toBe(true);
  expect(await slots.isWhole(digest, "files/model", digestOf("other"))).toBe(false);
  await slots.shelve(digest);
  await slots.save({ ...slots.record, desiredVersion: 4 });
  const again = await DirectorySlots.open("/device", files);
  expect(again.record.desiredVersion).toBe(4);
  expect([...(await again.shelf())]).toEqual([digest]);
  expect(await again.partialSize(digest, "files/model")).toBe(0);
  await again.remove(digest);
  expect([...(await again.shelf())]).toEqual([]);
});

test("a chunk that is written again takes away what stood behind it", async () => {
  const files = new MemoryFiles(new SharedContents());
  await files.writeAt("/a", 0, bytes("aaaa"));
  await files.writeAt("/a", 2, bytes("b"));
  expect(Buffer.from((await files.read("/a")) ?? []).toString()).toBe("aab");
});

test("devices that have the same content share its bytes once its digest was looked at", async () => {
  const shared = new SharedContents();
  const [one, two] = [new MemoryFiles(shared), new MemoryFiles(shared)];
  for (const files of [one, two]) {
    await files.write("/model", bytes("the model"));
    expect(await files.sha256("/model")).toBe(digestOf("the model"));
  }
  expect(await one.read("/model")).toBe(await two.read("/model"));
  await one.write("/model", bytes("another"));
  expect(Buffer.from((await two.read("/model")) ?? []).toString()).toBe("the model");
});
