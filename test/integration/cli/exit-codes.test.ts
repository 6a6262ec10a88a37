import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { exitCodes } from "@kedge/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { aRollout } from "../../../apps/collector/src/http/fixtures/sample-resources.fixture.js";
import { CliFixture } from "./cli-fixture.js";

const kedge = new CliFixture();
beforeAll(() => kedge.start());
afterAll(() => kedge.stop());

describe("exit codes", () => {
  test("0: done", async () => {
    expect(await kedge.run(["devices", "ls", "-o", "name"])).toEqual({ code: exitCodes.ok, out: "lyon-1\noslo-1\noslo-2\n", err: "" });
    expect((await kedge.run(["--help"])).code).toBe(exitCodes.ok);
    expect((await kedge.run(["rollout", "--help"])).out).toContain("who gets which model, when");
    expect((await kedge.run(["--version"])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test("1: it failed", async () => {
    const { code, err } = await kedge.run(["retrain", "cancel", "job_1", "--reason", "crash"]);
    expect(code).toBe(exitCodes.error);
    expect(err).toContain("error: the collector failed to answer");
    expect(err).toMatch(/what to do: The collector's log says why, at request /);
    expect(err).toContain("code: api/internal");
    expect((await kedge.run(["samples", "label", "nobody.1.1=shirt"])).code).toBe(exitCodes.error);
  });

  test.each([
    [["devicess"], "Did you mean devices?"],
    [["devices", "lss"], "Did you mean ls?"],
    [["devices", "ls", "--limt", "3"], "Did you mean --limit?"],
    [["devices", "ls", "-l", "site==("], "-l, --selector"],
    [["devices", "ls", "-o", "xml"], "Allowed choices are table, wide, json, yaml, name"],
    [["devices", "get"], "missing required argument 'device'"],
    [["devices", "label", "oslo-1", "row"], "row is neither key=value nor key-"],
    [["devices", "retire", "oslo-1"], "--confirm oslo-1"],
    [["token", "create", "--ttl", "5"], "90s, 10m, 24h or 7d"],
    [["token", "create", "--uses", "0"], "whole number from 1"],
    [["alerts", "subscribe"], "--webhook URL, --mqtt or --log"],
    [["alerts", "subscribe", "--mqtt", "--event", "drift.detectd"], "there is no event drift.detectd"],
    [["alerts", "silence", "--for", "1h", "--comment", "x"], "-l SELECTOR or --incident"],
    [["retrain", "start"], "either --incident or --model"],
    [["devices", "ls", "--url", "ftp://x"], "no address of a collector"],
    [["completion", "tcsh"], "Allowed choices are bash, zsh, fish"],
    [[], "Usage: kedge"],
  ])("2: %j is wrong usage, and says what is right", async (argv, message) => {
    const { code, out, err } = await kedge.run(argv);
    expect(err).toContain(message);
    expect(out).toBe("");
    expect(code).toBe(exitCodes.usage);
  });

  test("3: there is no such thing", async () => {
    const { code, err } = await kedge.run(["devices", "get", "none"]);
    expect(code).toBe(exitCodes.notFound);
    expect(err).toBe(`error: there is no device none\nwhere: ${kedge.url} (KEDGE_URL)\ncode: api/not-found\n`);
    expect((await kedge.run(["rollout", "start", "nothing@1"])).code).toBe(exitCodes.notFound);
  });

  test("4: not let in", async () => {
    const viewer = { env: { KEDGE_TOKEN_FILE: kedge.path("va.token") } };
    const refused = await kedge.run(["token", "create"], viewer);
    expect(refused.code).toBe(exitCodes.auth);
    expect(refused.err).toContain("is for the role admin and above; this token is viewer");
    await writeFile(kedge.path("wrong.token"), "wrong", { mode: 0o600 });
    expect((await kedge.run(["devices", "ls"], { env: { KEDGE_TOKEN_FILE: kedge.path("wrong.token") } })).code).toBe(exitCodes.auth);
    const none = await kedge.run(["devices", "ls"], { env: { KEDGE_TOKEN_FILE: undefined } });
    expect(none.code).toBe(exitCodes.auth);
    expect(none.err).toContain("admin-token");
    await writeFile(kedge.path("empty.token"), "\n", { mode: 0o600 });
    const empty = await kedge.run(["devices", "ls", "--token-file", kedge.path("empty.token")]);
    expect(empty.code).toBe(exitCodes.auth);
    expect(empty.err).toContain("holds no token");
  });

  test("5: the state of things does not allow it", async () => {
    const { code, err } = await kedge.run(["rollout", "start", "clothes@1.0.0"]);
    expect(code).toBe(exitCodes.conflict);
    expect(err).toContain("another rollout runs");
    expect(err).toContain("what to do: Abort it, or wait for its end.");
  });

  test("6: it still runs when the time is up, and is told to", async () => {
    const { code, out, err } = await kedge.run(["rollout", "get", "rol_1", "-w", "--timeout", "3s"]);
    expect(code).toBe(exitCodes.timeout);
    expect(out).toContain("rol_1 RUNNING");
    expect(err).toContain("still runs after 3 s");
  });

  test.each(["ABORTED", "ROLLED_BACK"] as const)("7: a watched rollout ends %s", async (state) => {
    kedge.state.rollouts.push(aRollout(`rol_${state}`, { state, reason: "canary: 1 of 1 devices failed" }));
    const { code, out } = await kedge.run(["rollout", "get", `rol_${state}`, "--watch"]);
    expect(code).toBe(exitCodes.rolledBack);
    expect(out).toContain(`${state}: canary: 1 of 1 devices failed`);
  });

  test("8: drift, when asked for", async () => {
    kedge.state.hasDrifted = true;
    expect((await kedge.run(["drift", "status", "--exit-code"])).code).toBe(exitCodes.drift);
    expect((await kedge.run(["drift", "status"])).code).toBe(exitCodes.ok);
    kedge.state.hasDrifted = false;
    expect(await kedge.run(["drift", "status", "--exit-code"])).toMatchObject({ code: exitCodes.ok, out: expect.stringContaining("no drift") });
    kedge.state.hasDrifted = true;
  });

  test("9: the configuration is refused, every fault by name", async () => {
    const env = { KEDGE_URL: undefined, KEDGE_TOKEN_FILE: undefined, XDG_CONFIG_HOME: kedge.path("config") };
    const none = await kedge.run(["devices", "ls"], { env });
    expect(none.code).toBe(exitCodes.config);
    expect(none.err).toContain("kedge context add NAME");
    await mkdir(kedge.path("config/kedge"), { recursive: true });
    await writeFile(kedge.path("config/kedge/config.yaml"), "curent: x\ncontexts: { x: { url: 'ftp://x' } }\n");
    const bad = await kedge.run(["devices", "ls"], { env });
    expect(bad.code).toBe(exitCodes.config);
    expect(bad.err).toContain("config/kedge/config.yaml was refused");
    expect(bad.err).toContain("contexts.x.url");
    expect(bad.err).toContain('"curent"');
    expect((await kedge.run(["devices", "ls", "--context", "nowhere"], { env: { ...env, XDG_CONFIG_HOME: kedge.path("none") } })).code).toBe(exitCodes.config);
  });

  test("10: nobody answers at the address", async () => {
    const { code, err } = await kedge.run(["devices", "ls", "--url", "http://127.0.0.1:1"]);
    expect(code).toBe(exitCodes.address);
    expect(err).toContain("the collector at http://127.0.0.1:1 cannot be reached: connect ECONNREFUSED 127.0.0.1:1");
    expect(err).toContain("where: http://127.0.0.1:1 (--url)");
    expect(err).toContain("Is it running");
  });

  test("11: a file cannot be read or written", async () => {
    expect((await kedge.run(["devices", "ls", "--token-file", kedge.path("none")])).code).toBe(exitCodes.storage);
    expect(await kedge.run(["samples", "label", kedge.path("no-labels")])).toMatchObject({
      code: exitCodes.storage,
      err: expect.stringContaining("reading the labels"),
    });
    expect((await kedge.run(["retrain", "cancel", "job_1", "--reason", "break"])).code).toBe(exitCodes.storage);
    await writeFile(kedge.path("plain"), "no directory");
    const { code, err } = await kedge.run(["token", "create", "--out", kedge.path("plain/token")]);
    expect(code).toBe(exitCodes.storage);
    expect(err).toContain(`writing the token ${kedge.path("plain/token")} failed`);
  });

  test("12: a digest or signature does not match (see model.test.ts for each way)", async () => {
    await mkdir(kedge.path("empty.bundle/files"), { recursive: true });
    const { code, err } = await kedge.run(["model", "push", kedge.path("empty.bundle")]);
    expect(code).toBe(exitCodes.untrusted);
    expect(err).toContain("manifest.json is missing");
  });

  test("errors are JSON where data would be", async () => {
    const { code, out, err } = await kedge.run(["devices", "get", "none", "-o", "json"]);
    expect([code, out]).toEqual([exitCodes.notFound, ""]);
    expect(JSON.parse(err)).toEqual({
      error: { code: "api/not-found", message: "there is no device none", where: `${kedge.url} (KEDGE_URL)`, hint: "", exit: 3 },
    });
  });

  test("something that is no collector is said to be none", async () => {
    const other = createServer((_, response) => response.writeHead(404).end("<h1>hello</h1>")).listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { code, err } = await kedge.run(["status", "--url", `http://127.0.0.1:${(other.address() as AddressInfo).port}`]);
    other.close();
    expect(code).toBe(exitCodes.notFound);
    expect(err).toContain("Is this the address of a collector?");
  });

  test.skipIf(process.platform === "win32")("a token that others can read is warned of", async () => {
    await chmod(kedge.path("op.token"), 0o644);
    const { code, err } = await kedge.run(["devices", "ls", "-o", "name", "--token-file", kedge.path("op.token")]);
    expect(code).toBe(exitCodes.ok);
    expect(err).toContain(`chmod 600 ${kedge.path("op.token")}`);
  });
});
