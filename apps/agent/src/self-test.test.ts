import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { runSelfTest } from "./self-test.js";

const directory = mkdtempSync(join(tmpdir(), "kedge-self-test-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A worker that does this instead of running a model. */
function worker(name: string, code: string): string {
  const path = join(directory, `${name}.mjs`);
  writeFileSync(path, code);
  return path;
}

const says = (line: string): string => `process.stdout.write(${JSON.stringify(`${line}\n`)});`;

test("all is well only when the worker says so and ends 0; what it says against it is told", async () => {
  expect(await runSelfTest(directory, { worker: worker("good", says('{"ok":true}')) })).toBeUndefined();
  expect(await runSelfTest(directory, { worker: worker("noisy", says("native noise") + says('{"ok":true}')) })).toBeUndefined();
  const refused = worker("bad", `${says('{"ok":false,"message":"golden case 0: scores differ"}')} process.exitCode = 1;`);
  expect(await runSelfTest(directory, { worker: refused })).toBe("golden case 0: scores differ");
});

test("an end without a verdict is none: also with exit code 0", async () => {
  expect(await runSelfTest(directory, { worker: worker("silent", "") })).toMatch(/exit code 0/);
  expect(await runSelfTest(directory, { worker: worker("late", `${says('{"ok":true}')} process.exitCode = 3;`) })).toMatch(/exit code 3/);
  expect(await runSelfTest(directory, { worker: worker("crash", 'process.kill(process.pid, "SIGSEGV"); setInterval(() => {}, 1000);') })).toMatch(/SIGSEGV/);
});

test("a worker that hangs is ended when its time is over", async () => {
  const hangs = worker("hang", "for (;;);");
  expect(await runSelfTest(directory, { worker: hangs, timeoutMs: 300 })).toContain("0.3 s");
});

test("a worker is ended when the update is given up", async () => {
  const giveUp = new AbortController();
  const verdict = runSelfTest(directory, { worker: worker("wait", "setInterval(() => {}, 1000);"), signal: giveUp.signal });
  giveUp.abort();
  expect(await verdict).toContain("given up");
});
