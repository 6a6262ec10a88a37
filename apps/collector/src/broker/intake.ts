import { type DeviceId, type Log, messageOf } from "@kedge/core";
import type { Principal } from "@kedge/identity";
import type { RefusalCode } from "@kedge/ingest";
import { type DeviceLeaf, parseTopic } from "@kedge/wire";
import type { AedesPublishPacket, Client } from "aedes";
import type { BrokerCounters } from "./broker-stats.js";
import type { Session, Sessions } from "./session.js";

/** A request for a certificate. `principal`: somebody with a token, or a device that renews. */
export interface EnrolArrival {
  /** Of the topics: the answer goes to `enrollTopic(nonce, "response")`. */
  readonly nonce: string;
  readonly principal: Extract<Principal, { readonly kind: "enrolling" | "device" | "renewing" }>;
  readonly payload: Uint8Array;
}

/** A message that a device was cut off for. */
export interface RefusedPublish {
  /** Of the connection. */
  readonly deviceId: DeviceId;
  readonly topic: string;
  readonly code: Extract<RefusalCode, "ingest/oversize" | "ingest/wrong-device" | "ingest/forbidden-topic">;
  readonly message: string;
  /** As much of it as was read. */
  readonly payload: Uint8Array;
  /** How much it would have been. */
  readonly size: number;
}

/** Who in the collector takes what comes in. */
export interface Receivers {
  device: (deviceId: DeviceId, leaf: DeviceLeaf, payload: Uint8Array) => void | Promise<void>;
  enroll: (arrival: EnrolArrival) => void | Promise<void>;
  presence: (deviceId: DeviceId, isConnected: boolean) => void;
  refused: (refused: RefusedPublish) => void;
}

/** Hands what clients published to the collector, and tells it who comes and goes. */
export class Intake {
  readonly #sessions: Sessions;
  readonly #counters: BrokerCounters;
  readonly #log: Log;
  readonly receivers: Receivers = { device: () => {}, enroll: () => {}, presence: () => {}, refused: () => {} };

  constructor(deps: { readonly sessions: Sessions; readonly counters: BrokerCounters; readonly log: Log }) {
    this.#sessions = deps.sessions;
    this.#counters = deps.counters;
    this.#log = deps.log;
  }

  /** Called for every message that was allowed. While too many are not done, nothing more is read from the client: see `Inlet`. */
  published(packet: AedesPublishPacket, client: Client | null, done: (error?: Error | null) => void): void {
    const session = client === null ? undefined : this.#sessions.of(client);
    if (session === undefined) {
      // Aedes publishes its own notes under $SYS.
      done();
      return;
    }
    this.#counters.received += 1;
    // The first message may be here before aedes says that the client is ready.
    if (client !== null && !session.isReady) this.ready(client);
    const payload = typeof packet.payload === "string" ? Buffer.from(packet.payload, "utf8") : packet.payload;
    const { length } = payload;
    session.inlet.took(length);
    const settled = (): void => {
      session.inlet.settled(length);
      done();
    };
    // Whatever fails here is ours, and not the device's: it is told and counted, and the connection goes on.
    const failed = (error: unknown): void => {
      this.#counters.receiverFaults += 1;
      this.#log.error({ clientId: session.clientId, topic: packet.topic, error: messageOf(error) }, "a message could not be taken");
      settled();
    };
    let taken: void | Promise<void>;
    try {
      taken = this.#hand(session, packet.topic, payload);
    } catch (error) {
      failed(error);
      return;
    }
    // A receiver that is done at once must not call the broker back within its own call.
    void (taken ?? Promise.resolve()).then(settled, failed);
  }

  #hand({ principal }: Session, topic: string, payload: Uint8Array): void | Promise<void> {
    const parsed = parseTopic(topic);
    if (parsed?.kind === "device" && principal.kind === "device") return this.receivers.device(parsed.deviceId, parsed.leaf, payload);
    if (parsed?.kind === "enroll" && principal.kind !== "api") return this.receivers.enroll({ nonce: parsed.nonce, principal, payload });
    return undefined;
  }

  ready(client: Client): void {
    const session = this.#sessions.of(client);
    if (session === undefined || session.isReady || !this.#sessions.isCurrent(session)) return;
    session.isReady = true;
    session.isTold = true;
    this.#tell(session, true);
  }

  ended(session: Session): void {
    if (session.isTold) this.#tell(session, false);
  }

  #tell({ principal }: Session, isConnected: boolean): void {
    if (principal.kind !== "device") return;
    try {
      this.receivers.presence(principal.deviceId, isConnected);
    } catch (error) {
      this.#counters.receiverFaults += 1;
      this.#log.error({ deviceId: principal.deviceId, error: messageOf(error) }, "a connection could not be noted");
    }
  }
}
