import { mkdtemp } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DeviceId } from "@kedge/core";
import { enrolClientId } from "@kedge/identity";
import { newEnrolNonce } from "@kedge/identity/adapters";
import { openAuthority } from "@kedge/identity/authority";
import { alertTopic, enrollTopic, hostTopic, topicFor, wireLimits } from "@kedge/wire";
import mqtt from "mqtt";
import { afterEach, describe, expect, test, vi } from "vitest";
import { startBroker } from "./broker.js";
import { Arrivals, type BrokerLab, ended, nextMessage, openLab, present } from "./broker.fixture.js";
import type { RefusedPublish } from "./intake.js";

// Handshakes of a busy machine take their time.
vi.setConfig({ testTimeout: 30_000 });

const cam = "cam-1" as DeviceId;
const other = "cam-2" as DeviceId;
const opened: BrokerLab[] = [];

async function lab(...options: Parameters<typeof openLab>): Promise<BrokerLab> {
  const made = await openLab(...options);
  opened.push(made);
  return made;
}

afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

describe("who comes in", () => {
  test("a device by its certificate, under its own id alone", async () => {
    const one = await lab();
    const { broker } = one;
    await one.device(cam);
    await present(broker, 1);
    expect(broker.connected()).toEqual([cam]);
    const { cert, key } = await one.papers(cam);
    await expect(one.connect({ clientId: other, cert, key })).rejects.toMatchObject({ code: 2 });
    await expect(one.connect({ clientId: "", cert, key })).rejects.toMatchObject({ code: 2 });
    expect(broker.stats().refused).toEqual({ "collector/client-id": 2 });
  });

  test("not by the certificate of another authority, a revoked one, a retired device's, a server's, or none", async () => {
    const one = await lab();
    const { broker, authority } = one;
    const { revoked, retired, clock } = one.register;
    const stranger = await openAuthority(await mkdtemp(join(tmpdir(), "kedge-stranger-")), { nowMs: clock.nowMs });
    const foreign = await one.papers(cam, stranger);
    await expect(one.connect({ clientId: cam, cert: foreign.cert, key: foreign.key })).rejects.toMatchObject({ code: 5 });
    const own = await one.papers(cam);
    const enter = { clientId: cam, cert: own.cert, key: own.key };
    revoked.add(own.serial);
    await expect(one.connect(enter)).rejects.toMatchObject({ code: 5 });
    revoked.clear();
    retired.add(cam);
    await expect(one.connect(enter)).rejects.toMatchObject({ code: 5 });
    retired.clear();
    await expect(one.connect({ clientId: cam })).rejects.toMatchObject({ code: 5 });
    await expect(one.connect({ clientId: cam, username: cam, password: "x" })).rejects.toMatchObject({ code: 5 });
    const server = await authority.serverCredentials(["127.0.0.1"], clock.nowMs);
    await expect(one.connect({ clientId: cam, cert: server.chainPem, key: server.keyPem })).rejects.toMatchObject({ code: 5 });
    expect((await one.connect(enter)).connected).toBe(true);
    expect(broker.stats().refused).toEqual({ "identity/certificate-refused": 3, "collector/not-a-member": 1, "collector/no-credentials": 2 });
  });

  test("a refused certificate is not made good by a password", async () => {
    const one = await lab();
    const { retired } = one.register;
    const { cert, key } = await one.papers(cam);
    retired.add(cam);
    await expect(one.connect({ clientId: enrolClientId(newEnrolNonce()), username: "enroll", password: one.newToken(), cert, key })).rejects.toMatchObject({
      code: 5,
    });
  });

  test("by an enrolment token, under the client id of an enrolment: never under a device's", async () => {
    const one = await lab();
    const { broker } = one;
    const { enrolments } = one.register;
    await one.device(cam);
    await present(broker, 1);
    const token = one.newToken();
    await expect(one.connect({ clientId: cam, username: "enroll", password: token })).rejects.toMatchObject({ code: 2 });
    expect(broker.connected()).toEqual([cam]);
    const enter = { username: "enroll", password: token };
    expect((await one.connect({ clientId: enrolClientId(newEnrolNonce()), ...enter })).connected).toBe(true);
    await expect(one.connect({ clientId: enrolClientId(newEnrolNonce()), username: "enroll", password: "guess" })).rejects.toMatchObject({ code: 4 });
    for (const [id, record] of enrolments) enrolments.set(id, { ...record, revoked: true });
    await expect(one.connect({ clientId: enrolClientId(newEnrolNonce()), ...enter })).rejects.toMatchObject({ code: 4 });
  });

  test("by an API token, under a client id that is no device's", async () => {
    const one = await lab();
    const password = one.newApiToken();
    expect((await one.connect({ clientId: "api:dashboard", username: "api", password })).connected).toBe(true);
    await expect(one.connect({ clientId: cam, username: "api", password })).rejects.toMatchObject({ code: 2 });
    await expect(one.connect({ clientId: "api:x", username: "api", password: `${password}x` })).rejects.toMatchObject({ code: 4 });
  });

  test("who takes too long with its keep-alive is refused; whose will is not its own topic too", async () => {
    const one = await lab({ maxKeepAliveSeconds: 60 });
    await expect(one.device(cam, { keepalive: 61 })).rejects.toThrow();
    await expect(one.device(cam, { keepalive: 0 })).rejects.toThrow();
    const will = (topic: string) => ({ topic, payload: Buffer.from("gone"), qos: 1, retain: true }) as const;
    await expect(one.device(cam, { will: will(topicFor(other, "death")) })).rejects.toMatchObject({ code: 5 });
    await expect(one.device(cam, { will: will(alertTopic("inc_1")) })).rejects.toMatchObject({ code: 5 });
    expect((await one.device(cam, { will: will(topicFor(cam, "death")) })).connected).toBe(true);
  });

  test("nobody before the broker is opened: who comes early waits", async () => {
    const one = await lab({}, false);
    const { broker } = one;
    const early = one.device(cam);
    const present = new Arrivals<string>();
    broker.onPresence((deviceId, isConnected) => present.add(`${deviceId} ${isConnected}`));
    while (broker.stats().waiting === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(broker.connected()).toEqual([]);
    broker.open();
    await early;
    expect(await present.first(1)).toEqual(["cam-1 true"]);
  });
});

describe("what may be said and heard", () => {
  test("a device's own topics reach the collector, with their bytes", async () => {
    const one = await lab();
    const { broker } = one;
    const heard = new Arrivals<string>();
    broker.onDevice((deviceId, leaf, payload) => heard.add(`${deviceId} ${leaf} ${Buffer.from(payload).toString("utf8")}`));
    const client = await one.device(cam);
    for (const leaf of ["birth", "stats", "evt", "reported", "sample"] as const) await client.publishAsync(topicFor(cam, leaf), `a ${leaf}`, { qos: 1 });
    await client.publishAsync(topicFor(cam, "art/get"), "chunks", { qos: 0 });
    expect(await heard.first(6)).toEqual([
      "cam-1 birth a birth",
      "cam-1 stats a stats",
      "cam-1 evt a evt",
      "cam-1 reported a reported",
      "cam-1 sample a sample",
      "cam-1 art/get chunks",
    ]);
  });

  test.each([
    ["another device's topic", topicFor(other, "stats"), 1],
    ["its own topic in another shard", `kedge/1/3f/${cam}/stats`, 1],
    ["what only the collector says", topicFor(cam, "desired"), 1],
    ["an alert", alertTopic("inc_1"), 1],
    ["a host's state", hostTopic("main"), 1],
    ["the broker's own topics", "$SYS/x/heartbeat", 0],
    ["anything else", "other/topic", 0],
    ["QoS 2", topicFor(cam, "stats"), 2],
  ] as const)("a device that publishes to %s is cut", async (_what, topic, qos) => {
    const one = await lab();
    const { broker } = one;
    const heard: string[] = [];
    broker.onDevice((_deviceId, leaf) => void heard.push(leaf));
    const client = await one.device(cam);
    const gone = ended(client);
    client.publish(topic, "x", { qos });
    await gone;
    expect(heard).toEqual([]);
    expect(broker.stats()).toMatchObject({ forbiddenPublishes: 1, received: 0 });
  });

  test("subscriptions to anything but its own are refused, and the connection stays", async () => {
    const one = await lab();
    const { broker } = one;
    const client = await one.device(cam);
    const wrong = [
      topicFor(other, "desired"),
      topicFor(cam, "stats"),
      "#",
      "kedge/1/#",
      "kedge/1/+/+/desired",
      alertTopic("x"),
      "kedge/1/alerts/#",
      "kedge/1/enroll/+/response",
      "$SYS/#",
    ];
    for (const filter of wrong) {
      const refused = await client.subscribeAsync(filter).catch((error: unknown) => error);
      expect(refused, filter).toBeInstanceOf(Error);
    }
    expect(broker.stats().forbiddenSubscriptions).toBe(wrong.length);
    for (const filter of [topicFor(cam, "desired"), topicFor(cam, "ack"), topicFor(cam, "art/blk"), "kedge/1/host/+"])
      await client.subscribeAsync(filter, { qos: 1 });
    expect(client.connected).toBe(true);
  });

  test("what is said to one device is not heard by another", async () => {
    const one = await lab();
    const { broker } = one;
    const [first, two] = [await one.device(cam), await one.device(other)];
    const overheard: string[] = [];
    two.on("message", (topic) => overheard.push(topic));
    await first.subscribeAsync(topicFor(cam, "ack"));
    await two.subscribeAsync(topicFor(other, "ack"));
    const heard = nextMessage(first);
    await broker.publish(topicFor(cam, "ack"), Buffer.from("seq 7"), { qos: 0 });
    expect(await heard).toEqual({ topic: topicFor(cam, "ack"), text: "seq 7", retain: false });
    const last = nextMessage(two);
    await broker.publish(topicFor(other, "ack"), Buffer.from("end"), { qos: 1 });
    await last;
    expect(overheard).toEqual([topicFor(other, "ack")]);
    await broker.publish(topicFor(cam, "art/blk"), Buffer.from("not asked for"), { qos: 0 });
    await broker.publish(topicFor("cam-9" as DeviceId, "ack"), Buffer.from("away"), { qos: 0 });
    expect(broker.stats()).toMatchObject({ delivered: 2, undelivered: 2 });
  });

  test("what is retained is heard by who subscribes later, until it is taken away; it is never another's", async () => {
    const one = await lab();
    const { broker } = one;
    await broker.publish(topicFor(cam, "desired"), Buffer.from("v1"), { qos: 1, retain: true });
    await broker.publish(topicFor(other, "desired"), Buffer.from("for cam-2"), { qos: 1, retain: true });
    await broker.publish(topicFor(cam, "desired"), Buffer.from("v2"), { qos: 1, retain: true });
    const first = await one.device(cam);
    const heard = nextMessage(first);
    await first.subscribeAsync(topicFor(cam, "desired"), { qos: 1 });
    expect(await heard).toEqual({ topic: topicFor(cam, "desired"), text: "v2", retain: true });
    const live = nextMessage(first);
    await broker.publish(topicFor(cam, "desired"), Buffer.from("v3"), { qos: 1, retain: true });
    expect(await live).toMatchObject({ text: "v3", retain: false });
    await broker.publish(topicFor(cam, "desired"), new Uint8Array(), { qos: 1, retain: true });
    const again = await one.device(cam);
    const silence: string[] = [];
    again.on("message", (topic) => silence.push(topic));
    await again.subscribeAsync([topicFor(cam, "desired"), topicFor(cam, "ack")]);
    const marker = nextMessage(again);
    await broker.publish(topicFor(cam, "ack"), Buffer.from("marker"), { qos: 0 });
    await marker;
    expect(silence).toEqual([topicFor(cam, "ack")]);
  });

  test("a device cannot have anything retained", async () => {
    const one = await lab();
    const { broker } = one;
    const heard = new Arrivals<string>();
    broker.onDevice((_deviceId, leaf) => heard.add(leaf));
    const client = await one.device(cam);
    await client.publishAsync(topicFor(cam, "stats"), "x", { qos: 1, retain: true });
    await heard.first(1);
    expect(client.connected).toBe(true);
  });

  test("an API token hears alerts, also by a wildcard, and nothing else; it says nothing", async () => {
    const one = await lab();
    await one.broker.publish(alertTopic("inc_1"), Buffer.from('{"a":1}'), { qos: 1, retain: true });
    const client = await one.connect({ clientId: "api:cli", username: "api", password: one.newApiToken() });
    const heard = nextMessage(client);
    await client.subscribeAsync("kedge/1/alerts/#", { qos: 1 });
    expect(await heard).toEqual({ topic: "kedge/1/alerts/inc_1", text: '{"a":1}', retain: true });
    await expect(client.subscribeAsync(topicFor(cam, "stats"))).rejects.toThrow();
    const gone = ended(client);
    client.publish(alertTopic("inc_1"), "forged", { qos: 1, retain: true });
    await gone;
    expect(one.broker.stats().forbiddenPublishes + one.broker.stats().oversize).toBe(1);
  });

  test("somebody who enrols: their own nonce, a few messages, not for long", async () => {
    const one = await lab({ maxEnrolMessages: 2, enrolMs: 400 });
    const requests = new Arrivals<string>();
    one.broker.onEnroll(({ nonce, principal }) => requests.add(`${nonce} ${principal.kind}`));
    const [nonce, another] = [newEnrolNonce(), newEnrolNonce()];
    const enter = (n: string) => one.connect({ clientId: enrolClientId(n), username: "enroll", password: one.newToken() });
    const client = await enter(nonce);
    await expect(client.subscribeAsync(enrollTopic(another, "response"))).rejects.toThrow();
    await expect(client.subscribeAsync("kedge/1/enroll/#")).rejects.toThrow();
    await client.subscribeAsync(enrollTopic(nonce, "response"), { qos: 1 });
    const answer = nextMessage(client);
    await client.publishAsync(enrollTopic(nonce, "request"), "please", { qos: 1 });
    expect(await requests.first(1)).toEqual([`${nonce} enrolling`]);
    await one.broker.publish(enrollTopic(nonce, "response"), Buffer.from("here"), { qos: 1 });
    expect((await answer).text).toBe("here");
    client.publish(enrollTopic(nonce, "request"), "again", { qos: 1 });
    const cut = ended(client);
    client.publish(enrollTopic(nonce, "request"), "and again", { qos: 1 });
    await cut;
    const forger = await enter(another);
    const forgerCut = ended(forger);
    forger.publish(enrollTopic(nonce, "request"), "for somebody else", { qos: 1 });
    await forgerCut;
    await ended(await enter(newEnrolNonce()));
    expect(requests.items).toHaveLength(2);
  });

  test("a device renews under its own name; with an expired certificate it may do nothing else", async () => {
    const one = await lab();
    const { broker } = one;
    const { clock } = one.register;
    const asked = new Arrivals<string>();
    broker.onEnroll(({ nonce, principal }) => asked.add(`${nonce} ${principal.kind}`));
    const { cert, key } = await one.papers(cam);
    const client = await one.connect({ clientId: cam, cert, key });
    await client.publishAsync(enrollTopic(cam, "request"), "csr", { qos: 1 });
    clock.nowMs += 100 * 86_400_000;
    const late = await one.connect({ clientId: cam, cert, key });
    await late.publishAsync(enrollTopic(cam, "request"), "csr", { qos: 1 });
    expect(await asked.first(2)).toEqual(["cam-1 device", "cam-1 renewing"]);
    expect(broker.connected()).toEqual([]);
    await expect(late.subscribeAsync(topicFor(cam, "desired"))).rejects.toThrow();
    const gone = ended(late);
    late.publish(topicFor(cam, "stats"), "x", { qos: 1 });
    await gone;
  });
});

describe("size", () => {
  test.each([
    ["stats", wireLimits.windowBytes],
    ["birth", wireLimits.smallBytes],
    ["sample", wireLimits.sampleBytes],
  ] as const)("a %s of the cap passes, one byte more cuts the device", async (leaf, most) => {
    const one = await lab();
    const { broker } = one;
    const sizes = new Arrivals<number>();
    const refusals: RefusedPublish[] = [];
    broker.onRefused((refused) => refusals.push(refused));
    broker.onDevice((_deviceId, _leaf, payload) => sizes.add(payload.length));
    const client = await one.device(cam);
    await client.publishAsync(topicFor(cam, leaf), Buffer.alloc(most), { qos: 1 });
    expect(await sizes.first(1)).toEqual([most]);
    const gone = ended(client);
    client.publish(topicFor(cam, leaf), Buffer.alloc(most + 1), { qos: 1 });
    await gone;
    expect(sizes.items).toHaveLength(1);
    expect(broker.stats().oversize).toBe(1);
    expect(refusals).toMatchObject([{ deviceId: cam, topic: topicFor(cam, leaf), code: "ingest/oversize", size: most + 1 }]);
  });

  test("of a packet that is cut off when it is announced, topic, length and beginning are told", async () => {
    const one = await lab();
    const refusals = new Arrivals<RefusedPublish>();
    one.broker.onRefused((refused) => refusals.add(refused));
    const client = await one.device(cam);
    const gone = ended(client);
    client.publish(topicFor(cam, "sample"), Buffer.concat([Buffer.from("the beginning"), Buffer.alloc(wireLimits.sampleBytes + 1_000_000)]), { qos: 1 });
    await gone;
    const [refused] = await refusals.first(1);
    expect(refused).toMatchObject({ deviceId: cam, topic: topicFor(cam, "sample"), code: "ingest/oversize" });
    expect(refused?.size).toBeGreaterThan(wireLimits.sampleBytes + 1_000_000);
    expect(
      Buffer.from(refused?.payload ?? [])
        .subarray(0, 13)
        .toString(),
    ).toBe("the beginning");
  });

  test.each([
    ["another device's topic", topicFor("cam-2" as DeviceId, "stats"), 1, "ingest/wrong-device"],
    ["a topic of nobody", "plant/temperature", 0, "ingest/forbidden-topic"],
    ["QoS 2", topicFor(cam, "stats"), 2, "ingest/forbidden-topic"],
  ] as const)("%s: the device is cut, and it is told whose and why", async (_what, topic, qos, code) => {
    const one = await lab();
    const refusals = new Arrivals<RefusedPublish>();
    one.broker.onRefused((refused) => refusals.add(refused));
    const client = await one.device(cam);
    const gone = ended(client);
    client.publish(topic, "x", { qos });
    await gone;
    expect(await refusals.first(1)).toMatchObject([{ deviceId: cam, topic, code, size: 1, message: expect.stringContaining(topic) }]);
  });

  test("a packet of 256 MB is refused when it is announced, before anybody is known", async () => {
    const one = await lab();
    const { broker } = one;
    const socket = await one.raw();
    const gone = new Promise((resolve) => socket.once("close", resolve));
    socket.resume().write(Buffer.of(0x10, 0xff, 0xff, 0xff, 0x7f));
    await gone;
    expect(broker.stats()).toMatchObject({ oversize: 1, devices: 0 });
  });

  test("somebody who connects and says nothing, or no MQTT, is cut", async () => {
    const one = await lab({ connectMs: 50 });
    const { broker } = one;
    const silent = await one.raw(await one.papers(cam));
    const rude = await one.raw();
    rude.resume().write("GET / HTTP/1.1\r\n\r\n");
    await Promise.all([silent, rude].map((socket) => new Promise((resolve) => socket.resume().once("close", resolve))));
    while (broker.stats().connections > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(broker.stats()).toMatchObject({ devices: 0, connections: 0 });
  });
});

describe("coming and going", () => {
  test("the will of a device that vanishes is heard; a goodbye is none; both are told as presence", async () => {
    const one = await lab();
    const { broker } = one;
    const heard = new Arrivals<string>();
    broker.onDevice((deviceId, leaf, payload) => heard.add(`${deviceId} ${leaf} ${Buffer.from(payload).toString("utf8")}`));
    const presence = new Arrivals<string>();
    broker.onPresence((deviceId, isConnected) => presence.add(`${deviceId} ${isConnected}`));
    const will = (deviceId: DeviceId) => ({ topic: topicFor(deviceId, "death"), payload: Buffer.from("epoch 3"), qos: 1, retain: false }) as const;
    const polite = await one.device(other, { will: will(other) });
    await polite.endAsync();
    expect(await presence.first(2)).toEqual(["cam-2 true", "cam-2 false"]);
    const sudden = await one.device(cam, { will: will(cam) });
    sudden.on("error", () => {}).stream.destroy();
    expect(await heard.first(1)).toEqual(["cam-1 death epoch 3"]);
    expect(await presence.first(4)).toEqual(["cam-2 true", "cam-2 false", "cam-1 true", "cam-1 false"]);
    expect(broker.connected()).toEqual([]);
  });

  test("a device that comes back by a new connection before the old one is noticed to be dead is not told to be gone", async () => {
    const one = await lab();
    const { broker } = one;
    const heard: string[] = [];
    broker.onDevice((_deviceId, leaf) => void heard.push(leaf));
    const presence = new Arrivals<boolean>();
    broker.onPresence((_deviceId, isConnected) => presence.add(isConnected));
    const will = { topic: topicFor(cam, "death"), payload: Buffer.from("1"), qos: 1, retain: false } as const;
    const older = await one.device(cam, { will });
    const cut = ended(older);
    const newer = await one.device(cam, { will });
    await cut;
    await present(broker, 1);
    await newer.subscribeAsync(topicFor(cam, "ack"));
    const message = nextMessage(newer);
    await broker.publish(topicFor(cam, "ack"), Buffer.from("to the new one"), { qos: 0 });
    expect((await message).text).toBe("to the new one");
    expect(heard).toEqual([]);
    expect(presence.items).toEqual([true, true]);
    await newer.endAsync();
    expect(await presence.first(3)).toEqual([true, true, false]);
  });

  test("a device that is retired can be cut at once", async () => {
    const one = await lab();
    const { broker } = one;
    const client = await one.device(cam);
    const gone = ended(client);
    expect([broker.disconnect(cam), broker.disconnect(other)]).toEqual([true, false]);
    await gone;
  });

  test("closing cuts everybody, tells of nobody's death, and frees the port", async () => {
    const one = await lab();
    const { broker, authority } = one;
    const { clock } = one.register;
    const heard: string[] = [];
    broker.onDevice((_deviceId, leaf) => void heard.push(leaf));
    const will = { topic: topicFor(cam, "death"), payload: Buffer.from("1"), qos: 1, retain: false } as const;
    const client = await one.device(cam, { will });
    const gone = ended(client);
    const { port } = broker;
    await broker.close();
    await gone;
    expect(heard).toEqual([]);
    const next = createServer();
    await new Promise<void>((resolve) => next.listen(port, "127.0.0.1", resolve));
    const fault = startBroker({
      host: "127.0.0.1",
      port,
      credentials: await authority.serverCredentials(["127.0.0.1"], clock.nowMs),
      access: {
        isRevoked: () => false,
        isMember: () => true,
        checkEnrolment: async () => ({ kind: "denied", code: "identity/token-unknown", message: "" }),
        checkApi: async () => ({ kind: "denied", code: "identity/token-unknown", message: "" }),
      },
      clock: { nowMs: () => 0, monotonicMs: () => 0 },
      log: { debug() {}, info() {}, warn() {}, error() {} },
    });
    await expect(fault).rejects.toMatchObject({
      code: "collector/port-in-use",
      context: { exit: "address", port },
      hint: expect.stringContaining("mqtt.port") as string,
    });
    await new Promise((resolve) => next.close(resolve));
  });
});

describe("load", () => {
  test("a receiver that is busy is not flooded: no more is read from the device, and nothing is lost", async () => {
    const one = await lab();
    const { broker } = one;
    let release: () => void = () => {};
    const isFree = new Promise<void>((resolve) => {
      release = resolve;
    });
    const heard = new Arrivals<number>();
    broker.onDevice(async (_deviceId, _leaf, payload) => {
      heard.add(Buffer.from(payload).readUInt32BE());
      await isFree;
    });
    const client = await one.device(cam);
    const total = 200;
    for (let i = 0; i < total; i += 1) {
      const payload = Buffer.alloc(100_000);
      payload.writeUInt32BE(i);
      client.publish(topicFor(cam, "stats"), payload, { qos: 1 });
    }
    await heard.first(1);
    for (let quiet = 0; quiet < 300; ) {
      const before = heard.items.length;
      await new Promise((resolve) => setImmediate(resolve));
      quiet = heard.items.length === before ? quiet + 1 : 0;
    }
    expect(heard.items.length).toBeLessThan(20);
    release();
    expect(await heard.first(total)).toEqual(Array.from({ length: total }, (_, i) => i));
  });

  test("a device that does not read holds up nobody but who sends to it", async () => {
    const one = await lab();
    const { broker } = one;
    // A client that subscribes by hand and never reads again.
    const socket = await one.raw(await one.papers(other));
    const text = (s: string): Buffer => Buffer.concat([Buffer.of(s.length >> 8, s.length & 255), Buffer.from(s)]);
    const frame = (head: number, ...parts: Buffer[]): Buffer => {
      const body = Buffer.concat(parts);
      return Buffer.concat([Buffer.of(head, body.length), body]);
    };
    socket.write(frame(0x10, text("MQTT"), Buffer.of(4, 2, 0, 60), text(other)));
    socket.write(frame(0x82, Buffer.of(0, 1), text(topicFor(other, "art/blk")), Buffer.of(0)));
    while (!broker.connected().includes(other)) await new Promise((resolve) => setImmediate(resolve));
    socket.pause();
    const block = Buffer.alloc(65_536);
    let isBlocked = true;
    const stuck = (async () => {
      for (let i = 0; i < 400; i += 1) await broker.publish(topicFor(other, "art/blk"), block, { qos: 0 });
      isBlocked = false;
    })();
    const client = await one.device(cam);
    await client.subscribeAsync(topicFor(cam, "ack"));
    for (let i = 0; i < 100; i += 1) {
      const heard = nextMessage(client);
      await broker.publish(topicFor(cam, "ack"), Buffer.from(`${i}`), { qos: 0 });
      expect((await heard).text).toBe(`${i}`);
    }
    expect(isBlocked).toBe(true);
    socket.destroy();
    await stuck;
  });

  test("what fails in the collector is counted, and costs no device its connection", async () => {
    const one = await lab();
    const { broker } = one;
    const heard = new Arrivals<number>();
    broker.onDevice((_deviceId, _leaf, payload) => {
      heard.add(payload.length);
      if (payload.length === 1) throw new Error("cannot");
    });
    const client = await one.device(cam);
    await client.publishAsync(topicFor(cam, "stats"), "1", { qos: 1 });
    await client.publishAsync(topicFor(cam, "stats"), "22", { qos: 1 });
    expect(await heard.first(2)).toEqual([1, 2]);
    expect(broker.stats().receiverFaults).toBe(1);
    expect(client.connected).toBe(true);
  });

  test("a hundred devices that come at once all get in, the later ones by waiting", async () => {
    const one = await lab({ handshakesPerSecond: 200, handshakeBurst: 20 }, false);
    const { broker } = one;
    const ids = Array.from({ length: 100 }, (_, i) => `storm-${i}`);
    const cards = await Promise.all(ids.map((id) => one.papers(id)));
    const coming = Promise.all(ids.map((clientId, i) => one.connect({ clientId, cert: cards[i]?.cert ?? "", key: cards[i]?.key ?? "" })));
    while (broker.stats().waiting < 100) await new Promise((resolve) => setImmediate(resolve));
    broker.open();
    expect(broker.stats().waiting).toBe(80);
    const clients = await coming;
    expect(clients.every((c) => c.connected)).toBe(true);
    await present(broker, 100);
    expect(broker.connected()).toHaveLength(100);
    expect(broker.stats()).toMatchObject({ turnedAway: 0, handshakesFailed: 0, connections: 100 });
  });

  test("more connections than there may be are turned away at once, and get in when there is room", async () => {
    const one = await lab({ maxConnections: 2 });
    const { broker } = one;
    const first = await one.device(cam);
    await one.device(other);
    await expect(one.device("cam-3")).rejects.toThrow();
    await present(broker, 2);
    expect(broker.stats()).toMatchObject({ turnedAway: 1, devices: 2 });
    await first.endAsync();
    while (broker.stats().connections > 1) await new Promise((resolve) => setImmediate(resolve));
    expect((await one.device("cam-3")).connected).toBe(true);
  });

  test("a plain TCP client that never begins a handshake is cut", async () => {
    const one = await lab({ handshakeMs: 50 });
    const { broker } = one;
    const client = mqtt.connect(`mqtt://127.0.0.1:${broker.port}`, { reconnectPeriod: 0, clientId: cam });
    await ended(client);
    expect(broker.connected()).toEqual([]);
  });
});
