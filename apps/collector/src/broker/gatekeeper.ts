import type { X509Certificate } from "node:crypto";
import type { Clock, Log } from "@kedge/core";
import { mayPublish, maySubscribe, type Principal } from "@kedge/identity";
import { parseTopic, wireLimits } from "@kedge/wire";
import type { AedesOptions, AuthenticateError, Client, ConnectPacket, PublishPacket, Subscription } from "aedes";
import { type BrokerAccess, type Introduced, type Introduction, introduce } from "./authenticate.js";
import type { BrokerLimits } from "./broker-limits.js";
import type { BrokerCounters } from "./broker-stats.js";
import { ConnectPace } from "./connect-pace.js";
import type { FrameCaps } from "./frame-scanner.js";
import type { Inlet, ProvenSocket } from "./inlet.js";
import type { RefusedPublish } from "./intake.js";
import type { Session, Sessions } from "./session.js";

export interface GatekeeperDeps {
  readonly sessions: Sessions;
  readonly counters: BrokerCounters;
  readonly limits: BrokerLimits;
  readonly access: BrokerAccess;
  readonly authority: X509Certificate;
  readonly clock: Clock;
  readonly log: Log;
  /** A session's connection is closed, and no newer one has taken its place. */
  readonly onEnd: (session: Session) => void;
  /** What a device was cut off for. */
  readonly onRefused: (refused: RefusedPublish) => void;
}

type Done<K extends keyof AedesOptions> = Parameters<NonNullable<AedesOptions[K]>> extends readonly [...unknown[], infer D] ? D : never;

/** Topic, packet id and header of a publish, beside its payload. */
const publishOverhead = 512;

/** The largest packets of a client that is known. */
function capsOf(principal: Principal, limits: BrokerLimits): FrameCaps {
  const other = limits.maxUnknownPacketBytes;
  const largest = principal.kind === "device" ? wireLimits.sampleBytes : principal.kind === "api" ? 0 : wireLimits.enrollBytes;
  return { connect: other, publish: largest + publishOverhead, other };
}

const bytesOf = ({ payload }: PublishPacket): Uint8Array => (typeof payload === "string" ? Buffer.from(payload, "utf8") : payload);

/** Why a device may not publish something. */
function refusedTopic(principal: Principal, { topic, qos }: PublishPacket): Pick<RefusedPublish, "code" | "message"> {
  const shown = topic.slice(0, 256);
  const parsed = parseTopic(topic);
  if (parsed?.kind === "device" && principal.kind === "device" && parsed.deviceId !== principal.deviceId)
    return { code: "ingest/wrong-device", message: `${principal.deviceId} published to ${shown}, which is of ${parsed.deviceId}` };
  return { code: "ingest/forbidden-topic", message: qos === 2 ? `a message of QoS 2 on ${shown}: at most 1 is taken` : `no device may publish to ${shown}` };
}

/** Decides who comes in, and what each may publish and subscribe to. */
export class Gatekeeper {
  readonly #deps: GatekeeperDeps;
  readonly #pace: ConnectPace;
  readonly #wills = new WeakMap<Client, ConnectPacket["will"]>();
  readonly #inlets = new WeakMap<ProvenSocket, Inlet>();
  /** While the broker closes, nothing is let through. */
  isClosing = false;

  constructor(deps: GatekeeperDeps) {
    this.#deps = deps;
    this.#pace = new ConnectPace(deps.limits, deps.clock);
  }

  /** A connection is about to speak MQTT. */
  expect(socket: ProvenSocket, inlet: Inlet): void {
    this.#inlets.set(socket, inlet);
  }

  preConnect(client: Client, packet: ConnectPacket, done: Done<"preConnect">): void {
    this.#wills.set(client, packet.will);
    // A session that outlives its connection would collect messages for a device that may never return. Devices have
    // an outbox, and what they are to run is retained.
    packet.clean = true;
    done(null, !this.isClosing);
  }

  authenticate(client: Client, username: string | undefined, password: Buffer | undefined, done: Done<"authenticate">): void {
    void this.#authenticate(client, username, password?.toString("utf8")).then((error) => (error === undefined ? done(null, true) : done(error, null)));
  }

  async #authenticate(client: Client, username: string | undefined, password: string | undefined): Promise<AuthenticateError | undefined> {
    const { access, authority, clock, counters, log } = this.#deps;
    const socket = client.conn as ProvenSocket;
    const will = this.#wills.get(client);
    const intro: Introduction = {
      clientId: client.id,
      username,
      password,
      certificate: socket.getPeerX509Certificate(),
      will: will === undefined ? undefined : { topic: will.topic, payload: Buffer.from(will.payload) },
    };
    const introduced = await this.#paced(() => introduce(intro, access, { authority, clock }));
    if (introduced.kind === "refused") {
      const { code, message, returnCode } = introduced;
      counters.refused.set(code, (counters.refused.get(code) ?? 0) + 1);
      log.warn({ clientId: client.id.slice(0, 80), from: socket.remoteAddress, code }, `a client was refused: ${message}`);
      return Object.assign(new Error(message), { returnCode });
    }
    if (!client.closed && !socket.destroyed) this.#letIn(client, socket, introduced.principal);
    return undefined;
  }

  /** Has a device that connects too often wait; nobody else, since nobody else is one of a bounded number. */
  async #paced(ask: () => Promise<Introduced>): Promise<Introduced> {
    const introduced = await ask();
    if (introduced.kind === "refused") return introduced;
    const { principal } = introduced;
    if (principal.kind !== "device" && principal.kind !== "renewing") return introduced;
    const { waitMs, isLetIn } = this.#pace.next(principal.deviceId);
    if (waitMs > 0) await new Promise<void>((resolve) => void setTimeout(resolve, waitMs).unref());
    // While it waited it may have been retired or its certificate revoked, and there was no session yet to cut.
    if (isLetIn) return waitMs > 0 ? await ask() : introduced;
    return {
      kind: "refused",
      returnCode: 3,
      code: "collector/too-often",
      message: `${principal.deviceId} connects too often; do two devices have its identity?`,
    };
  }

  #letIn(client: Client, socket: ProvenSocket, principal: Principal): void {
    const { sessions, limits, onEnd } = this.#deps;
    const inlet = this.#inlets.get(socket);
    if (inlet === undefined) return;
    const caps = capsOf(principal, limits);
    inlet.caps = caps;
    inlet.onOversize = ({ topic, payload, length }) => {
      const message = `a packet of ${length} bytes: at most ${caps.publish} are read`;
      this.#refuse(principal, { topic, payload, size: length, code: "ingest/oversize", message });
    };
    const isBrief = principal.kind === "enrolling" || principal.kind === "renewing";
    const enrolTimer = isBrief ? setTimeout(() => client.close(), limits.enrolMs) : undefined;
    const isTold = sessions.get(client.id)?.isTold ?? false;
    const session: Session = { clientId: client.id, principal, client, inlet, filters: new Map(), enrolTimer, messages: 0, isReady: false, isTold };
    const older = sessions.add(session);
    older?.client.close();
    // The socket's end is certain to come; the broker's own event is not, for a client that leaves while it is let in.
    socket.once("close", () => {
      if (sessions.remove(session)) onEnd(session);
    });
  }

  authorizePublish(client: Client | null, packet: PublishPacket, done: Done<"authorizePublish">): void {
    const fault = this.#publishFault(client, packet);
    if (fault !== undefined) {
      // Aedes cuts the connection.
      done(new Error(fault));
      return;
    }
    // Nothing of a device is kept for others.
    packet.retain = false;
    done(null);
  }

  #publishFault(client: Client | null, packet: PublishPacket): string | undefined {
    const { sessions, counters, limits, log } = this.#deps;
    const session = client === null ? undefined : sessions.of(client);
    if (client === null || session === undefined || this.isClosing) return "no session";
    // A will of a connection whose device is back by another one: it is not gone.
    const current = sessions.get(session.clientId);
    if (client.closed && current !== undefined && current !== session) return "superseded";
    const { clientId, principal } = session;
    const permission = mayPublish(principal, packet.topic);
    session.messages += 1;
    const isTooOften = principal.kind === "enrolling" && session.messages > limits.maxEnrolMessages;
    if (permission.kind === "forbidden" || packet.qos === 2 || isTooOften) {
      counters.forbiddenPublishes += 1;
      log.warn({ clientId, topic: packet.topic.slice(0, 256), qos: packet.qos }, "a client was cut: it may not publish this");
      this.#refuse(principal, { ...refusedTopic(principal, packet), topic: packet.topic, payload: bytesOf(packet), size: packet.payload.length });
      return "not allowed";
    }
    if (packet.payload.length <= permission.maxBytes) return undefined;
    counters.oversize += 1;
    log.warn({ clientId, topic: packet.topic, bytes: packet.payload.length, most: permission.maxBytes }, "a client was cut: its message is too large");
    const message = `a message of ${packet.payload.length} bytes on ${packet.topic}: at most ${permission.maxBytes} are read`;
    this.#refuse(principal, { topic: packet.topic, payload: bytesOf(packet), size: packet.payload.length, code: "ingest/oversize", message });
    return "too large";
  }

  /** Of clients that are no devices, counters and the log tell: there is no device whose message it would be. */
  #refuse(principal: Principal, refused: Omit<RefusedPublish, "deviceId">): void {
    if (principal.kind === "device") this.#deps.onRefused({ deviceId: principal.deviceId, ...refused });
  }

  authorizeSubscribe(client: Client, subscription: Subscription, done: Done<"authorizeSubscribe">): void {
    const { sessions, counters, limits, log } = this.#deps;
    const session = sessions.of(client);
    const { topic } = subscription;
    const isFull = session !== undefined && session.filters.size >= limits.maxSubscriptions && !session.filters.has(topic);
    if (session === undefined || isFull || !maySubscribe(session.principal, topic)) {
      counters.forbiddenSubscriptions += 1;
      log.warn({ clientId: client.id.slice(0, 80), filter: topic.slice(0, 256) }, "a subscription was refused");
      // Without a subscription the answer is 0x80, and the connection stays.
      done(null, null);
      return;
    }
    session.filters.set(topic, subscription.qos === 0 ? 0 : 1);
    done(null, subscription);
  }
}
