import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DeviceId } from "@kedge/core";
import type { GrantedIdentity } from "@kedge/identity/adapters";
import { afterEach, beforeEach, expect, test } from "vitest";
import { IdentityFile } from "./identity-file.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kedge-identities-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const granted: GrantedIdentity = {
  deviceId: "sim-1" as DeviceId,
  certificatePem: "c",
  authoritiesPem: "a",
  directorKeys: [],
  targetsKeys: [],
  notBeforeMs: 1,
  notAfterMs: 2,
  broker: null,
};

test("keys and what was granted are found again; a half-written last line is none", async () => {
  const file = await IdentityFile.open(folder);
  await file.add([
    { index: 0, privateKeyPem: "k0" },
    { index: 1, privateKeyPem: "k1" },
  ]);
  await file.add([{ index: 0, granted }]);
  await file.close();
  await appendFile(file.path, '{"index":1,"granted":{"dev');
  const again = await IdentityFile.open(folder);
  expect(again.identity(0)).toEqual({ ...granted, privateKeyPem: "k0" });
  expect(again.get(1)).toEqual({ privateKeyPem: "k1", granted: undefined });
  expect(again.identity(1)).toBe(undefined);
  expect(again.get(2)).toBe(undefined);
  expect((await stat(file.path)).mode & 0o077).toBe(0);
  await again.close();
});

test("one simulation at a time; the lock of one that is gone is no lock", async () => {
  const file = await IdentityFile.open(folder);
  await writeFile(join(folder, "lock"), "1\n");
  await file.close();
  await writeFile(join(folder, "lock"), `${process.ppid}\n`);
  await expect(IdentityFile.open(folder)).rejects.toMatchObject({
    code: "simulator/state-unusable",
    context: { exit: "conflict" },
    message: `the devices in ${folder} are simulated by process ${process.ppid} at the moment`,
  });
  await writeFile(join(folder, "lock"), "99999999\n");
  const again = await IdentityFile.open(folder);
  expect((await readFile(join(folder, "lock"), "utf8")).trim()).toBe(String(process.pid));
  await again.close();
});

test("a directory that cannot be made is told by its path", async () => {
  await writeFile(join(folder, "file"), "");
  await expect(IdentityFile.open(join(folder, "file", "below"))).rejects.toMatchObject({ code: "simulator/state-unusable", context: { exit: "storage" } });
});
