import type { Principal } from "@kedge/identity";
import type { Client } from "aedes";
import type { Inlet } from "./inlet.js";

/** One client's connection: who it is and what it listens to. */
export interface Session {
  readonly clientId: string;
  readonly principal: Principal;
  readonly client: Client;
  readonly inlet: Inlet;
  /** Topic filters that were granted, with their QoS. */
  readonly filters: Map<string, 0 | 1>;
  readonly enrolTimer: NodeJS.Timeout | undefined;
  /** Messages that it has sent. */
  messages: number;
  /** Whether its CONNACK is out. */
  isReady: boolean;
  /** Whether the collector was told that it is there, by this connection or one that it took over. */
  isTold: boolean;
}

/** All sessions, one per client id; a newer one takes the place of an older. */
export class Sessions {
  readonly #byClientId = new Map<string, Session>();
  readonly #byClient = new WeakMap<Client, Session>();

  /** Adds a session; the older one of the same client id, which is to be cut. */
  add(session: Session): Session | undefined {
    const older = this.#byClientId.get(session.clientId);
    this.#byClientId.set(session.clientId, session);
    this.#byClient.set(session.client, session);
    return older;
  }

  /** Whether it was the current one of its client id. */
  remove(session: Session): boolean {
    clearTimeout(session.enrolTimer);
    if (this.#byClientId.get(session.clientId) !== session) return false;
    return this.#byClientId.delete(session.clientId);
  }

  isCurrent(session: Session): boolean {
    return this.#byClientId.get(session.clientId) === session;
  }

  of(client: Client): Session | undefined {
    return this.#byClient.get(client);
  }

  get(clientId: string): Session | undefined {
    return this.#byClientId.get(clientId);
  }

  all(): IterableIterator<Session> {
    return this.#byClientId.values();
  }
}
