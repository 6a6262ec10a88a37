/** What the broker has done and refused since it started. */
export interface BrokerStats {
  /** Open now: all connections, those of devices, those that wait for their handshake. */
  readonly connections: number;
  readonly devices: number;
  readonly waiting: number;
  readonly accepted: number;
  /** Told before the handshake to come later: too many connections, or too long a wait. */
  readonly turnedAway: number;
  readonly handshakesFailed: number;
  /** CONNECTs refused, by code. */
  readonly refused: Readonly<Record<string, number>>;
  /** Connections cut because of a publish that is forbidden, too large or of QoS 2, or a packet beyond the cap. */
  readonly forbiddenPublishes: number;
  readonly oversize: number;
  readonly forbiddenSubscriptions: number;
  readonly received: number;
  readonly delivered: number;
  /** Messages for a device that is not connected, or does not subscribe. Nothing is queued for it. */
  readonly undelivered: number;
  /** Messages whose receiver in the collector failed. */
  readonly receiverFaults: number;
}

/** The counters of {@link BrokerStats}, while they count. */
export type BrokerCounters = { -readonly [K in Exclude<keyof BrokerStats, "connections" | "devices" | "waiting" | "refused">]: number } & {
  readonly refused: Map<string, number>;
};

export function newCounters(): BrokerCounters {
  const none = { accepted: 0, turnedAway: 0, handshakesFailed: 0, forbiddenPublishes: 0, oversize: 0, forbiddenSubscriptions: 0 };
  return { ...none, received: 0, delivered: 0, undelivered: 0, receiverFaults: 0, refused: new Map() };
}
