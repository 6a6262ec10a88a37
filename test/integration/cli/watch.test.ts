import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Rollout } from "@kedge/api";
import { summaryOf } from "../../../apps/collector/src/http/fixtures/sample-resources.fixture.js";
import { CliFixture } from "./cli-fixture.js";

let kedge: CliFixture;
beforeEach(async () => {
  kedge = new CliFixture();
  await kedge.start();
});
afterEach(() => kedge.stop());

/** Up some lines, and clear from there. */
const redraw = new RegExp(`${"\u001b"}\\[\\d+A${"\u001b"}\\[J`);

/** Edits the one rollout that there is. */
function advance(edit: (rollout: Rollout) => Partial<Rollout>): void {
  kedge.state.rollouts = kedge.state.rollouts.map((r) => ({ ...r, ...edit(r) }));
}

const canaryDone = (r: Rollout): Partial<Rollout> => ({
  observed: 1,
  waves: r.waves.map((w, i) =>
    i > 0 ? w : { ...w, state: "SUCCEEDED" as const, observed: 1, devices: w.devices.map((d) => ({ ...d, state: "COMMITTED" as const })) },
  ),
});

describe("watching a rollout", () => {
  test("elsewhere than on a terminal, a line per change and no line twice", async () => {
    const { code, out } = await kedge.run(["rollout", "get", "rol_1", "-w"], {
      onSleep: (times) => {
        if (times === 3) advance(canaryDone);
        if (times === 6) advance(() => ({ state: "FINISHED", reason: "2 of 2 devices run it, by their own word" }));
      },
    });
    expect(code).toBe(0);
    const lines = out.trimEnd().split("\n");
    expect(new Set(lines.map((l) => l.slice(25))).size).toBe(lines.length);
    expect(lines.every((l) => /^2026-\d\d-\d\dT/.test(l))).toBe(true);
    expect(lines.filter((l) => l.includes("canary SUCCEEDED (1/1 devices run it)"))).toHaveLength(1);
    expect(lines.filter((l) => l.includes("oslo-1 COMMITTED"))).toHaveLength(1);
    expect(lines.at(-1)).toContain("rol_1 FINISHED: 2 of 2 devices run it");
  });

  test("on a terminal, a tree that is drawn over", async () => {
    const { code, out } = await kedge.run(["rollout", "get", "rol_1", "-w"], {
      isTerminal: true,
      env: { NO_COLOR: "1" },
      onSleep: () => advance((r) => ({ ...canaryDone(r), state: "FINISHED" })),
    });
    expect(code).toBe(0);
    const [first = "", second = ""] = out.split(redraw);
    expect(first).toContain("├─ ◌ RUNNING  canary  [....................] 0/1");
    expect(first).toContain("predictions seen: 212 (limit 500, n = 212) waiting for 288 more");
    expect(first).toContain("1 devices are left out: lyon-1 does not match site=oslo");
    expect(second).toContain("├─ ✔ SUCCEEDED  canary  [####################] 1/1");
    // Drawn over exactly: as many lines up as there are.
    expect(out).toContain(`\u001b[${first.trimEnd().split("\n").length}A`);
  });

  test("goes on when the collector was away for a while", async () => {
    const port = kedge.server?.port ?? 0;
    const { code, err, out } = await kedge.run(["rollout", "get", "rol_1", "-w"], {
      onSleep: async (times) => {
        if (times === 2) await kedge.server?.close();
        if (times === 5) {
          const home = kedge.home;
          await kedge.start({ port });
          kedge.home = home;
          advance(() => ({ state: "FINISHED", reason: "done" }));
        }
      },
    });
    expect(code).toBe(0);
    expect(err.match(/cannot be reached/g)).toHaveLength(1);
    expect(err).toContain("the collector answers again");
    expect(out).toContain("FINISHED");
  });

  test("with -o json, one line per state", async () => {
    const { out } = await kedge.run(["rollout", "get", "rol_1", "-w", "-o", "json"], {
      onSleep: (times) => (times === 3 ? advance(() => ({ state: "FINISHED" })) : undefined),
    });
    expect(
      out
        .trimEnd()
        .split("\n")
        .map((l) => JSON.parse(l).state),
    ).toEqual(["RUNNING", "FINISHED"]);
  });

  test("verbs do what they say, and what they cannot do they say", async () => {
    expect((await kedge.run(["rollout", "pause", "rol_1", "--reason", "lunch"])).out).toContain("PAUSED");
    expect((await kedge.run(["rollout", "resume", "rol_1"])).out).toContain("RUNNING");
    expect((await kedge.run(["rollout", "promote", "rol_1"])).code).toBe(0);
    expect(await kedge.run(["rollout", "undo", "rol_1"])).toMatchObject({ code: 5, err: expect.stringContaining("rol_1 is RUNNING") });
    expect((await kedge.run(["rollout", "abort", "rol_1", "--keep"])).out).toContain("ABORTED");
    expect((await kedge.run(["rollout", "ls"])).out).toMatch(/rol_1 +ABORTED +clothes@2\.0\.0 +site=oslo +0\/2/);
  });

  test("a plan says who and why not, and changes nothing", async () => {
    const { code, out } = await kedge.run(["rollout", "plan", "clothes@champion", "-l", "site=oslo", "--canary", "1", "--waves", "50,100"]);
    expect(code).toBe(0);
    expect(out).toContain("clothes@1.0.0 to 2 devices (site=oslo) in 2 waves, 2.5 MB to download in all");
    expect(out).toContain("  1. canary: 1 devices: oslo-1");
    expect(out).toContain("  lyon-1: does not match site=oslo");
    expect(out).toContain("predictions seen: at least 500");
    expect(kedge.state.rollouts).toHaveLength(1);
    expect(kedge.state.audit).toEqual([]);
  });
});

describe("kedge events", () => {
  test("prints what happens, and goes on after the last event when the connection breaks", async () => {
    const ending = new AbortController();
    const publish = (state: Rollout["state"]): void => {
      const [rollout] = kedge.state.rollouts;
      if (rollout !== undefined) kedge.state.feed.publish({ type: "rollout.changed", rollout: { ...summaryOf(rollout), state } });
    };
    const port = kedge.server?.port ?? 0;
    let seen = "";
    const received = (state: string): Promise<void> => expect.poll(() => seen).toContain(`rol_1 ${state}`);
    const running = kedge.run(["events"], {
      signal: ending.signal,
      onOut: (text) => {
        seen += text;
      },
      onSleep: async () => {
        // The stream ended. What happens meanwhile must not be lost.
        publish("PAUSED");
        const home = kedge.home;
        await kedge.start({ port });
        kedge.home = home;
      },
    });
    await expect.poll(() => kedge.server?.stats().openStreams).toBe(1);
    publish("RUNNING");
    await received("RUNNING");
    await kedge.server?.close();
    await received("PAUSED");
    publish("FINISHED");
    await received("FINISHED");
    ending.abort();
    const { code, out } = await running;
    expect(code).toBe(0);
    expect(out.match(/rol_1 (\w+)/g)).toEqual(["rol_1 RUNNING", "rol_1 PAUSED", "rol_1 FINISHED"]);
  });
});
