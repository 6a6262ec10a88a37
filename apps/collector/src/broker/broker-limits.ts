/** What one client, and all of them, may cost. Every bound has a counter in {@link BrokerStats}. */
export interface BrokerLimits {
  /** Open connections, with those that wait for their handshake. 86 kB of memory each, measured with mutual TLS. */
  readonly maxConnections: number;
  /** Handshakes per second on average, and at once: these keep everything else waiting. One takes 1.8 ms of a core; the rest is left for the collector's work. */
  readonly handshakesPerSecond: number;
  readonly handshakeBurst: number;
  /** Handshakes under way at once. */
  readonly maxHandshakes: number;
  /** Connections that wait for their handshake, and for how long: an agent gives a try 15 s, and the handshake comes after the wait. More are told so at once, and come back by their own schedule. */
  readonly maxWaiting: number;
  readonly maxWaitMs: number;
  /** From TCP to the ClientHello, from a connection's turn to the end of its handshake, and from there to CONNECT. */
  readonly handshakeMs: number;
  readonly connectMs: number;
  /** How often one device may connect: so many times at once, then once in each so long. Up to `connectHoldMs` it waits for its CONNACK, else it is refused. */
  readonly connectBurst: number;
  readonly connectEveryMs: number;
  readonly connectHoldMs: number;
  /** The longest keep-alive that a client may ask for: by 1.5 times that a device that is gone is noticed. */
  readonly maxKeepAliveSeconds: number;
  /** How long a client may take to read what waits for it, before it is cut. */
  readonly drainMs: number;
  /** The largest MQTT packet before it is known who sends it. A CONNECT with will and token has some 400 bytes. */
  readonly maxUnknownPacketBytes: number;
  /** Messages of one client that the collector works on at once, and their bytes; beyond it no more is read. One of any size always may. */
  readonly maxPendingMessages: number;
  readonly maxPendingBytes: number;
  /** What aedes works on at once, and how many packets of a client may wait until it is known who it is. */
  readonly concurrency: number;
  readonly queueLimit: number;
  /** Subscriptions of one client. */
  readonly maxSubscriptions: number;
  /** How long somebody who enrols may stay, and how much they may send. */
  readonly enrolMs: number;
  readonly maxEnrolMessages: number;
}

export const defaultBrokerLimits: BrokerLimits = {
  maxConnections: 20_000,
  handshakesPerSecond: 300,
  handshakeBurst: 16,
  maxHandshakes: 100,
  maxWaiting: 5_000,
  maxWaitMs: 6_000,
  handshakeMs: 10_000,
  connectMs: 10_000,
  connectBurst: 30,
  connectEveryMs: 2_000,
  connectHoldMs: 5_000,
  maxKeepAliveSeconds: 300,
  drainMs: 60_000,
  maxUnknownPacketBytes: 16_384,
  maxPendingMessages: 64,
  maxPendingBytes: 524_288,
  concurrency: 100,
  queueLimit: 42,
  maxSubscriptions: 32,
  enrolMs: 60_000,
  maxEnrolMessages: 8,
};
