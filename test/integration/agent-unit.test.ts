import { spawnSync } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { hasProgram } from "../support/services.js";
import { agentProgram, isAgentBuilt } from "./agent-program.fixture.js";

const unit = fileURLToPath(new URL("../../deploy/systemd/kedge-agent.service", import.meta.url));
const hasSystemd = hasProgram("/usr/bin/systemd-analyze", "systemd");

test("the unit keeps the agent in: no rights, no writing beyond its state, no token in the command line", async () => {
  const lines = (await readFile(unit, "utf8")).split("\n");
  for (const line of [
    "DynamicUser=yes",
    "StateDirectory=kedge-agent",
    "ProtectSystem=strict",
    "NoNewPrivileges=yes",
    "PrivateTmp=yes",
    "CapabilityBoundingSet=",
    "SystemCallFilter=@system-service",
    "Restart=on-failure",
  ])
    expect(lines).toContain(line);
  expect(lines.some((line) => line.startsWith("LoadCredential=token:"))).toBe(true);
  expect(lines.some((line) => line.startsWith("MemoryMax="))).toBe(true);
  expect(lines.some((line) => line.startsWith("MemoryDenyWriteExecute"))).toBe(false);
});

test.skipIf(!isAgentBuilt)("its command line is one that the agent takes", async () => {
  const start = (await readFile(unit, "utf8")).split("\n").find((line) => line.startsWith("ExecStart=")) ?? "";
  const example = fileURLToPath(new URL("../../deploy/systemd/agent.yaml", import.meta.url));
  const flags = start
    .slice(start.indexOf("kedge-agent ") + "kedge-agent ".length)
    .replace("/etc/kedge-agent/agent.yaml", example)
    .split(" ");
  const { status, stderr } = spawnSync(process.execPath, [agentProgram, "config", "check", ...flags], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

test.skipIf(!hasSystemd)("systemd takes it as it is, and finds it little exposed", async () => {
  const directory = await mkdtemp(join(tmpdir(), "kedge-unit-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const path = join(directory, "kedge-agent.service");
  await copyFile(unit, path);
  const { stdout, stderr } = spawnSync("systemd-analyze", ["security", "--offline=true", "--threshold=25", path], { encoding: "utf8" });
  expect(stdout).toContain("Overall exposure level");
  const level = Number(/Overall exposure level[^:]*: ([\d.]+)/.exec(stdout)?.[1]);
  expect(level).toBeLessThan(2.5);
  expect(stderr).not.toMatch(/Unknown key|Failed to parse/);
});
