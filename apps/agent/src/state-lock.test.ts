import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KedgeError } from "@kedge/core";
import { expect, onTestFinished, test } from "vitest";
import { lockState } from "./state-lock.js";

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "kedge-lock-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

test("a lock of a process that lives is respected, and named", async () => {
  const stateDir = await directory();
  // The parent of this process lives as long as the test does.
  await writeFile(join(stateDir, "agent.lock"), String(process.ppid));
  const fault = await lockState(stateDir).catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(KedgeError);
  expect(fault).toMatchObject({ code: "agent/state-in-use", context: { exit: "storage" } });
  expect(String(fault)).toContain(`process ${process.ppid}`);
  expect(await readFile(join(stateDir, "agent.lock"), "utf8")).toBe(String(process.ppid));
});

test.each([
  ["a process that is gone", () => String(spawnSync(process.execPath, ["-e", ""]).pid)],
  ["nothing, after a power cut", () => ""],
  ["no number", () => "x"],
  ["the number that this process has after a reboot", () => String(process.pid)],
])("a lock that names %s is taken over", async (_, text) => {
  const stateDir = await directory();
  await writeFile(join(stateDir, "agent.lock"), text());
  const lock = await lockState(stateDir);
  expect(Number.parseInt(await readFile(join(stateDir, "agent.lock"), "utf8"), 10)).toBe(process.pid);
  await lock.release();
  await expect(readFile(join(stateDir, "agent.lock"))).rejects.toThrow("ENOENT");
});

test("a directory without a lock is locked, and can be locked again once it is released", async () => {
  const stateDir = await directory();
  await (await lockState(stateDir)).release();
  await (await lockState(stateDir)).release();
});
