import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { seededRandom } from "@kedge/core";
import { afterAll, describe, expect, test } from "vitest";
import { CollectorLab, isBuilt, program } from "./collector-program.fixture.js";

if (!isBuilt) process.stderr.write("backup-process: skipped, apps/collector is not built (run `npm run build`)\n");

const lab = new CollectorLab();
afterAll(() => lab.close());

describe.skipIf(!isBuilt)("backup and restore", () => {
  test("a running collector is backed up, and another goes on from the backup with its devices, tokens and keys", { timeout: 120_000 }, async () => {
    const first = await lab.start(await lab.directory());
    expect((await first.call("POST", "/v1/enrolment-tokens", { note: "before" })).status).toBe(201);
    const backup = join(await lab.directory(), "backup");
    expect(await lab.run("backup", backup, "--data-dir", first.dataDir)).toMatchObject({ code: 0 });
    expect((await first.call("POST", "/v1/enrolment-tokens", { note: "after" })).status).toBe(201);
    await first.stop();
    const dataDir = join(await lab.directory(), "restored");
    expect(await lab.run("restore", backup, "--data-dir", dataDir)).toMatchObject({ code: 0 });
    const second = await lab.start(dataDir);
    const notes = (await second.call("GET", "/v1/enrolment-tokens")).body.items.map((t: { note: string }) => t.note);
    expect(notes).toEqual(["before"]);
    expect(await second.token()).toBe(await first.token());
    const again = await lab.run("restore", backup, "--data-dir", dataDir);
    expect(again.code).toBe(11);
    expect(again.stderr).toContain("not empty");
    await second.stop();
  });

  test("a backup or a restore that is killed at any point leaves none, harms nothing, and can be made again", { timeout: 180_000 }, async () => {
    const collector = await lab.start(await lab.directory());
    await collector.stop();
    const random = seededRandom(4);
    const whole = join(await lab.directory(), "whole");
    const started = performance.now();
    expect((await lab.run("backup", whole, "--data-dir", collector.dataDir)).code).toBe(0);
    let wholeMs = performance.now() - started;
    let killed = 0;
    for (let round = 0; round < 6 || (killed < 2 && round < 20); round += 1) {
      const target = join(await lab.directory(), "target");
      const isBackup = round % 2 === 0;
      const args = isBackup ? ["backup", target, "--data-dir", collector.dataDir] : ["restore", whole, "--data-dir", target];
      const child = spawn(process.execPath, [program, ...args], { stdio: "ignore" });
      const ended = once(child, "exit");
      // Most of the time goes by before the first file is touched.
      await sleep(wholeMs * (0.6 + 0.5 * random()));
      child.kill("SIGKILL");
      await ended;
      if ((await readdir(dirname(target))).includes("target")) {
        // It was quicker than the first one; on a busy machine by much.
        wholeMs *= 0.85;
        continue;
      }
      killed += 1;
      expect((await lab.run(...args)).code).toBe(0);
      expect(await readdir(dirname(target))).toEqual(["target"]);
    }
    expect(killed).toBeGreaterThan(0);
    const again = await lab.start(collector.dataDir);
    expect((await again.call("GET", "/v1/enrolment-tokens")).status).toBe(200);
    await again.stop();
  });
});
