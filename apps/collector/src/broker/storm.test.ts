import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from "node:tls";
import { type DeviceId, type KedgeError, seededRandom } from "@kedge/core";
import type { Link } from "@kedge/wire";
import { topicFor } from "@kedge/wire";
import { openMqttLink } from "@kedge/wire/adapters";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type BrokerLab, ended, openLab, type Papers, present } from "./broker.fixture.js";

// Handshakes of a busy machine take their time.
vi.setConfig({ testTimeout: 60_000 });

const opened: BrokerLab[] = [];
const links: Link[] = [];
const sockets: Socket[] = [];

async function lab(...options: Parameters<typeof openLab>): Promise<BrokerLab> {
  const made = await openLab(...options);
  opened.push(made);
  return made;
}

/** A TCP connection that says nothing of its own. */
async function plainSocket(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  sockets.push(socket.on("error", () => {}));
  await new Promise<void>((resolve) => socket.once("connect", () => resolve()));
  return socket;
}

const closed = (socket: Socket): Promise<void> => new Promise((resolve) => (socket.destroyed ? resolve() : socket.once("close", () => resolve())));
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

afterEach(async () => {
  await Promise.all(links.splice(0).map((link) => link.close()));
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const one of opened.splice(0)) await one.close();
});

/** What a TLS client meets with: "secure", or the code of its error. */
function tryTls(one: BrokerLab, own?: Papers, more: ConnectionOptions = {}): Promise<string> {
  const papers = own === undefined ? {} : { cert: own.cert, key: own.key };
  const socket = connectTls({ host: "127.0.0.1", port: one.broker.port, ca: one.authority.certificatePem, ...papers, ...more });
  sockets.push(socket);
  return new Promise((resolve) => {
    socket.once("secureConnect", () => resolve("secure"));
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

/** The first bytes of a TLS client that gets no answer. */
async function realHello(): Promise<Buffer> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const client = connectTls({ host: "127.0.0.1", port: (server.address() as AddressInfo).port });
  client.on("error", () => {});
  const hello = await new Promise<Buffer>((resolve) => server.once("connection", (socket) => socket.on("error", () => {}).once("data", resolve)));
  client.destroy();
  await new Promise((resolve) => server.close(resolve));
  return hello;
}

describe("a fleet that comes at once", () => {
  test("two hundred devices that are dropped at once all come back; nobody is reset, who cannot be taken is told so", async () => {
    const one = await lab({ handshakesPerSecond: 150, handshakeBurst: 8, maxWaitMs: 300 });
    const ids = Array.from({ length: 200 }, (_, i) => `storm-${i}` as DeviceId);
    const papers = await Promise.all(ids.map((id) => one.papers(id)));
    const faults: KedgeError[] = [];
    let heard = 0;
    one.broker.onDevice(() => {
      heard += 1;
    });
    const random = seededRandom(7);
    for (const [i, clientId] of ids.entries()) {
      const { cert = "", key = "" } = papers[i] ?? {};
      const url = `mqtts://127.0.0.1:${one.broker.port}`;
      const retry = { firstMs: 100, maxMs: 800 };
      const link = openMqttLink({ url, clientId, certificate: cert, key, ca: one.authority.certificatePem, random, retry, firstDelayMs: random() * 1_500 });
      link.onFault((fault) => faults.push(fault));
      link.onConnect(() => void link.publish(topicFor(clientId, "stats"), Buffer.from(clientId), { qos: 1 }));
      links.push(link);
      void link.connect();
    }
    await present(one.broker, 200);
    const before = faults.length;
    for (const id of ids) one.broker.disconnect(id);
    await vi.waitFor(() => expect(one.broker.connected()).toHaveLength(200), { timeout: 50_000, interval: 50 });
    await vi.waitFor(() => expect(heard).toBeGreaterThanOrEqual(400), { timeout: 10_000 });
    const codes = faults.slice(before).map((fault) => fault.code);
    expect(codes.filter((code) => code === "wire/connection-lost")).toHaveLength(200);
    // On a machine that is fast enough for all to wait their turn nobody need be told.
    expect(codes.filter((code) => code !== "wire/connection-lost" && code !== "wire/broker-busy")).toEqual([]);
    expect(one.broker.stats().handshakesFailed).toBe(0);
    expect(one.broker.stats().turnedAway).toBe(faults.filter((fault) => fault.code === "wire/broker-busy").length);
  });

  test("who finds no room hears a TLS alert, and not a reset, however often", async () => {
    const one = await lab({ maxConnections: 1 });
    await one.device("cam-1");
    await present(one.broker, 1);
    const outcomes = await Promise.all(Array.from({ length: 60 }, () => tryTls(one)));
    expect(new Set(outcomes)).toEqual(new Set(["ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR"]));
    expect(one.broker.stats()).toMatchObject({ turnedAway: 60, devices: 1, handshakesFailed: 0 });
  });

  test("an agent's link takes the alert for what it is, and comes back until there is room", async () => {
    const one = await lab({ maxConnections: 1 });
    const { cert, key } = await one.papers("cam-2");
    const first = await one.device("cam-1");
    await present(one.broker, 1);
    const url = `mqtts://127.0.0.1:${one.broker.port}`;
    const link = openMqttLink({ url, clientId: "cam-2", certificate: cert, key, ca: one.authority.certificatePem, retry: { firstMs: 20, maxMs: 50 } });
    links.push(link);
    const codes: string[] = [];
    const told = new Promise<void>((resolve) => link.onFault((fault) => void (codes.push(fault.code) === 10 && resolve())));
    const connected = link.connect();
    await told;
    first.end(true);
    await connected;
    expect(new Set(codes)).toEqual(new Set(["wire/broker-busy"]));
  });

  test("a client that gives up while it waits takes nobody's turn", async () => {
    const one = await lab({}, false);
    const impatient = Array.from({ length: 20 }, () => {
      const socket = connectTls({ host: "127.0.0.1", port: one.broker.port, ca: one.authority.certificatePem });
      return socket.on("error", () => {});
    });
    await vi.waitFor(() => expect(one.broker.stats().waiting).toBe(20));
    for (const socket of impatient) socket.destroy();
    await vi.waitFor(() => expect(one.broker.stats()).toMatchObject({ waiting: 0, connections: 0 }));
    one.broker.open();
    expect(await tryTls(one)).toBe("secure");
    expect(one.broker.stats().handshakesFailed).toBe(0);
  });
});

describe("clients that are slow or rude on purpose", () => {
  test("connections that say nothing, or half a ClientHello, take no turn and are cut", async () => {
    // One handshake a second: a hundred silent ones would hold a device up for minutes.
    const one = await lab({ handshakesPerSecond: 1, handshakeBurst: 1, handshakeMs: 1_500 });
    const silent = await Promise.all(Array.from({ length: 60 }, () => plainSocket(one.broker.port)));
    const halves = await Promise.all(Array.from({ length: 60 }, () => plainSocket(one.broker.port)));
    for (const socket of halves) socket.write(Buffer.of(22, 3, 1, 1, 44, 1, 0));
    await vi.waitFor(() => expect(one.broker.stats().connections).toBe(120));
    expect(one.broker.stats().waiting).toBe(0);
    expect((await one.device("cam-1")).connected).toBe(true);
    await Promise.all([...silent, ...halves].map((socket) => closed(socket.resume())));
    await vi.waitFor(() => expect(one.broker.stats()).toMatchObject({ connections: 1, devices: 1, turnedAway: 0 }));
  });

  test("a ClientHello that comes a byte at a time is taken, and one that drips for too long is not waited for", async () => {
    const one = await lab({ handshakeMs: 800 });
    const hello = Buffer.concat([Buffer.of(22, 3, 1, 0, 40, 1), Buffer.alloc(39)]);
    const dripping = await plainSocket(one.broker.port);
    const cut = closed(dripping.resume());
    const timer = setInterval(() => dripping.write(hello.subarray(0, 1)), 100);
    await cut;
    clearInterval(timer);
    const other = await plainSocket(one.broker.port);
    const done = closed(other.resume());
    for (const byte of hello) {
      other.write(Buffer.of(byte));
      await pause(2);
    }
    await done;
    // It was whole, and no ClientHello in truth: that came out in the handshake.
    expect(one.broker.stats().handshakesFailed).toBeGreaterThanOrEqual(1);
  });

  test("a handshake that stops in the middle is cut", async () => {
    const one = await lab({ handshakeMs: 300 });
    const hello = await realHello();
    const socket = await plainSocket(one.broker.port);
    const done = closed(socket);
    const answered = new Promise<void>((resolve) => socket.once("data", () => resolve()));
    socket.write(hello);
    await answered;
    await done;
    await vi.waitFor(() => expect(one.broker.stats()).toMatchObject({ connections: 0, handshakesFailed: 1 }));
  });

  test("a device that connects in a tight loop is slowed down, and another comes in meanwhile", async () => {
    const one = await lab({ connectBurst: 3, connectEveryMs: 400, connectHoldMs: 900 });
    const { cert, key } = await one.papers("cam-1");
    let isOver = false;
    let connects = 0;
    let refusals = 0;
    const loop = (async () => {
      while (!isOver) {
        await one.connect({ clientId: "cam-1", cert, key }).then(
          async (client) => {
            connects += 1;
            client.end(true);
            await ended(client);
          },
          () => {
            refusals += 1;
          },
        );
      }
    })();
    const began = performance.now();
    for (let i = 0; i < 5; i += 1) expect((await one.device(`other-${i}`)).connected).toBe(true);
    await pause(2_000);
    isOver = true;
    await loop;
    const seconds = (performance.now() - began) / 1_000;
    expect(connects).toBeGreaterThan(2);
    expect(connects + refusals).toBeLessThanOrEqual(3 + seconds / 0.4 + 2);
  });

  test("a device that is revoked while it is held up does not get in", async () => {
    const one = await lab({ connectBurst: 1, connectEveryMs: 1_000, connectHoldMs: 5_000 });
    const { cert, key, serial } = await one.papers("cam-1");
    const first = await one.connect({ clientId: "cam-1", cert, key });
    first.end(true);
    await ended(first);
    const second = one.connect({ clientId: "cam-1", cert, key });
    const refused = expect(second).rejects.toMatchObject({ code: 5 });
    await pause(300);
    one.register.revoked.add(serial);
    one.broker.disconnect("cam-1" as DeviceId);
    await refused;
    expect(one.broker.connected()).toEqual([]);
  });

  test("two devices with one identity cut each other off, but not as fast as they like", async () => {
    const one = await lab({ connectBurst: 2, connectEveryMs: 60_000, connectHoldMs: 50 });
    const { cert, key } = await one.papers("cam-1");
    const first = await one.connect({ clientId: "cam-1", cert, key });
    const cut = ended(first);
    const second = await one.connect({ clientId: "cam-1", cert, key });
    await cut;
    await expect(one.connect({ clientId: "cam-1", cert, key })).rejects.toMatchObject({ code: 3 });
    // Who was refused has not taken the place of who was there.
    expect(second.connected).toBe(true);
    expect(one.broker.connected()).toEqual(["cam-1"]);
    expect(one.broker.stats().refused).toEqual({ "collector/too-often": 1 });
  });
});

describe("a TLS session that is resumed", () => {
  const text = (t: string): Buffer => Buffer.concat([Buffer.of(t.length >> 8, t.length & 255), Buffer.from(t)]);

  /** Says CONNECT and gives the return code of the CONNACK. */
  async function connack(socket: TLSSocket, clientId: string): Promise<number> {
    const body = Buffer.concat([text("MQTT"), Buffer.of(4, 2, 0, 60), text(clientId)]);
    const answer = new Promise<Buffer>((resolve) => socket.once("data", resolve));
    socket.write(Buffer.concat([Buffer.of(0x10, body.length), body]));
    return (await answer)[3] ?? -1;
  }

  /** A connection with a device's certificate, and what it may be resumed by. */
  async function secure(
    one: BrokerLab,
    own: Papers,
    maxVersion: "TLSv1.2" | "TLSv1.3",
    session?: Buffer,
  ): Promise<{ readonly socket: TLSSocket; readonly ticket: Buffer }> {
    const { port } = one.broker;
    const papers = { cert: own.cert, key: own.key, ca: one.authority.certificatePem };
    const socket = connectTls({ host: "127.0.0.1", port, maxVersion, ...papers, ...(session === undefined ? {} : { session }) });
    sockets.push(socket.on("error", () => {}));
    const ticket = await new Promise<Buffer>((resolve) => {
      // Of TLS 1.3 a ticket comes behind the handshake, and to who reads. Node garbles what is written while it tells of one.
      if (session === undefined) socket.on("session", (ticket) => setImmediate(resolve, ticket)).resume();
      else socket.once("secureConnect", () => resolve(session));
    });
    return { socket, ticket };
  }

  test.each(["TLSv1.2", "TLSv1.3"] as const)(
    "over %s is let in by the certificate that it began with, and judged by what is known of it now",
    async (version) => {
      const one = await lab();
      const { revoked, retired, clock } = one.register;
      const own = await one.papers("cam-1");
      const { socket, ticket } = await secure(one, own, version);
      expect(await connack(socket, "cam-1")).toBe(0);
      socket.destroy();
      const resume = async (clientId = "cam-1"): Promise<number> => {
        const again = await secure(one, own, version, ticket);
        expect(again.socket.isSessionReused()).toBe(true);
        const code = await connack(again.socket, clientId);
        again.socket.destroy();
        return code;
      };
      expect(await resume()).toBe(0);
      expect(await resume("cam-2")).toBe(2);
      revoked.add(own.serial);
      expect(await resume()).toBe(5);
      revoked.clear();
      retired.add("cam-1");
      expect(await resume()).toBe(5);
      retired.clear();
      // Expired it may renew and nothing else; long expired not even that.
      clock.nowMs += 91 * 86_400_000;
      expect(await resume()).toBe(0);
      expect(one.broker.connected()).toEqual([]);
      clock.nowMs += 400 * 86_400_000;
      expect(await resume()).toBe(5);
      const { refused } = one.broker.stats();
      expect(refused).toEqual({ "collector/client-id": 1, "identity/certificate-refused": 2, "collector/not-a-member": 1 });
    },
  );
});
