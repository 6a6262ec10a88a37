// Runs every test (or the vitest arguments given) and closes with "N passed, N failed", which CI reads.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepare, root } from "./bootstrap.mjs";

/** Counts of a vitest JSON report; a file that could not be loaded counts as one failure. */
function countsOf(file) {
  const report = JSON.parse(readFileSync(file, "utf8"));
  const unloaded = report.testResults.filter((f) => f.status === "failed" && f.assertionResults.length === 0).length;
  return { passed: report.numPassedTests, failed: report.numFailedTests + unloaded, skipped: report.numPendingTests + report.numTodoTests };
}

function vitest(args, json) {
  const cli = join(root, "node_modules", "vitest", "vitest.mjs");
  const child = spawn(
    process.execPath,
    [cli, "run", "--config", join(root, "test", "vitest.config.ts"), "--reporter=default", "--reporter=json", `--outputFile.json=${json}`, ...args],
    {
      cwd: root,
      stdio: ["ignore", "inherit", "inherit"],
    },
  );
  return new Promise((resolve) => child.on("close", (code) => resolve(code ?? 1)));
}

await prepare();
const folder = mkdtempSync(join(tmpdir(), "kedge-test-"));
let total = { passed: 0, failed: 0, skipped: 0 };
let exit = 0;
// What measures time or starts many processes runs after the rest, with the machine to itself. Fault tests mostly wait for others to notice.
const rounds =
  process.argv.length > 2
    ? [process.argv.slice(2)]
    : [["--project=unit", "--project=architecture", "--project=bench"], ["--project=integration"], ["--project=fault", "--maxWorkers=3"], ["--project=e2e"]];
for (const [index, args] of rounds.entries()) {
  const json = join(folder, `${index}.json`);
  const code = await vitest(["--passWithNoTests", ...args], json);
  if (code !== 0) exit = 1;
  try {
    const counts = countsOf(json);
    total = { passed: total.passed + counts.passed, failed: total.failed + counts.failed, skipped: total.skipped + counts.skipped };
  } catch {
    total.failed += 1;
    exit = 1;
  }
}
rmSync(folder, { recursive: true, force: true });
// A run that broke without a failed test (a crash, an unhandled rejection) must not read as green.
if (exit !== 0 && total.failed === 0) total.failed = 1;
if (total.failed > 0) exit = 1;
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ""}\n`);
process.exit(exit);
