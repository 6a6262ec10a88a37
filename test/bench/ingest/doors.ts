import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { defaultBrokerLimits, type IngestLoop, openFront, type ProvenSocket, startBroker } from "@kedge/collector";
import { type Clock, type DeviceId, silentLog } from "@kedge/core";
import { certificateRequest, newDeviceKey } from "@kedge/identity/adapters";
import type { Authority } from "@kedge/identity/authority";
import { deviceId } from "../query/filled-store.js";
import { prefaceBytes } from "./packets.js";

export const clock: Clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };

/** A device's certificate with its key. */
export interface Papers {
  readonly cert: string;
  readonly key: string;
}

/** Every device may come in: what admission costs is another benchmark's question. */
const access = {
  isRevoked: () => false,
  isMember: () => true,
  checkEnrolment: () => Promise.resolve({ kind: "denied", code: "identity/token-unknown", message: "not asked here" } as const),
  checkApi: () => Promise.resolve({ kind: "denied", code: "identity/token-unknown", message: "not asked here" } as const),
};

export async function papersOf(authority: Authority, devices: number): Promise<readonly Papers[]> {
  const papers: Papers[] = [];
  for (let i = 0; i < devices; i += 1) {
    const key = newDeviceKey();
    const read = await authority.readRequest(certificateRequest(key, deviceId(i)));
    if (read.kind !== "read") throw new Error(read.message);
    const { certificatePem } = await authority.issueDevice(read, deviceId(i), { nowMs: clock.nowMs() });
    papers.push({ cert: certificatePem, key: key.export({ type: "pkcs8", format: "pem" }).toString() });
  }
  return papers;
}

/** The broker as it is in production, over TLS; or its own front over plain TCP, where each connection is given its device's certificate. */
export interface Door {
  readonly port: number;
  readonly publish: Publish;
  onDevice(receive: IngestLoop["take"]): void;
  close(): Promise<void>;
}

type Publish = ConstructorParameters<typeof IngestLoop>[0]["publish"];

export async function tlsDoor(authority: Authority): Promise<Door> {
  const credentials = await authority.serverCredentials(["127.0.0.1"], clock.nowMs());
  const limits = { handshakesPerSecond: 10_000, handshakeBurst: 10_000 };
  const broker = await startBroker({ host: "127.0.0.1", port: 0, credentials, access, clock, log: silentLog, limits });
  broker.open();
  return {
    port: broker.port,
    publish: (topic, payload, options) => broker.publish(topic, payload, options),
    onDevice: (receive) => broker.onDevice(receive),
    close: () => broker.close(),
  };
}

export async function plainDoor(authority: Authority, papers: readonly Papers[]): Promise<Door> {
  const certificates = new Map(papers.map(({ cert }, i) => [deviceId(i), new X509Certificate(cert)]));
  const front = await openFront({ limits: defaultBrokerLimits, access, authority: new X509Certificate(authority.certificatePem), clock, log: silentLog });
  const tcp = createServer(
    { pauseOnConnect: true, noDelay: true },
    (socket) => void named(socket).then((id) => front.welcome(proven(socket, certificates.get(id)))),
  );
  tcp.listen(0, "127.0.0.1");
  await once(tcp, "listening");
  return {
    port: (tcp.address() as AddressInfo).port,
    publish: (topic, payload, options) => front.outlet.publish(topic, payload, options),
    onDevice(receive) {
      front.intake.receivers.device = receive;
    },
    async close() {
      await front.close();
      tcp.close();
    },
  };
}

/** The device that a connection names itself after, as a handshake would have told. */
async function named(socket: Socket): Promise<DeviceId> {
  for (;;) {
    const preface: unknown = socket.read(prefaceBytes);
    if (preface instanceof Buffer) return preface.toString("latin1").trim() as DeviceId;
    await once(socket, "readable");
  }
}

function proven(socket: Socket, certificate: X509Certificate | undefined): ProvenSocket {
  return Object.assign(socket, { getPeerX509Certificate: () => certificate });
}
