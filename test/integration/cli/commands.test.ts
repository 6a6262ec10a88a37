import { stat, writeFile } from "node:fs/promises";
import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { aDevice } from "../../../apps/collector/src/http/fixtures/sample-resources.fixture.js";
import { CliFixture } from "./cli-fixture.js";

let kedge: CliFixture;
beforeEach(async () => {
  kedge = new CliFixture();
  await kedge.start();
});
afterEach(() => kedge.stop());

const ok = async (argv: readonly string[], options: Parameters<CliFixture["run"]>[1] = {}): Promise<string> => {
  const { code, out, err } = await kedge.run(argv, options);
  expect(err).not.toContain("error:");
  expect(code).toBe(0);
  return out;
};

describe("formats", () => {
  test("a table for people", async () => {
    expect(await ok(["devices", "ls"])).toBe(
      [
        "DEVICE  STATE    RUNNING        UPDATE  LABELS     SEEN  INCIDENTS",
        "lyon-1  offline  clothes@1.0.0  IDLE    site=lyon    0s  -",
        "oslo-1  online   clothes@1.0.0  IDLE    site=oslo    0s  inc_1",
        "oslo-2  online   clothes@1.0.0  IDLE    site=oslo    0s  -",
        "",
      ].join("\n"),
    );
    expect(await ok(["devices", "ls", "-o", "wide", "-l", "site=lyon"])).toContain("linux-x64");
    expect(await ok(["devices", "get", "oslo-1"])).toContain("running            clothes@1.0.0 (aaaaaaaaaaaa)");
  });

  test("JSON and YAML for programs; nothing is an empty list", async () => {
    expect(JSON.parse(await ok(["devices", "ls", "--json", "-l", "site=oslo"]))).toMatchObject([{ deviceId: "oslo-1" }, { deviceId: "oslo-2" }]);
    expect(parse(await ok(["devices", "get", "oslo-1", "-o", "yaml"]))).toMatchObject({ deviceId: "oslo-1", labels: { site: "oslo" } });
    expect(await ok(["devices", "ls", "-o", "json", "-l", "site=none"])).toBe("[]\n");
    expect(await kedge.run(["devices", "ls", "-l", "site=none"])).toMatchObject({ code: 0, out: "", err: expect.stringContaining("no devices") });
    expect(await kedge.run(["devices", "ls", "-l", "site=none", "-q"])).toMatchObject({ code: 0, out: "", err: "" });
  });

  test("colour only on a terminal that wants it", async () => {
    const colour = "\u001b[";
    expect(await ok(["devices", "ls"], { isTerminal: true })).toContain(`${colour}32monline`);
    for (const env of [{ NO_COLOR: "1" }, { TERM: "dumb" }]) expect(await ok(["devices", "ls"], { isTerminal: true, env })).not.toContain(colour);
    expect(await ok(["devices", "ls", "--no-color"], { isTerminal: true })).not.toContain(colour);
    expect(await ok(["devices", "ls"])).not.toContain(colour);
  });

  test("what a device calls itself cannot steer the terminal", async () => {
    kedge.state.devices = [aDevice("evil", "x", { agentVersion: "1\u001b]0;owned\u0007\u001b[2J", platform: "a\nb\u202e" })];
    for (const argv of [
      ["devices", "ls", "-o", "wide"],
      ["devices", "get", "evil"],
      ["devices", "ls", "--json"],
    ]) {
      const out = await ok(argv, { isTerminal: true, env: { NO_COLOR: "1" } });
      for (const unseen of ["\u001b", "\u0007", "\u202e"]) expect(out).not.toContain(unseen);
    }
    expect(JSON.parse(await ok(["devices", "ls", "--json"]))).toEqual(kedge.state.devices);
    expect(await ok(["devices", "ls", "-o", "wide"])).toContain("a b\\x202e");
  });

  test("long listings are read page by page", async () => {
    kedge.state.devices = Array.from({ length: 2_300 }, (_, i) => aDevice(`d${String(i).padStart(5, "0")}`, "oslo"));
    expect((await ok(["devices", "ls", "-o", "name"])).split("\n")).toHaveLength(2_301);
    expect((await ok(["devices", "ls", "-o", "name", "--limit", "1500"])).split("\n")).toHaveLength(1_501);
  });
});

describe("letting in", () => {
  test("a token's secret is alone on standard output, the rest is said beside", async () => {
    const { code, out, err } = await kedge.run([
      "token",
      "create",
      "--uses",
      "3",
      "--ttl",
      "2h",
      "--label",
      "site=oslo",
      "--label",
      "row=1",
      "--device",
      "cam-1,cam-2",
    ]);
    expect([code, out]).toEqual([0, "kedge1.tok_1.secret.pin\n"]);
    expect(err).toContain("lets 3 devices in");
    expect(kedge.state.tokens[0]).toMatchObject({
      uses: 3,
      labels: { site: "oslo", row: "1" },
      deviceIds: ["cam-1", "cam-2"],
      expiresAtMs: kedge.clock.nowMs() + 7_200_000,
    });
    expect(await ok(["token", "ls"])).toContain("row=1,site=oslo");
    expect(await ok(["token", "revoke", "tok_1", "--json"])).toContain('"revoked"');
  });

  test("or goes into a file of one's own", async () => {
    expect(await ok(["token", "create", "--out", kedge.path("deep/token")])).toBe("");
    expect(await readFile(kedge.path("deep/token"), "utf8")).toBe("kedge1.tok_1.secret.pin\n");
    expect((await stat(kedge.path("deep/token"))).mode & 0o777).toBe(0o600);
    expect(await ok(["access", "create", "--name", "grafana"])).toBe("kedge_viewer_s\n");
  });

  test("keys are made, trusted by their public half, and distrusted", async () => {
    const id = (await ok(["key", "create", kedge.path("targets.key")])).trim();
    expect(id).toMatch(/^[0-9a-f]{16,}$/);
    await ok(["key", "trust", kedge.path("targets.key"), "--name", "build"]);
    expect(kedge.state.keys[0]?.publicKey).toContain("BEGIN PUBLIC KEY");
    expect(kedge.state.keys[0]?.publicKey).toBe(await readFile(kedge.path("targets.key.pub"), "utf8"));
    const own = kedge.state.keys[0]?.keyId ?? "";
    expect(await kedge.run(["key", "distrust", own])).toMatchObject({ code: 2, err: expect.stringContaining("--yes") });
    await ok(["key", "distrust", own.slice(0, 6), "--yes"]);
    expect(kedge.state.keys).toEqual([]);
    expect(await kedge.run(["key", "distrust", "ffff", "--yes"])).toMatchObject({ code: 3 });
  });
});

describe("devices", () => {
  test("labels are set and taken away", async () => {
    expect(await ok(["devices", "label", "oslo-1", "row=3", "site-"])).toContain("labels             row=3");
  });

  test("retiring needs the name twice", async () => {
    expect((await kedge.run(["devices", "retire", "oslo-1", "--confirm", "oslo-2"])).code).toBe(2);
    await ok(["devices", "retire", "oslo-1", "--confirm", "oslo-1"]);
    expect(kedge.state.devices[1]?.state).toBe("retired");
  });
});

describe("drift and incidents", () => {
  test("status names who moved, and explain says why", async () => {
    expect(await ok(["drift", "status"])).toMatch(/clothes@1\.0\.0 +site=oslo +critical +drift +population_shift +center_x +42\.0 %/);
    expect(await ok(["drift", "explain"])).toBe("Drift at cohort site=oslo (2 devices): what is seen has changed.\n");
    const bars = await ok(["drift", "explain", "center_x", "--scope", "cohort:site=oslo"]);
    expect(bars).toContain("drifted: moved for 42.0 % of readings");
    expect(bars).toContain("evidence: p = 1e-9 (needed 1e-5)\n");
    expect(bars).toMatch(/> 14 {2}#+\|?.* +3\.0 % → +41\.0 %/);
    expect((await kedge.run(["drift", "explain", "nothing"])).code).toBe(3);
  });

  test("limits are shown, set, tuned to a number of alarms and applied", async () => {
    expect(await ok(["drift", "settings", "--model", "clothes"])).toContain("168 of 168 hours of the week known");
    expect(await ok(["drift", "set", "--model", "clothes@1.0.0", "--missing-limit", "0.05"])).toContain("(set)");
    const table = await ok(["drift", "tune", "--model", "clothes", "--alarms-per-week", "2", "--apply"]);
    expect(table).toMatch(/\* +20\.0 %/);
    expect(table).not.toContain("less than a week");
    const day = ["--from", "2026-03-02T00:00:00Z", "--to", "2026-03-03T00:00:00Z"];
    expect(await ok(["drift", "tune", "--model", "clothes", "--alarms-per-week", "2", ...day])).toContain("less than a week of history tells little");
    expect(kedge.state.driftSetting).toEqual({ effectLimit: 0.2, missingLimit: 0.04, alphaPerLook: 1e-5, falseDiscoveryRate: 0.05 });
    expect(JSON.parse(await ok(["drift", "tune", "--model", "clothes", "--alarms-per-week", "9", "--json"]))).toMatchObject({ proposed: { effectLimit: 0.1 } });
    expect((await kedge.run(["drift", "tune", "--model", "clothes", "--alarms-per-week", "0", "--apply"])).code).toBe(2);
    expect((await kedge.run(["drift", "tune", "--model", "clothes"])).code).toBe(2);
    expect((await kedge.run(["drift", "set", "--model", "clothes", "--effect-limit", "much"])).code).toBe(2);
    await ok(["drift", "set", "--model", "clothes", "--reset"]);
    expect(kedge.state.driftSetting).toEqual({});
    expect(await ok(["drift", "learn", "--model", "clothes", "--from", "2026-03-02T00:00:00Z", "--to", "2026-03-09T00:00:00Z"])).toContain("10080 windows");
  });

  test("an incident is shown, taken on and ended", async () => {
    expect(await ok(["incidents", "ls"])).toMatch(/inc_1 +OPEN +critical +site=oslo/);
    const shown = await ok(["incidents", "get", "inc_1"]);
    expect(shown).toContain("accuracy before  85.0 % (77.0 % to 91.0 %, n = 100)");
    expect(shown).toContain("accuracy during  nothing labelled");
    expect(shown).toMatch(/center_x +moved for 42\.0 % of readings \(limit 10\.0 %/);
    expect(await ok(["incidents", "ack", "inc_1", "--note", "on it"])).toContain("ACKNOWLEDGED");
    await ok(["incidents", "resolve", "inc_1"]);
    expect(await kedge.run(["incidents", "ls"])).toMatchObject({ code: 0, out: "" });
    expect(await ok(["incidents", "ls", "--all"])).toContain("RESOLVED");
  });

  test("retraining is started for an incident or for a model, and cancelled", async () => {
    expect(await ok(["retrain", "start", "--incident", "inc_1", "-o", "name"])).toBe("job_2\n");
    await ok(["retrain", "start", "--model", "clothes", "-l", "site=oslo"]);
    expect(kedge.state.jobs[2]).toMatchObject({ incidentId: null, selector: "site=oslo" });
    expect(await ok(["retrain", "cancel", "job_2", "--reason", "enough"])).toContain("CANCELLED");
    expect(await ok(["retrain", "ls"])).toContain("12/800");
    expect(await ok(["retrain", "get", "job_1"])).toContain("labelled   12 of 800");
  });
});

describe("samples", () => {
  test("are listed without their inputs for people, with them for programs", async () => {
    expect(await ok(["samples", "ls"])).toMatch(/oslo-1\.1\.1 +oslo-1 +\S+ +shirt/);
    expect(JSON.parse(await ok(["samples", "ls", "--json"]))[0].inputs[0].base64).toBe("AAECAw==");
  });

  test("are labelled by arguments, lines, CSV or standard input", async () => {
    expect(await ok(["samples", "label", "oslo-1.1.1=shoe"])).toBe("1 labels stored\n");
    await writeFile(kedge.path("labels.ndjson"), '{"sampleId":"oslo-1.1.1","label":"shirt"}\n\n{"sampleId":"oslo-1.1.2","label":"shoe"}\n');
    expect(await ok(["samples", "label", kedge.path("labels.ndjson")])).toBe("2 labels stored\n");
    expect(await ok(["samples", "label", "-"], { stdin: 'label,sampleId\n"a, b",oslo-1.1.2\n' })).toBe("1 labels stored\n");
    expect(kedge.state.samples.map((s) => s.label)).toEqual(["shirt", "a, b"]);
    expect(await ok(["samples", "ls", "--state", "labelled", "-o", "name"])).toBe("oslo-1.1.1\noslo-1.1.2\n");
  });

  test("a label that is none is refused before anything is sent, with its line", async () => {
    const { code, err } = await kedge.run(["samples", "label", "-"], { stdin: '{"sampleId":"oslo-1.1.1","label":"shoe"}\n{"sample":"x"}\n' });
    expect(code).toBe(2);
    expect(err).toContain("standard input, line 2");
    expect(kedge.state.samples.every((s) => s.label === null)).toBe(true);
  });
});

describe("alerts", () => {
  test("a webhook's secret is shown once, and a test that fails fails", async () => {
    const { code, out, err } = await kedge.run([
      "alerts",
      "subscribe",
      "--webhook",
      "https://example.org/hook",
      "-l",
      "site=oslo",
      "--min-severity",
      "critical",
      "--event",
      "drift.detected,drift.resolved",
    ]);
    expect(code).toBe(0);
    expect(out).toMatch(/sub_1 +https:\/\/example\.org\/hook +critical +site=oslo/);
    expect(err).toContain("whsec_made");
    expect(await kedge.run(["alerts", "ls"])).toMatchObject({ code: 0, out: expect.not.stringContaining("whsec") });
    expect(await kedge.run(["alerts", "test", "sub_1"])).toMatchObject({ code: 1, out: expect.stringContaining("the receiver answered 500") });
    expect(await ok(["alerts", "deliveries", "sub_1"])).toContain("del_1");
    expect(await ok(["alerts", "replay", "sub_1", "del_1", "--json"])).toContain('"attempts": 2');
    await ok(["alerts", "unsubscribe", "sub_1"]);
    expect(await kedge.run(["alerts", "unsubscribe", "sub_1"])).toMatchObject({ code: 3 });
  });

  test("an own secret comes from a file and is not shown", async () => {
    const secret = `whsec_${Buffer.alloc(24).toString("base64")}`;
    await writeFile(kedge.path("secret"), `${secret}\n`);
    const { code, out, err } = await kedge.run(["alerts", "subscribe", "--webhook", "https://example.org", "--secret-file", kedge.path("secret")]);
    expect(code).toBe(0);
    expect(out + err).not.toContain("whsec_");
  });

  test("silences begin and end", async () => {
    expect(await ok(["alerts", "silence", "-l", "site=oslo", "--for", "2h", "--comment", "moving the camera"])).toContain("moving the camera");
    expect(kedge.state.silences[0]).toMatchObject({ untilMs: kedge.clock.nowMs() + 7_200_000 });
    expect(await ok(["alerts", "silences"])).toContain("active");
    expect(await ok(["alerts", "unsilence", "sil_1"])).toContain("expired");
  });
});

describe("the rest", () => {
  test("status, version and audit", async () => {
    expect(await ok(["status"])).toMatch(/devices +3: 2 online, 1 offline/);
    expect(await ok(["version"])).toBe("kedge 0.1.0\ncollector 0.1.0\n");
    expect(await ok(["version", "--url", "http://127.0.0.1:1"])).toContain("not known: the collector at http://127.0.0.1:1 cannot be reached");
    await kedge.run(["rollout", "abort", "rol_1"]);
    await ok(["rollout", "start", "clothes"]);
    expect(await ok(["audit", "ls"])).toMatch(/ada +rollout\.start +rol_2/);
    expect(await ok(["audit", "verify"])).toBe("the log is whole\n");
  });

  test("completion knows every command", async () => {
    expect(await ok(["completion", "bash"])).toContain("complete -o default -F _kedge kedge");
    expect(await ok(["__complete", "--", "rol"])).toBe("rollout\n");
    expect(await ok(["__complete", "--", "rollout", "p"])).toBe("pause\nplan\npromote\n");
    expect(await ok(["__complete", "--", "rollout", "start", "--can"])).toBe("--canary\n--canary-from\n");
  });
});
