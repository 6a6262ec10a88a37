import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { once } from "node:events";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { allRoutes, createClient, type KedgeClient, type Problem } from "@kedge/api";
import { silentLog } from "@kedge/core";
import { type ManualClock, manualClock } from "@kedge/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Caller } from "../commands.js";
import { MemoryCollector, memoryQueries } from "./fixtures/memory-collector.fixture.js";
import { memoryCommands } from "./fixtures/memory-commands.fixture.js";
import { anOverview, digestOf } from "./fixtures/sample-resources.fixture.js";
import { type HttpOptions, type RunningHttp, startHttp } from "./server.js";

const callers: Readonly<Record<string, Caller>> = {
  va: { name: "vera", role: "viewer" },
  op: { name: "olaf", role: "operator" },
  ad: { name: "ada", role: "admin" },
};

let clock: ManualClock;
let state: MemoryCollector;
let server: RunningHttp;
let folder: string;
const logged: { readonly level: string; readonly fields: Readonly<Record<string, unknown>> }[] = [];
const log = {
  ...silentLog,
  warn: (fields: Readonly<Record<string, unknown>>) => void logged.push({ level: "warn", fields }),
  error: (fields: Readonly<Record<string, unknown>>) => void logged.push({ level: "error", fields }),
};

function optionsOf(more: Partial<HttpOptions> = {}): HttpOptions {
  return {
    host: "127.0.0.1",
    port: 0,
    tokens: (bearer) => (Object.hasOwn(callers, bearer) ? callers[bearer] : undefined),
    queries: memoryQueries(state),
    commands: memoryCommands(state),
    dashboardDir: join(folder, "page"),
    version: "0.1.0",
    clock,
    log,
    ...more,
  };
}

beforeEach(async () => {
  clock = manualClock(1_790_000_000_000);
  state = new MemoryCollector(clock);
  logged.length = 0;
  folder = await mkdtemp(join(tmpdir(), "kedge-http-"));
  await mkdir(join(folder, "page", "assets"), { recursive: true });
  await writeFile(join(folder, "page", "index.html"), "<!doctype html><title>Kedge</title>");
  await writeFile(join(folder, "page", "assets", "app-1234.js"), "export {};");
  await writeFile(join(folder, "secret"), "no page");
  server = await startHttp(optionsOf());
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const as = (token: string | null): KedgeClient => createClient({ url: server.url, token, fetch });
const get = (path: string, init: RequestInit = {}): Promise<Response> => fetch(`${server.url}${path}`, init);
const post = (path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  get(path, {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers: { authorization: "Bearer ad", "content-type": "application/json", ...headers },
  });

/** Some value for each path parameter. */
const pathOf = (path: string): string =>
  path
    .replace(":sha256", digestOf("a"))
    .replace(":sampleId", "d.1.1")
    .replace(/:[A-Za-z0-9]+/g, "x");

describe("every row of the route table", () => {
  test.each(allRoutes().filter(({ route }) => route.role !== "public"))("$name needs a token of its role", async ({ route }) => {
    const call = (token: string | undefined): Promise<Response> =>
      get(pathOf(route.path), { method: route.method, ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }) });
    const nobody = await call(undefined);
    expect(nobody.status).toBe(401);
    expect(nobody.headers.get("www-authenticate")).toBe('Bearer realm="kedge"');
    expect((await call("guessed")).status).toBe(401);
    if (route.role !== "viewer") expect((await call("va")).status).toBe(403);
    if (route.role === "admin") expect((await call("op")).status).toBe(403);
  });

  test.each(allRoutes().filter(({ route }) => route.gives !== "events"))("$name is answered by the server", async ({ route }) => {
    const body =
      route.takes === "none" ? {} : { body: "{}", headers: { "content-type": route.takes === "octets" ? "application/octet-stream" : "application/json" } };
    const response = await get(pathOf(route.path), { method: route.method, ...body, headers: { ...body.headers, authorization: "Bearer ad" } });
    if (route.method === "HEAD") expect(response.status).toBe(404);
    else expect(await response.text()).not.toContain("api/no-such-route");
  });
});

describe("requests", () => {
  test("a listing goes on where its page ended", async () => {
    const first = await as("va").devices.list({ limit: 2 });
    expect(first.items.map((d) => d.deviceId)).toEqual(["lyon-1", "oslo-1"]);
    const second = await as("va").devices.list({ limit: 2, cursor: first.nextCursor ?? "" });
    expect(second).toMatchObject({ items: [{ deviceId: "oslo-2" }], nextCursor: null });
    expect((await as("va").devices.list({ selector: "site=oslo", state: "online" })).items).toHaveLength(2);
  });

  test("commands get the caller, parsed values and defaults", async () => {
    const { token, secret } = await as("ad").tokens.create({ labels: { site: "oslo" } });
    expect(token).toMatchObject({ createdBy: "ada", uses: 1, expiresAtMs: token.createdAtMs + 86_400_000, labels: { site: "oslo" } });
    expect(secret).toContain("kedge1.");
    expect(await as("op").devices.label({ deviceId: "oslo-1", labels: { site: null, row: "3" } })).toMatchObject({ labels: { row: "3" } });
  });

  test("every fault of a request is told at once", async () => {
    const response = await post("/v1/rollouts", { model: "../x", canary: -1, nonsense: 1 });
    expect(response.status).toBe(400);
    expect(response.headers.get("content-type")).toContain("application/problem+json");
    const problem = (await response.json()) as Problem;
    expect(problem).toMatchObject({ code: "api/invalid-request", type: "urn:kedge:error:api/invalid-request" });
    expect(problem.errors?.map((e) => e.path)).toEqual(["body.model", "body.canary", "body"]);
    expect(problem.requestId).toBe(response.headers.get("x-request-id"));
  });

  test.each([
    ["a body that is no JSON", () => post("/v1/rollouts", "{"), 400, "api/invalid-request"],
    ["a body that sets a prototype", () => post("/v1/rollouts", '{"__proto__":{"model":"x"}}'), 400, "api/invalid-request"],
    ["a body of another type", () => post("/v1/rollouts", "model=x", { "content-type": "application/x-www-form-urlencoded" }), 415, "api/wrong-media-type"],
    ["a body that is too large", () => post("/v1/rollouts", { model: "x", reason: "y".repeat(1_100_000) }), 413, "api/too-large"],
    ["a repeated query key", () => get("/v1/devices?limit=1&limit=2", { headers: { authorization: "Bearer va" } }), 400, "api/invalid-request"],
    ["a path that is no text", () => get("/v1/devices/%ff", { headers: { authorization: "Bearer va" } }), 400, "api/invalid-request"],
    ["an unknown path", () => get("/v1/nonsense"), 404, "api/no-such-route"],
    ["another method", () => get("/v1/devices", { method: "POST" }), 404, "api/no-such-route"],
    ["a thing that is not there", () => get("/v1/devices/none", { headers: { authorization: "Bearer va" } }), 404, "api/not-found"],
  ])("%s is refused with a problem", async (_, call, status, code) => {
    const response = await call();
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ status, code, detail: expect.any(String) });
  });

  test("a refused command keeps its own words", async () => {
    await expect(as("op").rollouts.start({ model: "clothes@1.0.0" })).rejects.toMatchObject({
      code: "rollout/already-running",
      hint: "Abort it, or wait for its end.",
      context: { exit: "conflict", status: 409 },
    });
    await expect(as("op").rollouts.undo({ rolloutId: "rol_1" })).rejects.toMatchObject({ message: "rollout rol_1 is RUNNING" });
    await expect(as("va").series.get({ stat: "mean" })).rejects.toMatchObject({ context: { exit: "usage" } });
  });

  test("a fault with a reason is told, a fault without one only to the log", async () => {
    await expect(as("op").retrainJobs.cancel({ jobId: "job_1", reason: "break" })).rejects.toMatchObject({
      code: "store/disk-full",
      context: { exit: "storage", status: 507 },
    });
    const response = await post("/v1/retrain-jobs/job_1/cancel", { reason: "crash" });
    expect(response.status).toBe(500);
    const text = await response.text();
    expect(text).toContain("api/internal");
    expect(text).not.toContain("secret detail");
    expect(logged.map((l) => l.level)).toEqual(["warn", "error"]);
    expect(logged[1]?.fields["requestId"]).toBe(response.headers.get("x-request-id"));
  });

  test("nothing that the table does not name gets out", async () => {
    const made = await as("op").subscriptions.create({ channel: { kind: "webhook", url: "https://example.org/hook" } });
    expect(made.secret).toBe("whsec_made");
    expect(JSON.stringify(state.subscriptions)).toContain("whsec_kept");
    for (const path of ["/v1/subscriptions", "/v1/subscriptions/sub_1"])
      expect(await (await get(path, { headers: { authorization: "Bearer op" } })).text()).not.toContain("whsec");
  });

  test("an answer that breaks the table's promise is a fault, not an answer", async () => {
    state.devices = [{ ...(state.devices[0] ?? expect.fail()), state: "asleep" as "online" }];
    await expect(as("va").devices.list()).rejects.toMatchObject({ code: "api/internal" });
  });
});

describe("a POST with an Idempotency-Key", () => {
  const make = (key: string, note: string, token = "ad"): Promise<Response> =>
    post("/v1/enrolment-tokens", { note }, { "idempotency-key": key, authorization: `Bearer ${token}` });

  test("sent twice is done once and answered twice", async () => {
    const [a, b] = await Promise.all([make("k1", "x"), make("k1", "x")]);
    expect([a.status, b.status]).toEqual([201, 201]);
    expect(await a.text()).toBe(await b.text());
    expect(state.tokens).toHaveLength(1);
    await make("k2", "x");
    expect(state.tokens).toHaveLength(2);
  });

  test("that comes with another request is refused", async () => {
    await make("k1", "x");
    expect(await (await make("k1", "y")).json()).toMatchObject({ status: 409, code: "api/idempotency-key-reused" });
  });

  test("is forgotten after ten minutes, and after a fault", async () => {
    await make("k1", "x");
    clock.advance(600_001);
    await make("k1", "x");
    expect(state.tokens).toHaveLength(2);
    const crash = (reason: string): Promise<Response> => post("/v1/retrain-jobs/job_1/cancel", { reason }, { "idempotency-key": "k9" });
    expect((await crash("crash")).status).toBe(500);
    expect((await crash("enough")).status).toBe(200);
  });

  test("must be a key", async () => {
    expect((await make("x".repeat(129), "")).status).toBe(400);
  });
});

describe("blobs", () => {
  const bytes = new TextEncoder().encode("a model");
  const digest = async (): Promise<string> => Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex");

  test("go in once, are found, and come out", async () => {
    const own = await digest();
    const client = as("op");
    expect(await client.blobs.head({ sha256: own })).toBe(false);
    expect(await client.blobs.put({ sha256: own }, bytes)).toEqual({ sha256: own, bytes: 7, isNew: true });
    expect(await client.blobs.put({ sha256: own }, bytes)).toMatchObject({ isNew: false });
    expect(await client.blobs.head({ sha256: own })).toBe(true);
    expect(await client.blobs.get({ sha256: own })).toEqual(bytes);
  });

  test("of another digest are refused and nothing is kept", async () => {
    await expect(as("op").blobs.put({ sha256: digestOf("9") }, bytes)).rejects.toMatchObject({
      code: "registry/digest-mismatch",
      context: { exit: "untrusted" },
    });
    expect(state.blobs.size).toBe(0);
  });

  test("larger than a request may be elsewhere pass in parts", async () => {
    const large = new Uint8Array(5_000_000).fill(7);
    const own = Buffer.from(await crypto.subtle.digest("SHA-256", large)).toString("hex");
    expect(await as("op").blobs.put({ sha256: own }, large)).toMatchObject({ bytes: 5_000_000 });
  });

  test("that claim to be endless are refused before they come", async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(server.port, "127.0.0.1", () => {
        socket.write(
          `PUT /v1/blobs/${digestOf("a")} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer op\r\ncontent-type: application/octet-stream\r\ncontent-length: 99999999999\r\n\r\nabc`,
        );
      });
      socket.once("data", (data) => {
        resolve(data.toString());
        socket.destroy();
      });
      socket.once("error", reject);
    });
    expect(answer).toContain("413");
  });
});

describe("health and documents", () => {
  test("are open to programs that watch", async () => {
    expect(await as(null).health.live()).toEqual({ status: "ok" });
    expect(await (await get("/readyz")).json()).toEqual({ ready: true, faults: [] });
    state.isReady = false;
    const response = await get("/readyz");
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ ready: false, faults: ["the broker does not listen"] });
    expect((await as(null).health.openApi())["openapi"]).toBe("3.1.0");
  });

  test("metrics are Prometheus text", async () => {
    const response = await get("/metrics", { headers: { authorization: "Bearer va" } });
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(await response.text()).toContain("kedge_up 1\n");
  });

  test("answers are counted and not cached", async () => {
    const response = await get("/v1/overview", { headers: { authorization: "Bearer va" } });
    expect(await response.json()).toEqual(anOverview());
    expect(response.headers.get("cache-control")).toBe("no-store");
    await get("/v1/nonsense");
    await expect.poll(() => [server.stats().answers.get(200), server.stats().answers.get(404)]).toEqual([1, 1]);
  });
});

describe("events", () => {
  test("come as they happen, and go on after the last one seen", async () => {
    const stream = as("va").events.stream();
    const next = stream.next();
    await expect.poll(() => server.stats().openStreams).toBe(1);
    await as("op").rollouts.pause({ rolloutId: "rol_1" });
    const first = await next;
    expect(first.value).toMatchObject({ type: "rollout.changed", rollout: { rolloutId: "rol_1", state: "PAUSED" } });
    await stream.return();
    await expect.poll(() => server.stats().openStreams).toBe(0);
    await as("op").rollouts.resume({ rolloutId: "rol_1" });
    const again = as("va").events.stream({ after: first.value?.id });
    expect((await again.next()).value).toMatchObject({ type: "rollout.changed", rollout: { state: "RUNNING" } });
    await again.return();
  });

  test("are bounded, and who is turned away is counted", async () => {
    const ending = new AbortController();
    const open = (): Promise<Response> => get("/v1/events", { headers: { authorization: "Bearer va" }, signal: ending.signal });
    const opened = await Promise.all(Array.from({ length: 256 }, open));
    expect(opened.every((r) => r.status === 200)).toBe(true);
    const refused = await open();
    expect([refused.status, ((await refused.json()) as Problem).code]).toEqual([429, "api/too-many"]);
    expect(server.stats()).toMatchObject({ openStreams: 256, refusedStreams: 1 });
    ending.abort();
    await expect.poll(() => server.stats().openStreams).toBe(0);
  });

  test("end with the server", async () => {
    const stream = as("va").events.stream();
    const next = stream.next();
    await expect.poll(() => server.stats().openStreams).toBe(1);
    await server.close();
    expect(await next).toEqual({ done: true, value: undefined });
  });
});

describe("the dashboard", () => {
  test("is served without a token, under a strict policy, and only its own files", async () => {
    const page = await get("/");
    expect(await page.text()).toContain("<title>Kedge</title>");
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'; script-src 'self'");
    expect(page.headers.get("cache-control")).toBe("no-store");
    const asset = await get("/assets/app-1234.js");
    expect(asset.headers.get("cache-control")).toContain("immutable");
    expect(asset.headers.get("x-content-type-options")).toBe("nosniff");
    for (const path of ["/../secret", "/%2e%2e/secret", "/..%2fsecret", "/assets/..%5c..%5csecret"]) {
      const response = await get(path);
      expect(response.status, path).not.toBe(200);
      expect(await response.text()).not.toContain("no page");
    }
  });

  test("says when it is not built", async () => {
    const bare = await startHttp(optionsOf({ dashboardDir: null }));
    const response = await fetch(`${bare.url}/`);
    expect(await response.text()).toContain("not built");
    await bare.close();
  });
});

describe("closing", () => {
  test("is not held up by a client that connects and says nothing", async () => {
    const silent = connect(server.port, "127.0.0.1");
    await once(silent, "connect");
    const ended = once(silent, "close");
    silent.resume();
    await server.close();
    await ended;
  });
});

describe("listening", () => {
  test("a port in use is told with what to do", async () => {
    await expect(startHttp(optionsOf({ port: server.port }))).rejects.toMatchObject({
      code: "collector/port-in-use",
      message: `listening on http://127.0.0.1:${server.port} failed: the port is in use`,
      hint: expect.stringContaining("another port"),
      context: { exit: "address" },
    });
  });

  test.each(["0.0.0.0", "::", "192.0.2.7", "example.org"])("beyond loopback without TLS is refused: %s", async (host) => {
    await expect(startHttp(optionsOf({ host }))).rejects.toMatchObject({ code: "collector/insecure-http", context: { exit: "config" } });
  });
});
