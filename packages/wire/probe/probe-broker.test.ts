import { type AddressInfo, createServer } from "node:net";
import { Aedes } from "aedes";
import { afterEach, expect, test } from "vitest";
import { admitsStrangers, type ProbeOptions, probeBroker } from "./index.js";

const cleanups: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** An open broker on loopback, or a server that only speaks as told. */
async function serve(rules: ConstructorParameters<typeof Aedes>[0] = {}): Promise<string> {
  const mqtt = await Aedes.createBroker(rules);
  const server = createServer((socket) => mqtt.handle(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(
    () => new Promise<void>((resolve) => server.close(() => resolve())),
    () => new Promise<void>((resolve) => mqtt.close(() => resolve())),
  );
  return `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function options(url: string, changes: Partial<ProbeOptions> = {}): ProbeOptions {
  const target = { url, limitMs: 1_500 };
  return { target, collector: {}, device: null, product: null, queueDepth: 150, nonce: "abc123", quietMs: 150, onStep: () => {}, ...changes };
}

test("an open broker: what it does, that it is open to all, and to devices too", async () => {
  const url = await serve();
  const { capabilities, findings } = await probeBroker(options(url, { device: { deviceId: "spare-1" } }));
  const { connection, delivery, sharing, rules } = capabilities;
  expect(capabilities.product).toBe("aedes");
  expect(connection).toMatchObject({ mqtt311: true, mqtt5: false, tls: null, oldTls: null, anonymous: "hears all", takeover: true });
  expect(delivery.qos1).toMatchObject({ sent: 200, received: 200, inOrder: true, repeated: 0 });
  expect(delivery).toMatchObject({ qos2: true, retained: true, retainedByWildcard: true, will: true, persistentSession: true, dots: "kept" });
  expect(delivery.offlineQueue).toEqual({ sent: 150, acknowledged: 150, kept: 150 });
  expect(delivery.maxPayloadBytes).toBe(delivery.triedPayloadBytes);
  expect(sharing.wildcard).toBe(true);
  expect(rules).toMatchObject({
    speaksOwn: true,
    hearsOwn: true,
    speaksForOthers: true,
    speaksForCollector: true,
    hearsOthers: true,
    hearsAll: true,
    takesClientId: true,
  });
  const unsafe = findings.filter((f) => f.severity === "unsafe").map((f) => f.code);
  expect(unsafe).toEqual([
    "plaintext",
    "anonymous-access",
    "device-speaks-for-others",
    "device-speaks-for-collector",
    "device-hears-others",
    "device-takes-client-id",
  ]);
});

test("a broker that lets nobody in without a password is told by it, and denials that say nothing are seen", async () => {
  const url = await serve({
    authenticate: (_client, username, _password, done) => done(null, username !== undefined),
    // Granted and acknowledged, and nothing comes of it.
    authorizeForward: (client, packet) => (client.id === "spare-1" && packet.topic.includes("/probe-") ? null : packet),
  });
  const { capabilities } = await probeBroker(
    options(url, { collector: { username: "c", password: "x" }, device: { deviceId: "spare-1", username: "d", password: "x" } }),
  );
  expect(capabilities.connection.anonymous).toBe("refused");
  expect(capabilities.rules).toMatchObject({ hearsOthers: false, hearsAll: false, silentDenial: true });
  expect(await admitsStrangers({ target: { url, limitMs: 1_500 }, nonce: "x" })).toBe(false);
});

test("not let in as the collector: exit 4, with what to give", async () => {
  const url = await serve({ authenticate: (_client, _username, _password, done) => done(null, false) });
  await expect(probeBroker(options(url))).rejects.toMatchObject({ code: "wire/probe-failed", context: { exit: "auth" } });
});

test("nobody there, and somebody who never answers: exit 10", async () => {
  await expect(probeBroker(options("mqtt://127.0.0.1:1"))).rejects.toMatchObject({ code: "wire/probe-failed", context: { exit: "address" } });
  const silent = createServer((socket) => void socket.resume());
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => new Promise<void>((resolve) => silent.close(() => resolve())));
  const url = `mqtt://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  await expect(probeBroker({ ...options(url), target: { url, limitMs: 200 } })).rejects.toMatchObject({ context: { exit: "address" } });
});
