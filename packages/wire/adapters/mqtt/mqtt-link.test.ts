import { connect, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from "node:tls";
import { seededRandom } from "@kedge/core";
import { Aedes } from "aedes";
import { afterEach, describe, expect, test, vi } from "vitest";
import { linkContract } from "../../contract/link-contract.js";
import { testTls } from "../../contract/test-tls.js";
import type { Link } from "../../src/index.js";
import { type MqttLinkOptions, openMqttLink } from "./mqtt-link.js";

function portOf(server: Server | undefined): number {
  const address = server?.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** An embedded broker on a port of its own that keeps the port (and what is retained) when it is stopped. */
async function openBroker(secure?: TlsOptions) {
  const broker = await Aedes.createBroker();
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  let port = 0;
  const start = () =>
    new Promise<void>((resolve) => {
      const take = (socket: Socket) => {
        sockets.add(socket);
        socket.on("error", () => {});
        socket.on("close", () => sockets.delete(socket));
        broker.handle(socket);
      };
      server = secure === undefined ? createServer(take) : createTlsServer(secure, take);
      server.listen(port, "127.0.0.1", () => {
        port = portOf(server);
        resolve();
      });
    });
  const stop = () =>
    new Promise<void>((resolve) => {
      for (const socket of sockets) socket.destroy();
      if (server === undefined) resolve();
      else server.close(() => resolve());
      server = undefined;
    });
  await start();
  const clients = broker as unknown as { clients: Record<string, { conn: Socket }> };
  const close = async () => {
    await stop();
    await new Promise<void>((resolve) => broker.close(() => resolve()));
  };
  const cut = (clientId: string) => void clients.clients[clientId]?.conn.destroy();
  return { broker, url: () => `mqtt${secure === undefined ? "" : "s"}://127.0.0.1:${port}`, start, stop, cut, close };
}

const eager: Pick<MqttLinkOptions, "retry" | "random"> = { retry: { firstMs: 5, maxMs: 20 }, random: seededRandom(3) };

linkContract("mqtt", async () => {
  const broker = await openBroker();
  return { ...broker, link: (options) => openMqttLink({ ...eager, ...options, url: broker.url() }) };
});

describe("mqtt link", () => {
  const cleanups: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });
  const broker = async (secure?: TlsOptions) => {
    const made = await openBroker(secure);
    cleanups.push(made.close);
    return made;
  };
  const link = (options: MqttLinkOptions): Link => {
    const made = openMqttLink({ ...eager, ...options });
    cleanups.push(() => made.close());
    return made;
  };

  const faultOf = (made: Link) => new Promise((resolve) => made.onFault(resolve));

  test("a broker that refuses the password is named so, and asked again", async () => {
    const { broker: aedes, url } = await broker();
    let asked = 0;
    aedes.authenticate = (_client, username, password, done) => {
      asked += 1;
      done(null, asked > 1 && username === "device" && password?.toString() === "secret");
    };
    const made = link({ url: url(), clientId: "a", username: "device", password: "secret" });
    const fault = faultOf(made);
    await made.connect();
    expect(await fault).toMatchObject({ code: "wire/connection-refused", retryable: true, context: { exit: "auth" } });
    expect(asked).toBe(2);
  });

  test("a subscription that the broker refuses is refused", async () => {
    const { broker: aedes, url } = await broker();
    aedes.authorizeSubscribe = (_client, subscription, done) => done(null, subscription.topic === "secret" ? null : subscription);
    const made = link({ url: url(), clientId: "a" });
    await made.connect();
    expect(await made.subscribe("secret", { qos: 1 }, () => {})).toMatchObject({ kind: "refused" });
    expect(await made.subscribe("open", { qos: 1 }, () => {})).toEqual({ kind: "subscribed" });
  });

  test("a port where something else answers is a fault, and no crash", async () => {
    const server = createServer(
      (socket) =>
        void socket
          .resume()
          .on("error", () => {})
          .end("HTTP/1.1 400 Bad Request\r\n\r\n"),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    cleanups.push(() => new Promise((resolve) => server.close(() => resolve())));
    const made = link({ url: `mqtt://127.0.0.1:${portOf(server)}`, clientId: "a" });
    const fault = faultOf(made);
    made.connect().catch(() => {});
    expect(await fault).toMatchObject({ code: "wire/unreachable", retryable: true });
  });

  test("a broker that never answers is given up after the time-out", async () => {
    const silent = createServer((socket) => void socket.resume());
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    cleanups.push(() => new Promise((resolve) => silent.close(() => resolve())));
    const made = link({ url: `mqtt://127.0.0.1:${portOf(silent)}`, clientId: "a", connectTimeoutMs: 50 });
    const fault = faultOf(made);
    made.connect().catch(() => {});
    expect(await fault).toMatchObject({ code: "wire/unreachable" });
    await made.close();
  });

  test("a half-open connection is noticed by the keep-alive, and what was under way is retryable", async () => {
    const { url } = await broker();
    const target = Number(new URL(url()).port);
    // A cable that can be cut without either end hearing of it.
    let isCut = false;
    const relay = createServer((near) => {
      const far = connect(target, "127.0.0.1");
      near.on("data", (data) => void (isCut || far.write(data)));
      far.on("data", (data) => void (isCut || near.write(data)));
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        socket.on("error", () => {});
        socket.on("close", () => other.destroy());
      }
    });
    await new Promise<void>((resolve) => relay.listen(0, "127.0.0.1", resolve));
    cleanups.push(() => new Promise((resolve) => relay.close(() => resolve())));
    const made = link({ url: `mqtt://127.0.0.1:${portOf(relay)}`, clientId: "a", keepAliveSeconds: 1 });
    await made.connect();
    isCut = true;
    const fault = faultOf(made);
    expect(await made.publish("x", new Uint8Array(1), { qos: 1 })).toMatchObject({ kind: "retryable", code: "wire/connection-lost" });
    expect(await fault).toMatchObject({ code: "wire/connection-lost" });
    isCut = false;
    await new Promise<void>((resolve) => made.onConnect(resolve));
    expect(await made.publish("x", new Uint8Array(1), { qos: 1 })).toEqual({ kind: "sent" });
  });

  describe("over TLS with certificates on both sides", () => {
    const secure: TlsOptions = { cert: testTls.serverCertificate, key: testTls.serverKey, ca: testTls.authority, requestCert: true, rejectUnauthorized: true };
    const trusting = { clientId: "a", ca: testTls.authority };
    const known = { ...trusting, certificate: testTls.clientCertificate, key: testTls.clientKey };

    test("both know each other", async () => {
      const { url } = await broker(secure);
      const made = link({ ...known, url: url() });
      await made.connect();
      expect(await made.publish("x", new Uint8Array(1), { qos: 1 })).toEqual({ kind: "sent" });
    });

    test("a link that comes back resumes its TLS session, and where the broker knows it no more begins anew", async () => {
      const made = await broker(secure);
      const resumed: boolean[] = [];
      made.broker.preConnect = (client, _packet, done) => {
        resumed.push((client.conn as TLSSocket).isSessionReused());
        done(null, true);
      };
      const one = link({ ...known, url: made.url() });
      const connects = (count: number) => vi.waitFor(() => expect(one.stats()).toMatchObject({ connects: count, state: "connected" }), { timeout: 10_000 });
      await one.connect();
      // Something must have come, or the ticket has not.
      expect(await one.publish("x", new Uint8Array(1), { qos: 1 })).toEqual({ kind: "sent" });
      made.cut("a");
      await connects(2);
      await made.stop();
      await made.start();
      await connects(3);
      expect(resumed).toEqual([false, true, false]);
    });

    test("a broker of another authority is not trusted", async () => {
      const { url } = await broker(secure);
      const made = link({ ...known, ca: testTls.otherAuthority, url: url() });
      const fault = faultOf(made);
      made.connect().catch(() => {});
      expect(await fault).toMatchObject({ code: "wire/untrusted", context: { exit: "untrusted" } });
    });

    test("a broker by another name is not trusted", async () => {
      const { url } = await broker(secure);
      const made = link({ ...known, serverName: "collector.example", url: url().replace("127.0.0.1", "localhost") });
      const fault = faultOf(made);
      made.connect().catch(() => {});
      expect(await fault).toMatchObject({ code: "wire/untrusted" });
    });

    test("without a certificate of our own we are not let in", async () => {
      const { url } = await broker(secure);
      const made = link({ ...trusting, url: url() });
      const fault = faultOf(made);
      made.connect().catch(() => {});
      expect(await fault).toMatchObject({ code: "wire/untrusted" });
      expect(made.stats().connects).toBe(0);
    });

    test("a certificate that is none is a fault, and no crash", async () => {
      const { url } = await broker(secure);
      const made = link({ ...known, certificate: "-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----", url: url() });
      const fault = faultOf(made);
      made.connect().catch(() => {});
      expect(await fault).toMatchObject({ code: "wire/untrusted" });
    });
  });

  test.each(["localhost:1883", "http://localhost", "mqtt://"])("%s is no broker's address", (url) => {
    expect(() => openMqttLink({ url, clientId: "a" })).toThrow(expect.objectContaining({ code: "wire/invalid-options", context: { exit: "config" } }));
  });

  test("a password in the address is not repeated in faults", async () => {
    const made = link({ url: "mqtt://user:hunter2@127.0.0.1:1", clientId: "a" });
    const fault = faultOf(made);
    made.connect().catch(() => {});
    expect(String((await fault) as Error)).not.toContain("hunter2");
  });
});
