import type { Kind, Log, Severity } from "@kedge/core";
import { z } from "zod";
import { type AlertChannel, alertErrors, type OutgoingMessage, type SendOutcome } from "../../src/index.js";
import type { ChannelDeps } from "../channel-deps.js";

const levels = { info: "info", warning: "warn", critical: "error" } as const satisfies Readonly<Record<Severity, keyof Log>>;

/** Writes notifications to the collector's log, at the level of their severity. */
export class LogChannel implements AlertChannel {
  readonly #log: Log;
  #closed = false;

  constructor(log: Log) {
    this.#log = log;
  }

  async send({ messageId, notification }: OutgoingMessage): Promise<SendOutcome> {
    if (this.#closed) return { kind: "failed", code: alertErrors.channelClosed, message: "the channel is closed" };
    const { type, severity, incidentId, title } = notification;
    this.#log[levels[severity]]({ alert: messageId, event: type, severity, incidentId }, title);
    return { kind: "sent", detail: "written to the log" };
  }

  async close(): Promise<void> {
    this.#closed = true;
  }
}

const config = z.strictObject({ kind: z.literal("log") });

/** See {@link LogChannel}. */
export const log: Kind<typeof config, z.infer<typeof config>, ChannelDeps, AlertChannel> = {
  kind: "log",
  summary: "Writes to the collector's log.",
  config,
  create: (_config, deps) => new LogChannel(deps.log),
};
