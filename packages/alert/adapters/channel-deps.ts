import type { LookupFunction } from "node:net";
import type { Clock, Log } from "@kedge/core";

/** Publishes on the collector's broker; an empty payload takes a retained message away. */
export type PublishAlert = (topic: string, payload: Uint8Array, options: { readonly qos: 0 | 1; readonly retain: boolean }) => Promise<unknown>;

/** What the channels take from the collector. */
export interface ChannelDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly publish: PublishAlert;
  /** The webhook secrets kept under a name, newest first. */
  readonly secretsOf: (secretRef: string) => readonly string[];
  /** Whether webhooks may go to private addresses. */
  readonly allowPrivate: boolean;
  /** Resolves names of receivers; the system's resolver by default. */
  readonly lookup?: LookupFunction;
}
