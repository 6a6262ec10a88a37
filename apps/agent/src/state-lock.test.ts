import { spawn, spawnSync } from "node:child_process";
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
  ["a number that another program has after a reboot", () => `${process.ppid}\nanother-boot/4711\n`],
])("a lock that names %s is taken over", async (_, text) => {
  const stateDir = await directory();
  await writeFile(join(stateDir, "agent.lock"), text());
  const lock = await lockState(stateDir);
  expect(Number.parseInt(await readFile(join(stateDir, "agent.lock"), "utf8"), 10)).toBe(process.pid);
  await lock.release();
  await expect(readFile(join(stateDir, "agent.lock"))).rejects.toThrow("ENOENT");
});

test.skipIf(process.platform !== "linux")("a lock says of its process when it began, and is respected while that runs", async () => {
  const stateDir = await directory();
  const child = spawn("sleep", ["60"], { stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  const stat = await readFile(`/proc/${child.pid}/stat`, "utf8");
  const boot = (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
  await writeFile(join(stateDir, "agent.lock"), `${child.pid}\n${boot}/${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]}\n`);
  await expect(lockState(stateDir)).rejects.toMatchObject({ code: "agent/state-in-use" });
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("close", resolve));
  await (await lockState(stateDir)).release();
});

test("a directory that cannot be written is told as such", async () => {
  await expect(lockState(join(await directory(), "none"))).rejects.toMatchObject({ code: "agent/state-unwritable", context: { exit: "storage" } });
});

test("a directory without a lock is locked, and can be locked again once it is released", async () => {
  const stateDir = await directory();
  await (await lockState(stateDir)).release();
  await (await lockState(stateDir)).release();
});
