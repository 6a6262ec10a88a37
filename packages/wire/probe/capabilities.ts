import type { Product } from "./products.js";

/** What a broker was measured to do. `null`: not measured, or there is no such thing. */
export interface Capabilities {
  readonly product: Product;
  readonly productVersion: string | null;
  readonly connection: ConnectionCapabilities;
  readonly delivery: DeliveryCapabilities;
  readonly sharing: SharingCapabilities;
  readonly rules: RuleCapabilities | null;
}

/** Who gets in, and how. */
export interface ConnectionCapabilities {
  readonly mqtt311: boolean;
  readonly mqtt5: boolean;
  readonly tls: { readonly version: string; readonly cipher: string } | null;
  /** Whether it still speaks TLS 1.0 or 1.1. */
  readonly oldTls: boolean | null;
  /** Without name, password and certificate. */
  readonly anonymous: "refused" | "let in" | "hears all";
  /** A newer connection of a client id ends the older one. */
  readonly takeover: boolean;
  /** Topics under $SYS that were heard. */
  readonly sysTopics: number;
}

/** What becomes of messages. */
export interface DeliveryCapabilities {
  /** 200 messages, one behind the other without waiting, and what arrived; to the acknowledgement of one alone. */
  readonly qos1: { readonly sent: number; readonly received: number; readonly inOrder: boolean; readonly repeated: number; readonly medianMs: number };
  readonly qos2: boolean;
  readonly retained: boolean;
  readonly retainedByWildcard: boolean;
  readonly will: boolean;
  /** A session that outlives its connection. */
  readonly persistentSession: boolean;
  /** For a client that is away: published, acknowledged to the publisher, kept. */
  readonly offlineQueue: { readonly sent: number; readonly acknowledged: number; readonly kept: number } | null;
  /** To the acknowledgement of a message that must be stored for a client that is away. */
  readonly pubackMs: number | null;
  /** What becomes of a message that its reader did not acknowledge before it was cut. */
  readonly unacknowledged: "sent again, marked" | "sent again, unmarked" | "not sent again at once" | null;
  /** Largest payload that arrived, of those tried. */
  readonly maxPayloadBytes: number;
  readonly triedPayloadBytes: number;
  /** What becomes of `a.b` in a topic. */
  readonly dots: "kept" | "taken for a level" | "refused";
}

/** Subscriptions for many. */
export interface SharingCapabilities {
  readonly wildcard: boolean;
  /** Messages of 100 that two subscribers of a group got together, and whether each got some; `null`: refused. */
  readonly shared311: { readonly received: number; readonly isSpread: boolean } | null;
  readonly shared5: { readonly received: number; readonly isSpread: boolean } | null;
}

/** What the broker's rules let a device do. */
export interface RuleCapabilities {
  /** Own topics work: without that the rest means nothing. */
  readonly speaksOwn: boolean;
  readonly hearsOwn: boolean;
  readonly speaksForOthers: boolean;
  readonly speaksForCollector: boolean;
  readonly hearsOthers: boolean;
  readonly hearsAll: boolean;
  readonly hearsSys: boolean;
  /** Under another device's client id it is let in, and cuts the one who had it. */
  readonly takesClientId: boolean;
  /** What is denied is acknowledged or granted all the same. */
  readonly silentDenial: boolean;
}
