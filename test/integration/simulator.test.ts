import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CollectorLab, type CollectorProgram, isBuilt } from "./collector-program.fixture.js";

const program = fileURLToPath(new URL("../../apps/simulator/dist/main.js", import.meta.url));

/** What a simulation said and how it ended. */
interface Simulated {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A simulation of a fleet of `collector`'s, in processes of its own. */
class Simulation {
  readonly ended: Promise<Simulated>;
  readonly #child: ChildProcess;
  #stdout = "";
  #stderr = "";

  constructor(collector: CollectorProgram, stateDir: string, args: readonly string[]) {
    const where = ["--server", `mqtts://127.0.0.1:${collector.mqttPort}`, "--url", collector.url, "--api-token-file", join(collector.dataDir, "admin-token")];
    const child = spawn(process.execPath, [program, ...where, "--state-dir", stateDir, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: process.env["PATH"] },
    });
    child.stdout.on("data", (part: Buffer) => (this.#stdout += part.toString("utf8")));
    child.stderr.on("data", (part: Buffer) => (this.#stderr += part.toString("utf8")));
    this.ended = new Promise((resolve) => child.once("close", (code) => resolve({ code, stdout: this.#stdout, stderr: this.#stderr })));
    this.#child = child;
  }

  get said(): string {
    return this.#stdout + this.#stderr;
  }

  stop(signal: NodeJS.Signals = "SIGTERM"): Promise<Simulated> {
    this.#child.kill(signal);
    return this.ended;
  }
}

// biome-ignore lint/suspicious/noExplicitAny: a report is looked into by tests, which fail when it is otherwise.
const reportOf = ({ stdout }: Simulated): any => JSON.parse(stdout.trim().split("\n").at(-1) ?? "");

/** What a collector refused, for people to see why windows are missing. */
async function lettersOf(collector: CollectorProgram): Promise<string> {
  const { items } = (await collector.call("GET", "/v1/dead-letters?limit=20")).body;
  // biome-ignore lint/suspicious/noExplicitAny: an answer of the API.
  return items.map((letter: any) => `\n${letter.reason}: ${letter.message}`).join("");
}

async function until<T>(look: () => Promise<T | undefined> | T | undefined, what: string, withinMs: number): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`${what} did not come about`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

describe.skipIf(!isBuilt || !existsSync(program))("kedge simulate", { timeout: 180_000 }, () => {
  let lab: CollectorLab;
  const simulations: Simulation[] = [];
  beforeEach(() => {
    lab = new CollectorLab();
  });
  afterEach(async () => {
    for (const simulation of simulations.splice(0)) await simulation.stop("SIGKILL");
    await lab.close();
  });

  function simulate(collector: CollectorProgram, stateDir: string, ...args: readonly string[]): Simulation {
    const simulation = new Simulation(collector, stateDir, ["--json", ...args]);
    simulations.push(simulation);
    return simulation;
  }

  test("20 devices over lossy, doubling, reordering links, cut off and switched off and on: nothing lost, nothing twice; and again with the same devices", async () => {
    const collector = await lab.start(await lab.directory());
    const stateDir = await lab.directory();
    const links = ["--fault", "loss=0.03", "--fault", "duplicate=0.1", "--fault", "reorder=0.1", "--fault", "delay=0ms..50ms"];
    const devices = ["--fault", "storm every=4s", "--fault", "crash every=3s share=0.2 down=500ms", "--fault", "clock skew=5m share=0.3 without=0.2"];
    const args = [
      "--devices",
      "20",
      "--interval",
      "500ms",
      "--rows",
      "20",
      "--duration",
      "10s",
      "--drain",
      "120s",
      "--ramp",
      "1s",
      "--processes",
      "2",
      "--seed",
      "7",
      ...links,
      ...devices,
    ];
    const first = await simulate(collector, stateDir, ...args).ended;
    const report = reportOf(first);
    const counters = (await collector.call("GET", "/v1/counters?selector=simulation%3Dsim")).body.windows;
    expect(report, `${first.stderr} ${JSON.stringify(counters)} ${await lettersOf(collector)}`).toMatchObject({
      kind: "report",
      ok: true,
      faults: [],
      devices: 20,
      messages: { awaiting: 0 },
      ledger: { missing: 0, twice: 0, lost: 0 },
    });
    expect(first.code).toBe(0);
    expect(report.windows.acknowledged).toBe(report.windows.produced);
    expect(report.ledger.stored).toBe(report.windows.produced);
    expect(report.windows.produced).toBeGreaterThan(200);
    // The faults were really made.
    for (const kind of ["lost", "duplicated", "reordered", "delayed"]) expect(report.faultsMade[kind], kind).toBeGreaterThan(0);
    expect(report.connections.cuts).toBeGreaterThan(10);
    expect(report.connections.crashes).toBeGreaterThan(2);
    expect(report.messages.resent).toBeGreaterThan(0);
    expect(counters).toMatchObject({ stored: report.windows.produced, distinct: report.windows.produced, lost: 0, awaited: 0 });

    const again = reportOf(await simulate(collector, stateDir, "--devices", "20", "--interval", "500ms", "--duration", "2s", "--ramp", "0s").ended);
    expect(again).toMatchObject({ ok: true, ledger: { missing: 0, twice: 0, lost: 0 } });
    expect((await collector.call("GET", "/v1/devices?limit=100")).body.items.length).toBe(20);
  });

  test("the collector is killed meanwhile and comes back: nothing lost, nothing twice", async () => {
    const dataDir = await lab.directory();
    const collector = await lab.start(dataDir);
    const { mqttPort, httpPort } = collector;
    const running = simulate(
      collector,
      await lab.directory(),
      "--devices",
      "20",
      "--interval",
      "500ms",
      "--rows",
      "20",
      "--duration",
      "8s",
      "--drain",
      "120s",
      "--ramp",
      "500ms",
    );
    await until(() => (/"acknowledged":[1-9]\d+/.test(running.said) ? true : undefined), "a window", 60_000);
    await collector.stop("SIGKILL");
    await lab.start(dataDir, "--mqtt-port", String(mqttPort), "--http-port", String(httpPort));
    const ended = await running.ended;
    expect(reportOf(ended), ended.stderr).toMatchObject({ ok: true, ledger: { missing: 0, twice: 0, lost: 0 } });
    expect(ended.code).toBe(0);
  });

  test("devices without a clock are switched off and on before the collector hears of them: nothing lost, nothing twice", async () => {
    const collector = await lab.start(await lab.directory());
    const faults = ["--fault", "crash every=1s share=0.5 down=100ms", "--fault", "storm every=3s", "--fault", "clock without=1"];
    const args = ["--devices", "10", "--interval", "500ms", "--rows", "20", "--duration", "12s", "--drain", "90s", "--ramp", "500ms", "--seed", "7"];
    const running = simulate(collector, await lab.directory(), ...args, ...faults);
    await until(() => (/"acknowledged":[1-9]\d+/.test(running.said) ? true : undefined), "a window", 60_000);
    // It answers nobody for a while, as on a machine that is far too busy.
    collector.signal("SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    collector.signal("SIGCONT");
    const ended = await running.ended;
    const report = reportOf(ended);
    expect(report, `${ended.stderr} ${await lettersOf(collector)}`).toMatchObject({ ok: true, ledger: { missing: 0, twice: 0, lost: 0 } });
    expect(report.connections.crashes).toBeGreaterThan(10);
    expect((await collector.call("GET", "/v1/dead-letters?limit=1")).body.items).toEqual([]);
  });

  test("a drift is found and named with its cohort", async () => {
    const settings = ["drift.tickMs=1000", "drift.lookBackMs=8000", "retrain.enabled=false"].flatMap((setting) => ["--set", setting]);
    const collector = await lab.start(await lab.directory(), ...settings);
    const drift = "site=oslo at=6s feature=temperature mean+1.5";
    const running = simulate(
      collector,
      await lab.directory(),
      "--devices",
      "12",
      "--interval",
      "1s",
      "--rows",
      "60",
      "--ramp",
      "500ms",
      "--label",
      "site=oslo,lyon,turin",
      "--drift",
      drift,
    );
    const incident = await until(
      async () => {
        const { items } = (await collector.call("GET", "/v1/incidents")).body;
        // biome-ignore lint/suspicious/noExplicitAny: an answer of the API.
        return items.find((i: any) => i.state === "OPEN");
      },
      "an incident",
      120_000,
    );
    expect(JSON.stringify(incident.scope)).toContain("site=oslo");
    expect(JSON.stringify(incident)).toContain("temperature");
    // Ctrl-C ends windows, and what waits is still acknowledged.
    const ended = await running.stop("SIGINT");
    expect(reportOf(ended)).toMatchObject({ ok: true });
    expect(ended.code).toBe(0);
  });

  test("a bundle that fails on some devices is refused by these, and the others run it", async () => {
    const collector = await lab.start(await lab.directory());
    const ended = await simulate(
      collector,
      await lab.directory(),
      "--devices",
      "20",
      "--interval",
      "500ms",
      "--duration",
      "4s",
      "--ramp",
      "500ms",
      "--seed",
      "3",
      "--fault",
      "update self-test=0.3",
    ).ended;
    const { items } = (await collector.call("GET", "/v1/devices?limit=100")).body;
    // biome-ignore lint/suspicious/noExplicitAny: an answer of the API.
    const stateOf = (d: any): string => d.update?.state ?? "";
    const states: string[] = items.map(stateOf);
    const refused = states.filter((state) => state === "REJECTED").length;
    expect(refused).toBeGreaterThan(0);
    expect(states.filter((state) => state === "COMMITTED").length).toBe(20 - refused);
    expect(reportOf(ended)).toMatchObject({ ok: true, windows: { dropped: 0 } });
  });

  test("a broker of the simulator's own is killed and started again", async () => {
    const collector = await lab.start(await lab.directory());
    const folder = await lab.directory();
    const scenario = join(folder, "scenario.yaml");
    const marks = join(folder, "starts");
    // Any program will do: what counts is that it is started, killed and started again.
    const command = [process.execPath, "-e", `require("node:fs").appendFileSync(${JSON.stringify(marks)}, "x"); setInterval(() => {}, 1000)`];
    await writeFile(
      scenario,
      JSON.stringify({ devices: 2, interval: "500ms", duration: "4s", ramp: 0, faults: { brokerKill: { every: "1s", command, downFor: "100ms" } } }),
    );
    const ended = await simulate(collector, await lab.directory(), "--scenario", scenario).ended;
    expect(ended.code, ended.stderr).toBe(0);
    const { readFile } = await import("node:fs/promises");
    expect((await readFile(marks, "utf8")).length).toBeGreaterThanOrEqual(3);
  });

  test.each([
    ["a scenario that makes no sense", ["--drift", "site=oslo warmer"], 9, "no change"],
    ["a flag that is none", ["--devices", "many"], 2, "whole number"],
    ["a token for fewer devices", ["--devices", "3", "--token-file", "TOKEN"], 4, "kedge token create --uses"],
    ["another port than the collector's", ["--server", "mqtts://127.0.0.1:9"], 10, "identity/unreachable"],
  ])("%s is refused with what to do", async (_, args, code, said) => {
    const collector = await lab.start(await lab.directory());
    const token = join(await lab.directory(), "token");
    await writeFile(token, (await collector.call("POST", "/v1/enrolment-tokens", {})).body.secret);
    const ended = await simulate(collector, await lab.directory(), ...args.map((arg) => (arg === "TOKEN" ? token : arg))).ended;
    expect(ended.stderr).toContain(said);
    expect(ended.code).toBe(code);
  });
});
