import { type Kind, messageOf } from "@kedge/core";
import { alertTopic } from "@kedge/wire";
import { z } from "zod";
import { type AlertChannel, alertErrors, type OutgoingMessage, type SendOutcome } from "../../src/index.js";
import type { ChannelDeps, PublishAlert } from "../channel-deps.js";

/** How long the end of an incident stays to be seen by those who come late. */
const defaultClearAfterMs = 3_600_000;
/** Ended incidents whose topic still is to be cleared; beyond it the oldest is cleared early. */
const maxWaiting = 1_000;
const defaultTimeoutMs = 20_000;

export interface MqttChannelOptions {
  readonly publish: PublishAlert;
  /** From the end of an incident to the clearing of its topic. An hour by default. */
  readonly clearAfterMs?: number;
  readonly timeoutMs?: number;
}

/**
 * Publishes notifications as JSON. What is about an incident is retained on `kedge/1/alerts/{incidentId}`, so that
 * whoever subscribes later sees what is open; an hour after the end the topic is cleared. What is about no incident is
 * published once, on `kedge/1/alerts/{type}` with `-` for the dot. A collector that restarts sends the active incidents again.
 */
export class MqttChannel implements AlertChannel {
  readonly #options: MqttChannelOptions;
  readonly #clearing = new Map<string, NodeJS.Timeout>();
  readonly #stop = new AbortController();

  constructor(options: MqttChannelOptions) {
    this.#options = options;
  }

  async send({ notification, body }: OutgoingMessage): Promise<SendOutcome> {
    if (this.#stop.signal.aborted) return { kind: "failed", code: alertErrors.channelClosed, message: "the channel is closed" };
    const { incidentId, type } = notification;
    const topic = alertTopic(incidentId ?? type.replaceAll(".", "-"));
    const outcome = await this.#publish(topic, Buffer.from(body, "utf8"), incidentId !== null);
    if (outcome.kind === "sent" && incidentId !== null) this.#clearLater(topic, type === "drift.resolved");
    return outcome;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    for (const timer of this.#clearing.values()) clearTimeout(timer);
    this.#clearing.clear();
  }

  async #publish(topic: string, payload: Uint8Array, retain: boolean): Promise<SendOutcome> {
    const { timeoutMs = defaultTimeoutMs } = this.#options;
    const { signal } = this.#stop;
    let timer: NodeJS.Timeout | undefined;
    let onAbort: (() => void) | undefined;
    const late = new Promise<SendOutcome>((settle) => {
      timer = setTimeout(
        () => settle({ kind: "retryable", code: alertErrors.timeout, message: "the broker did not take it in time", retryAfterMs: null }),
        timeoutMs,
      );
      onAbort = () => settle({ kind: "failed", code: alertErrors.channelClosed, message: "the channel was closed" });
      signal.addEventListener("abort", onAbort);
    });
    const sent = this.#options.publish(topic, payload, { qos: 1, retain }).then(
      (): SendOutcome => ({ kind: "sent", detail: `published on ${topic}` }),
      (error: unknown): SendOutcome => ({
        kind: "retryable",
        code: alertErrors.publishFailed,
        message: `publishing failed: ${messageOf(error)}`,
        retryAfterMs: null,
      }),
    );
    try {
      return await Promise.race([sent, late]);
    } finally {
      clearTimeout(timer);
      if (onAbort !== undefined) signal.removeEventListener("abort", onAbort);
    }
  }

  #clearLater(topic: string, isOver: boolean): void {
    clearTimeout(this.#clearing.get(topic));
    this.#clearing.delete(topic);
    if (!isOver || this.#stop.signal.aborted) return;
    const timer = setTimeout(() => this.#clear(topic), this.#options.clearAfterMs ?? defaultClearAfterMs);
    timer.unref();
    this.#clearing.set(topic, timer);
    const [oldest] = this.#clearing.keys();
    if (this.#clearing.size > maxWaiting && oldest !== undefined) this.#clear(oldest);
  }

  #clear(topic: string): void {
    clearTimeout(this.#clearing.get(topic));
    this.#clearing.delete(topic);
    // A topic that could not be cleared shows the end of its incident until the broker restarts, which harms nobody.
    this.#options.publish(topic, new Uint8Array(), { qos: 1, retain: true }).catch(() => {});
  }
}

const config = z.strictObject({ kind: z.literal("mqtt") });

/** See {@link MqttChannel}. */
export const mqtt: Kind<typeof config, z.infer<typeof config>, ChannelDeps, AlertChannel> = {
  kind: "mqtt",
  summary: "Publishes JSON on the collector's broker; incidents are retained while they last.",
  config,
  create: (_config, deps) => new MqttChannel({ publish: deps.publish }),
};
