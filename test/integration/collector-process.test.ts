import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer as createHttpServer, type IncomingHttpHeaders } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import { verifyWebhook } from "@kedge/alert/adapters";
import { sha256 } from "@kedge/identity/adapters";
import { createKeyPair } from "@kedge/registry/adapters";
import { encodeBirth, topicFor } from "@kedge/wire";
import { afterAll, describe, expect, test } from "vitest";
import { tinyBundle } from "../../packages/registry/src/tiny-bundle.fixture.js";
import { CollectorLab, type CollectorProgram, deviceLink, enrolDevice, isBuilt } from "./collector-program.fixture.js";

if (!isBuilt) process.stderr.write("collector-process: skipped, apps/collector is not built (run `npm run build`)\n");

const lab = new CollectorLab();
afterAll(() => lab.close());

/** Something else that listens. */
async function occupy(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, port: (server.address() as AddressInfo).port };
}

/** Whether a port can be listened on. */
async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return await new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** Asks until the answer is as wanted; the collector counts what it has read, a moment after it was sent. */
async function until<T>(ask: () => Promise<T>, isDone: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (isDone(answer)) return answer;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe.skipIf(!isBuilt)("what keeps a collector from starting", () => {
  test("a data directory that cannot be written: exit 11, with the directory and what to do", async () => {
    const file = join(await lab.directory(), "file");
    await writeFile(file, "");
    const { code, stderr } = await lab.run("--data-dir", join(file, "data"), "--mqtt-port", "0", "--http-port", "0");
    expect(stderr).toContain(join(file, "data"));
    expect(stderr).toContain("--data-dir");
    expect(code).toBe(11);
  });

  test.each([["--prot", "1"], ["backup"], ["broker-files"], ["config", "check", "--prot"]])(
    "wrong usage (%s): exit 2, and nothing is made",
    async (...args) => {
      expect((await lab.run(...args)).code).toBe(2);
    },
  );

  test.each(["mqtt", "http"])("the %s port in use: exit 10, with the port and what to do; nothing stored is harmed", async (which) => {
    const dataDir = await lab.directory();
    const first = await lab.start(dataDir);
    const { status, body } = await first.call("POST", "/v1/enrolment-tokens", {});
    expect(status).toBe(201);
    await first.stop();
    const { server, port } = await occupy();
    const other = which === "mqtt" ? "http" : "mqtt";
    const { code, stderr } = await lab.run("--data-dir", dataDir, `--${which}-port`, String(port), `--${other}-port`, "0");
    expect(stderr).toContain(`127.0.0.1:${port}`);
    expect(stderr).toContain("What to do:");
    expect(stderr).toContain(`${which}.port`);
    expect(code).toBe(10);
    server.close();
    const again = await lab.start(dataDir);
    expect((await again.call("GET", "/v1/enrolment-tokens")).body.items).toMatchObject([{ tokenId: body.token.tokenId }]);
    expect((await again.stop()).code).toBe(0);
  });

  test("an unknown key of the configuration: exit 9, with the key", async () => {
    const dataDir = await lab.directory();
    const { code, stderr } = await lab.run("--data-dir", dataDir, "--set", "drift.tikMs=5000", "--set", "mqtt.port=70000");
    expect(stderr).toContain("tikMs");
    expect(stderr).toContain("mqtt.port");
    expect(code).toBe(9);
  });

  test("a second collector on the same data directory: exit 11, and the first goes on", async () => {
    const dataDir = await lab.directory();
    const first = await lab.start(dataDir);
    const { code, stderr } = await lab.run("--data-dir", dataDir, "--mqtt-port", "0", "--http-port", "0");
    expect(stderr).toContain("store/locked");
    expect(code).toBe(11);
    expect((await first.call("POST", "/v1/enrolment-tokens", {})).status).toBe(201);
    expect((await first.stop()).code).toBe(0);
  });
});

describe.skipIf(!isBuilt)("a collector that runs", () => {
  let collector: CollectorProgram;
  test("starts", async () => {
    collector = await lab.start(await lab.directory());
  });

  test("says 401 as a problem to who has no token", async () => {
    const { status, contentType, body } = await collector.call("GET", "/v1/devices", undefined, { authorization: "" });
    expect(status).toBe(401);
    expect(contentType).toContain("application/problem+json");
    expect(body).toMatchObject({ status: 401, code: "api/unauthenticated" });
  });

  test("takes a token as soon as it is made, and no more once it is revoked", async () => {
    const { token, secret } = (await collector.call("POST", "/v1/access-tokens", { name: "vera", role: "viewer" })).body;
    const ask = () => collector.call("GET", "/v1/devices", undefined, { authorization: `Bearer ${secret}` });
    expect((await ask()).status).toBe(200);
    expect((await collector.call("DELETE", `/v1/access-tokens/${token.tokenId}`)).status).toBe(200);
    expect((await ask()).status).toBe(401);
  });

  test("refuses a blob that has another digest than it is sent under, and keeps nothing of it", async () => {
    const claimed = sha256(Uint8Array.of(1, 2, 3));
    const { status, body } = await collector.call("PUT", `/v1/blobs/${claimed}`, Uint8Array.of(4, 5, 6));
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(body.code).toBe("registry/digest-mismatch");
    expect((await collector.call("HEAD", `/v1/blobs/${claimed}`)).status).toBe(404);
  });

  test("refuses a bundle whose signature is wrong, or of a key that is not trusted", async () => {
    const { signer, publicPem } = createKeyPair();
    const packed = await tinyBundle(signer, sha256);
    const register = (envelope: unknown) => collector.call("POST", "/v1/models", { envelope });
    const unknown = await register(packed.envelope);
    expect(unknown.status).toBeGreaterThanOrEqual(400);
    expect(unknown.status).toBeLessThan(500);
    expect(unknown.body.code).toBe("registry/unknown-key");
    expect((await collector.call("POST", "/v1/keys", { name: "ours", publicKey: publicPem })).status).toBe(201);
    const [signature] = packed.envelope.signatures;
    const bytes = Buffer.from(signature?.sig ?? "", "base64");
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    const forged = await register({ ...packed.envelope, signatures: [{ ...signature, sig: bytes.toString("base64") }] });
    expect(forged.status).toBeGreaterThanOrEqual(400);
    expect(forged.status).toBeLessThan(500);
    expect(forged.body.code).toBe("registry/bad-signature");
    expect((await collector.call("GET", "/v1/models")).body.items).toEqual([]);
  });

  test("counts a corrupt message of a device, and goes on with the next", async () => {
    const identity = await enrolDevice(collector, await lab.directory(), "cam-1");
    const link = await deviceLink(collector, identity);
    const { deviceId } = identity;
    expect(await link.publish(topicFor(deviceId, "stats"), Buffer.from("this is no window"), { qos: 1 })).toMatchObject({ kind: "sent" });
    const counters = async () => (await collector.call("GET", "/v1/counters")).body.windows;
    const after = await until(counters, (w) => w.deadLetters === 1);
    expect(after).toMatchObject({ received: 1, stored: 0, refused: { "ingest/undecodable": 1 } });
    const birth = { deviceId, bootEpoch: 1, labels: {}, agentVersion: "9.9.9", bundleDigest: null, platform: "test", oldestSeq: 1, nextSeq: 1 };
    await link.publish(topicFor(deviceId, "birth"), encodeBirth(birth), { qos: 1 });
    const device = await until(
      async () => (await collector.call("GET", "/v1/devices/cam-1")).body,
      (d) => d.agentVersion === "9.9.9",
    );
    expect(device.state).toBe("online");
    await link.close();
  });

  test("cuts a device off that is retired, and lets it in no more", async () => {
    const identity = await enrolDevice(collector, await lab.directory(), "cam-2");
    const link = await deviceLink(collector, identity);
    expect((await collector.call("POST", "/v1/devices/cam-2/retire", { reason: "test" })).status).toBeLessThan(300);
    await link.close();
    const { deviceId, certificatePem, privateKeyPem, authoritiesPem } = identity;
    const { default: mqtt } = await import("mqtt");
    const refused = await new Promise<string>((resolve) => {
      const client = mqtt.connect(`mqtts://127.0.0.1:${collector.mqttPort}`, {
        clientId: deviceId,
        cert: certificatePem,
        key: privateKeyPem,
        ca: authoritiesPem,
        reconnectPeriod: 0,
        protocolVersion: 4,
      });
      client.once("connect", () => resolve("let in"));
      client.once("error", (error) => resolve(error.message));
    });
    expect(refused).toMatch(/not authorized/i);
  });

  test("refuses to send to a private address, unless the configuration allows it", async () => {
    const made = await collector.call("POST", "/v1/subscriptions", { channel: { kind: "webhook", url: "http://127.0.0.1:9/hook" } });
    expect(made.status).toBe(201);
    const tested = await collector.call("POST", `/v1/subscriptions/${made.body.subscription.subscriptionId}/test`);
    expect(tested.body).toMatchObject({ state: "failed" });
    expect(tested.body.outcome).toMatch(/private|loopback|public/i);
  });

  test("ends with 0 on SIGTERM and leaves its ports", async () => {
    const { httpPort, mqttPort } = collector;
    expect((await collector.stop()).code).toBe(0);
    expect(await isFree(httpPort)).toBe(true);
    expect(await isFree(mqttPort)).toBe(true);
  });
});

test.skipIf(!isBuilt)("a webhook gets a test that it can verify, and refuses it by another secret", async () => {
  const collector = await lab.start(await lab.directory(), "--set", "allowPrivateWebhooks=true");
  const received: { headers: IncomingHttpHeaders; body: string }[] = [];
  const receiver = createHttpServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString("utf8")));
    request.on("end", () => {
      received.push({ headers: request.headers, body });
      response.writeHead(204).end();
    });
  });
  receiver.listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  const { subscription, secret } = (await collector.call("POST", "/v1/subscriptions", { channel: { kind: "webhook", url } })).body;
  const tested = await collector.call("POST", `/v1/subscriptions/${subscription.subscriptionId}/test`);
  expect(tested.body).toMatchObject({ state: "delivered", attempts: 1 });
  expect(received).toHaveLength(1);
  const [message] = received;
  const headers = message?.headers as Record<string, string>;
  verifyWebhook(secret, headers, message?.body ?? "", Date.now());
  expect(() => verifyWebhook(`whsec_${Buffer.alloc(32).toString("base64")}`, headers, message?.body ?? "", Date.now())).toThrow("no signature of it matches");
  expect(JSON.parse(message?.body ?? "")).toMatchObject({ type: "test" });
  receiver.close();
  expect((await collector.stop()).code).toBe(0);
});
