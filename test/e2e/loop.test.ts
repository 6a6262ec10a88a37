import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../support/repository.js";

/** What `npm start -- --once --report FILE` must write. */
interface Report {
  readonly closed: boolean;
  readonly seconds: number;
  readonly accuracy: { readonly before: number; readonly drifted: number; readonly recovered: number; readonly cleanAfter: number };
  readonly alert: { readonly scope: string; readonly selector: string; readonly incidents: number; readonly secondsToDetect: number };
  readonly rollout: { readonly waves: number; readonly devices: number; readonly observed: number };
  readonly windows: { readonly sent: number; readonly stored: number; readonly lost: number; readonly duplicated: number };
  readonly predictions: { readonly profiled: number; readonly stored: number };
  readonly peakMemoryMiB: number;
  readonly faults: readonly string[];
}

const program = join(root, "apps", "demo", "dist", "main.js");

/** Command lines of running processes that work in this checkout's demo directory. */
function demoProcesses(): string[] {
  if (!existsSync("/proc/self/cmdline")) return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
        return line.includes(join(root, ".kedge", "demo", "run")) ? [line] : [];
      } catch {
        return [];
      }
    });
}

function run(
  args: readonly string[],
  onLine: (line: string, stop: (signal: NodeJS.Signals) => void) => void = () => {},
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program, ...args], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const take = (part: Buffer): void => {
      output += part.toString();
      for (const line of part.toString().split("\n")) onLine(line, (signal) => child.kill(signal));
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("close", (code) => resolve({ code, output }));
  });
}

describe("the whole loop on real images", () => {
  const folder = mkdtempSync(join(tmpdir(), "kedge-loop-"));
  let outcome = { code: null as number | null, output: "" };
  let report: Report;

  beforeAll(async () => {
    outcome = await run(["--once", "--report", join(folder, "report.json")]);
    expect(existsSync(join(folder, "report.json")), outcome.output.slice(-4_000)).toBe(true);
    report = JSON.parse(readFileSync(join(folder, "report.json"), "utf8")) as Report;
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("closes and ends with 0", () => {
    expect(report.faults).toEqual([]);
    expect([report.closed, outcome.code]).toEqual([true, 0]);
  });

  test("names the site, once", () => {
    expect(report.alert).toMatchObject({ scope: "cohort", selector: "site=oslo", incidents: 1 });
    expect(report.alert.secondsToDetect).toBeGreaterThan(0);
    expect(report.alert.secondsToDetect).toBeLessThan(30);
  });

  test("brings accuracy back without losing it elsewhere", () => {
    expect(report.accuracy.drifted).toBeLessThanOrEqual(0.45);
    expect(report.accuracy.recovered).toBeGreaterThanOrEqual(0.7);
    expect(report.accuracy.cleanAfter).toBeGreaterThanOrEqual(0.82);
    expect(report.accuracy.before).toBeGreaterThanOrEqual(0.8);
  });

  test("is observed on every device, in a canary and waves", () => {
    expect(report.rollout).toEqual({ waves: 3, devices: 6, observed: 6 });
  });

  test("loses no window and counts none twice", () => {
    expect(report.windows.sent).toBeGreaterThan(30);
    expect(report.windows).toEqual({ sent: report.windows.sent, stored: report.windows.sent, lost: 0, duplicated: 0 });
    expect(report.predictions.stored).toBe(report.predictions.profiled);
  });

  test("stays under two gibibytes and 180 seconds", () => {
    expect(report.peakMemoryMiB).toBeLessThan(2_048);
    expect(report.seconds).toBeLessThan(180);
  });

  test("leaves no process behind", () => {
    expect(demoProcesses()).toEqual([]);
  });
});

describe("an interrupted loop", () => {
  test("ends its processes, whenever it is interrupted", async () => {
    const { code } = await run([], (line, stop) => {
      if (line.includes("six agents have enrolled")) stop("SIGINT");
    });
    expect(code).toBe(130);
    expect(demoProcesses()).toEqual([]);
  });

  test("an option that it does not know ends with 2 and the usage", async () => {
    const { code, output } = await run(["--twice"]);
    expect(code).toBe(2);
    expect(output).toContain("--report FILE");
  });
});
