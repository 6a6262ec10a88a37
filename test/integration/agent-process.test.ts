import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import type { Sha256 } from "@kedge/core";
import { formatEnrolmentToken } from "@kedge/identity";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { AgentLab, isAgentBuilt } from "./agent-program.fixture.js";
import { CollectorLab, type CollectorProgram, isBuilt } from "./collector-program.fixture.js";

if (!isAgentBuilt) process.stderr.write("agent-process: skipped, apps/agent is not built (run `npm run build`)\n");
if (!isBuilt) process.stderr.write("agent-process: partly skipped, apps/collector is not built (run `npm run build`)\n");

const lab = new AgentLab();
const collectors = new CollectorLab();
afterAll(async () => {
  await lab.close();
  await collectors.close();
});

/** Something that listens, counts who comes, and shuts the door on them. */
async function occupy(): Promise<{ readonly port: number; readonly visits: () => number }> {
  let visits = 0;
  const server: Server = createServer((socket) => {
    visits += 1;
    socket.destroy();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, visits: () => visits };
}

/** A port of loopback where nobody listens. */
async function deafPort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

const foreignSecret = "b".repeat(32);
/** A token of the right form, of no collector. */
const foreignToken = formatEnrolmentToken({ id: "a".repeat(16), secret: foreignSecret, authorityPin: "c".repeat(64) as Sha256 });

async function tokenOf(collector: CollectorProgram, grant: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const { status, body } = await collector.call("POST", "/v1/enrolment-tokens", grant);
  expect(status).toBe(201);
  return body.secret as string;
}

/** Asks until the answer is as wanted: the collector notes what it hears a moment after it was sent. */
async function until<T>(ask: () => Promise<T>, isDone: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (isDone(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe.skipIf(!isAgentBuilt)("settings", () => {
  test("that can be used: config check ends 0 and starts nothing", async () => {
    const stateDir = join(await lab.directory(), "state");
    const config = await lab.file("agent.yaml", `server: mqtts://kedge.example:8883\nstateDir: ${stateDir}\n`);
    const { code, stdout } = await lab.run(["config", "check", "--config", config]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "the configuration can be used\n" });
    await expect(readdir(stateDir)).rejects.toThrow("ENOENT");
  });

  test.each([["config", "check"], []])("with an unknown key (%s): exit 9, with the key, the file and what to do", async (...command) => {
    const stateDir = join(await lab.directory(), "state");
    const config = await lab.file("agent.yaml", `server: mqtts://kedge.example:8883\nstateDir: ${stateDir}\nhttp:\n  prot: 80\n`);
    const { code, stderr } = await lab.run([...command, "--config", config]);
    expect(stderr).toContain("prot");
    expect(stderr).toContain(config);
    expect(stderr).toContain("What to do:");
    expect(code).toBe(9);
    await expect(readdir(stateDir)).rejects.toThrow("ENOENT");
  });

  test("flags win over the environment, the environment over the file", async () => {
    const config = await lab.file("agent.yaml", "server: mqtts://file:1\nwindowMs: 2000\nlogLevel: warn\n");
    const env = { KEDGE_AGENT_SERVER: "mqtts://env:1", KEDGE_AGENT_WINDOW_MS: "3000" };
    const { code, stdout } = await lab.run(["config", "print", "--config", config, "--server", "mqtts://flag:1", "--label", "site=lyon"], env);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ server: "mqtts://flag:1", windowMs: 3000, logLevel: "warn", labels: { site: "lyon" } });
  });

  test("an unknown flag, and a label that is none: exit 2", async () => {
    expect((await lab.run(["--serber", "mqtts://a:1"])).code).toBe(2);
    expect((await lab.run(["--server", "mqtts://a:1", "--label", "lyon"])).code).toBe(2);
    expect((await lab.run(["config", "check", "--serber", "mqtts://a:1"])).code).toBe(2);
  });
});

describe.skipIf(!isAgentBuilt)("what keeps an agent from starting", () => {
  test("a state directory that cannot be written: exit 11, with the directory and what to do", async () => {
    const file = await lab.file("file", "kept");
    const { code, stderr } = await lab.run(["--server", "mqtts://127.0.0.1:1", "--state-dir", join(file, "state"), "--http-port", "0"]);
    expect(stderr).toContain(join(file, "state"));
    expect(stderr).toContain("What to do:");
    expect(code).toBe(11);
    expect(await readFile(file, "utf8")).toBe("kept");
  });

  test("no token: exit 4, with how to make one", async () => {
    const { code, stderr } = await lab.run(["--server", "mqtts://127.0.0.1:1", "--state-dir", await lab.directory(), "--http-port", "0"]);
    expect(stderr).toContain("kedge token create");
    expect(code).toBe(4);
  });

  test("a token file that is away, and one that holds something else: exit 4; what it holds is not printed", async () => {
    const flags = async (file: string): Promise<string[]> => [
      "--server",
      "mqtts://127.0.0.1:1",
      "--state-dir",
      await lab.directory(),
      "--http-port",
      "0",
      "--token-file",
      file,
    ];
    const missing = await lab.run(await flags(join(await lab.directory(), "none")));
    expect(missing.stderr).toContain("none");
    expect(missing.code).toBe(4);
    const wrong = await lab.run(await flags(await lab.file("token", "hunter2 is no token")));
    expect(wrong.stderr).not.toContain("hunter2");
    expect(wrong.code).toBe(4);
  });

  test("a collector that is away: it keeps trying, and SIGTERM ends it with 0", async () => {
    const token = await lab.file("token", foreignToken);
    const agent = lab.start([
      "--server",
      `mqtts://127.0.0.1:${await deafPort()}`,
      "--state-dir",
      await lab.directory(),
      "--http-port",
      "0",
      "--token-file",
      token,
    ]);
    await agent.said("not enrolled yet");
    const asked = performance.now();
    const { code, stderr } = await agent.stop();
    expect(performance.now() - asked).toBeLessThan(5_000);
    expect(stderr).not.toContain(foreignSecret);
    expect(code).toBe(0);
  });

  test("doctor says how each thing stands, as JSON, and ends 1 when something is amiss", async () => {
    const stateDir = await lab.directory();
    const { port } = await occupy();
    const { code, stdout } = await lab.run(["doctor", "--json", "--server", `mqtts://127.0.0.1:${port}`, "--state-dir", stateDir]);
    const checks = JSON.parse(stdout) as { name: string; ok: boolean; detail: string }[];
    const byName = new Map(checks.map((c) => [c.name, c]));
    for (const name of ["machine", "model runtime", "state directory", "disk", "memory", "clock", "collector"]) expect(byName.get(name)?.ok).toBe(true);
    expect(byName.get("identity")).toMatchObject({ ok: false, detail: expect.stringContaining("--token-file") });
    expect(byName.get("state directory")?.detail).toContain(stateDir);
    expect(code).toBe(1);
  });
});

describe.skipIf(!isAgentBuilt || !isBuilt)("an agent and its collector", () => {
  test("it keeps its name and labels over a restart without a token, and starts a new epoch", async () => {
    const collector = await collectors.start(await collectors.directory());
    const stateDir = await lab.directory();
    const token = await lab.file("token", `${await tokenOf(collector, { labels: { site: "lyon" }, uses: 1 })}\n`);
    const flags = ["--device-id", "press-7", "--label", "site=lyon"];
    const first = lab.join(collector, stateDir, "--token-file", token, ...flags);
    const before = await first.status(stateDir);
    expect(before).toMatchObject({ deviceId: "press-7", running: null, labels: { site: "lyon" } });
    const isOnline = (answer: { body: { items: { deviceId: string; state: string }[] } }): boolean =>
      answer.body.items.some((d) => d.deviceId === "press-7" && d.state === "online");
    await until(() => collector.call("GET", "/v1/devices"), isOnline);
    const asked = performance.now();
    expect((await first.stop()).code).toBe(0);
    expect(performance.now() - asked).toBeLessThan(5_000);
    await until(
      () => collector.call("GET", "/v1/devices"),
      (answer) => !isOnline(answer),
    );

    const second = lab.join(collector, stateDir, ...flags);
    const after = await second.status(stateDir);
    expect(after.deviceId).toBe("press-7");
    expect(after.bootEpoch).toBeGreaterThan(before.bootEpoch);
    await until(() => collector.call("GET", "/v1/devices"), isOnline);
    const { body } = await collector.call("GET", "/v1/devices");
    expect(body.items).toHaveLength(1);
    expect((await second.stop()).code).toBe(0);
    expect((await collector.stop()).code).toBe(0);
  });

  test("after kill -9 it starts again from the same directory", async () => {
    const collector = await collectors.start(await collectors.directory());
    const stateDir = await lab.directory();
    const token = await lab.file("token", await tokenOf(collector));
    const first = lab.join(collector, stateDir, "--token-file", token);
    const before = await first.status(stateDir);
    expect((await first.stop("SIGKILL")).signal).toBe("SIGKILL");
    const second = lab.join(collector, stateDir);
    const after = await second.status(stateDir);
    expect(after.deviceId).toBe(before.deviceId);
    expect(after.bootEpoch).toBeGreaterThan(before.bootEpoch);
    expect((await second.stop()).code).toBe(0);
    await collector.stop();
  });

  test("a second agent in the same state directory: exit 11; the first one goes on", async () => {
    const collector = await collectors.start(await collectors.directory());
    const stateDir = await lab.directory();
    const token = await lab.file("token", await tokenOf(collector));
    const first = lab.join(collector, stateDir, "--token-file", token);
    const before = await first.status(stateDir);
    const { code, stderr } = await lab.join(collector, stateDir).ended;
    expect(stderr).toContain(`process ${first.pid}`);
    expect(stderr).toContain("--state-dir");
    expect(code).toBe(11);
    expect(await first.status(stateDir)).toMatchObject({ deviceId: before.deviceId, bootEpoch: before.bootEpoch });
    expect((await first.stop()).code).toBe(0);
    await collector.stop();
  });

  test("the HTTP port in use: exit 10, with the port and what to do; the identity is kept", async () => {
    const collector = await collectors.start(await collectors.directory());
    const stateDir = await lab.directory();
    const token = await lab.file("token", await tokenOf(collector, { uses: 1 }));
    const { port } = await occupy();
    const { code, stderr } = await lab.join(collector, stateDir, "--token-file", token, "--http-port", String(port)).ended;
    expect(stderr).toContain(`127.0.0.1:${port}`);
    expect(stderr).toContain("--http-port");
    expect(code).toBe(10);
    const again = lab.join(collector, stateDir);
    expect((await again.status(stateDir)).bootEpoch).toBeGreaterThan(0);
    expect((await again.stop()).code).toBe(0);
    await collector.stop();
  });

  test("a token that is used up: exit 4, and no identity is made", async () => {
    const collector = await collectors.start(await collectors.directory());
    const token = await lab.file("token", await tokenOf(collector, { uses: 1 }));
    const stateDir = await lab.directory();
    const first = lab.join(collector, stateDir, "--token-file", token);
    await first.status(stateDir);
    const asked = performance.now();
    const { code, stderr } = await lab.join(collector, await lab.directory(), "--token-file", token).ended;
    // Far below the time that one try may take: a refusal is final, and nothing is waited for.
    expect(performance.now() - asked).toBeLessThan(10_000);
    expect(stderr).toContain("identity/token-used-up");
    expect(stderr).toContain("kedge token create");
    expect(code).toBe(4);
    expect((await first.stop()).code).toBe(0);
    const { body } = await collector.call("GET", "/v1/devices");
    expect(body.items).toHaveLength(1);
    await collector.stop();
  });

  test("a label that the token does not grant: exit 4, with the label", async () => {
    const collector = await collectors.start(await collectors.directory());
    const token = await lab.file("token", await tokenOf(collector, { labels: { site: "lyon" } }));
    const { code, stderr } = await lab.join(collector, await lab.directory(), "--token-file", token, "--label", "site=oslo").ended;
    expect(stderr).toContain("site");
    expect(code).toBe(4);
    await collector.stop();
  });

  test("a token of another collector: exit 12, and this one hears nothing of it", async () => {
    const own = await collectors.start(await collectors.directory());
    const secret = await tokenOf(own);
    await own.stop();
    const other = await collectors.start(await collectors.directory());
    const { code, stderr } = await lab.join(other, await lab.directory(), "--token-file", await lab.file("token", secret)).ended;
    expect(stderr).toContain("identity/authority-mismatch");
    expect(stderr).not.toContain(secret);
    expect(code).toBe(12);
    expect((await other.call("GET", "/v1/devices")).body.items).toEqual([]);
    await other.stop();
  });

  test("damaged identity: exit 11, and it is not replaced silently", async () => {
    const collector = await collectors.start(await collectors.directory());
    const stateDir = await lab.directory();
    const token = await lab.file("token", await tokenOf(collector));
    const first = lab.join(collector, stateDir, "--token-file", token);
    await first.status(stateDir);
    await first.stop();
    const directory = join(stateDir, "identity");
    const file = join(directory, "identity.json");
    await writeFile(file, "not a certificate");
    const { code, stderr } = await lab.join(collector, stateDir, "--token-file", token).ended;
    expect(stderr).toContain(directory);
    expect(code).toBe(11);
    expect(await readFile(file, "utf8")).toBe("not a certificate");
    await collector.stop();
  });
});
