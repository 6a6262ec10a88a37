import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runProgram } from "./run-program.js";

let cwd = "";
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), "kedge-run-"));
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const never = new AbortController().signal;
const script = (code: string, options: { readonly timeoutMs?: number; readonly graceMs?: number } = {}) => ({
  command: process.execPath,
  args: ["-e", code],
  cwd,
  timeoutMs: 20_000,
  graceMs: 5000,
  niceness: 3,
  ...options,
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("runProgram", () => {
  test("gives lines as they come, the exit code and the end of standard error", async () => {
    const lines: string[] = [];
    const end = await runProgram(
      script('console.log("a\\nb"); process.stdout.write("no end"); console.error("x".repeat(9000) + "last"); process.exitCode = 3'),
      (l) => lines.push(l),
      never,
    );
    expect(lines).toEqual(["a", "b"]);
    expect(end).toMatchObject({ kind: "ended", exitCode: 3, exitSignal: null });
    if (end.kind === "not-started") throw new Error(end.message);
    expect(end.tail.length).toBeLessThanOrEqual(4096);
    expect(end.tail.endsWith("last")).toBe(true);
  });

  test("steps back for others", async () => {
    const lines: string[] = [];
    // Asked a moment later: the priority is set after the start.
    await runProgram(script('setTimeout(() => console.log(require("node:os").getPriority()), 200)'), (l) => lines.push(l), never);
    expect(lines).toEqual(["3"]);
  });

  test("drops a line without end, and goes on after it", async () => {
    const lines: string[] = [];
    await runProgram(script('process.stdout.write("y".repeat(300000)); setTimeout(() => console.log("\\nafter"), 50)'), (l) => lines.push(l), never);
    expect(lines).toEqual(["after"]);
  });

  test("a program that is not there", async () => {
    const end = await runProgram({ ...script(""), command: join(cwd, "no-such-program") }, () => {}, never);
    expect(end).toMatchObject({ kind: "not-started", message: expect.stringContaining("ENOENT") });
  });

  test("one that takes too long and will not end is killed", async () => {
    const end = await runProgram(
      script('process.on("SIGTERM", () => {}); console.error("stuck"); setInterval(() => {}, 1000)', { timeoutMs: 400, graceMs: 100 }),
      () => {},
      never,
    );
    expect(end).toEqual({ kind: "timed-out", tail: "stuck" });
  });

  test("cancelling ends what the program started, too", async () => {
    const controller = new AbortController();
    let grandchild = 0;
    const code =
      'const c = require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]); console.log(c.pid); setInterval(() => {}, 1000)';
    const end = await runProgram(
      script(code),
      (line) => {
        grandchild = Number(line);
        controller.abort();
      },
      controller.signal,
    );
    expect(end.kind).toBe("cancelled");
    expect(grandchild).toBeGreaterThan(0);
    for (let i = 0; i < 100 && isAlive(grandchild); i += 1) await new Promise((done) => setTimeout(done, 20));
    expect(isAlive(grandchild)).toBe(false);
  });

  test("does not start after it was cancelled", async () => {
    const controller = new AbortController();
    controller.abort();
    expect(await runProgram({ ...script(""), command: "no-such-program" }, () => {}, controller.signal)).toEqual({ kind: "cancelled", tail: "" });
  });
});
