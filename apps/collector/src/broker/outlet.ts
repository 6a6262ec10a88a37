import { enrolClientId, type Principal } from "@kedge/identity";
import { matchesFilter, parseTopic } from "@kedge/wire";
import type { BrokerCounters } from "./broker-stats.js";
import type { Session, Sessions } from "./session.js";

interface Retained {
  readonly payload: Uint8Array;
  readonly qos: 0 | 1;
}

/**
 * What the collector says to clients. It goes straight to the sessions that want it, and not through the broker's own
 * emitter: there, a hundred devices that read slowly would hold up the messages of all others, and each subscription
 * would search all retained messages. Nothing is queued for who is away: what matters is retained, or asked for again.
 */
export class Outlet {
  readonly #sessions: Sessions;
  readonly #counters: BrokerCounters;
  readonly #retained = new Map<string, Retained>();

  constructor(sessions: Sessions, counters: BrokerCounters) {
    this.#sessions = sessions;
    this.#counters = counters;
  }

  /** Resolves when the sessions that want it have taken it into their connections; waits for one that reads slowly. */
  async publish(topic: string, payload: Uint8Array, options: { readonly qos: 0 | 1; readonly retain?: boolean }): Promise<void> {
    if (options.retain === true) {
      if (payload.length === 0) this.#retained.delete(topic);
      // A copy: the caller may use its buffer again.
      else this.#retained.set(topic, { payload: payload.slice(), qos: options.qos });
    }
    const wanting = [...this.#candidates(topic)].flatMap((session) => {
      const qos = grantedQos(session, topic);
      return qos === undefined ? [] : [{ session, qos: Math.min(qos, options.qos) as 0 | 1 }];
    });
    if (wanting.length === 0) this.#counters.undelivered += 1;
    await Promise.all(wanting.map(({ session, qos }) => this.#deliver(session, topic, { payload, qos }, false)));
  }

  /** Sends what is retained on the topics of a filter that was just granted. */
  async greet(session: Session, filter: string): Promise<void> {
    const granted = session.filters.get(filter);
    if (granted === undefined) return;
    for (const [topic, message] of this.#retainedOn(filter)) {
      await this.#deliver(session, topic, { ...message, qos: Math.min(granted, message.qos) as 0 | 1 }, true);
    }
  }

  *#retainedOn(filter: string): Iterable<readonly [string, Retained]> {
    const exact = this.#retained.get(filter);
    if (exact !== undefined) yield [filter, exact];
    else if (/[+#]/.test(filter)) for (const entry of this.#retained) if (matchesFilter(filter, entry[0])) yield entry;
  }

  /** The sessions that may have subscribed to a topic. */
  *#candidates(topic: string): Iterable<Session> {
    const parsed = parseTopic(topic);
    if (parsed?.kind === "device") yield* this.#named(parsed.deviceId);
    else if (parsed?.kind === "enroll") {
      yield* this.#named(enrolClientId(parsed.nonce));
      yield* this.#named(parsed.nonce);
    } else if (parsed !== undefined) {
      const kind: Principal["kind"] = parsed.kind === "alert" ? "api" : "device";
      for (const session of this.#sessions.all()) if (session.principal.kind === kind) yield session;
    }
  }

  *#named(clientId: string): Iterable<Session> {
    const session = this.#sessions.get(clientId);
    if (session !== undefined) yield session;
  }

  #deliver(session: Session, topic: string, message: Retained, retain: boolean): Promise<void> {
    const { payload, qos } = message;
    this.#counters.delivered += 1;
    const view = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
    return new Promise((resolve) => session.client.publish({ cmd: "publish", topic, payload: view, qos, retain, dup: false }, () => resolve()));
  }
}

function grantedQos(session: Session, topic: string): 0 | 1 | undefined {
  const exact = session.filters.get(topic);
  if (exact !== undefined) return exact;
  for (const [filter, qos] of session.filters) if (matchesFilter(filter, topic)) return qos;
  return undefined;
}
