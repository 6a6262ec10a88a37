import type { LookupFunction } from "node:net";
import { type Clock, type Kind, KedgeError } from "@kedge/core";
import { z } from "zod";
import { type AlertChannel, type AlertErrorCode, alertErrors, type OutgoingMessage, type SendOutcome } from "../../src/index.js";
import type { ChannelDeps } from "../channel-deps.js";
import { type Answer, postJson } from "./post-json.js";
import { signWebhook, webhookKey } from "./standard-webhook.js";

/** Source: Standard Webhooks 1.0 asks for 15 to 30 s. */
const defaultTimeoutMs = 20_000;

export interface WebhookOptions {
  readonly url: string;
  /** `whsec_…`; several while a secret is changed, newest first. */
  readonly secrets: readonly string[];
  readonly clock: Clock;
  readonly allowPrivate: boolean;
  readonly timeoutMs?: number;
  readonly ca?: string;
  readonly lookup?: LookupFunction;
}

/** The seconds or the date of a Retry-After header as a wait; `null` when it says nothing. Source: RFC 9110, 10.2.3. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | null {
  if (header === undefined) return null;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1_000;
  const at = Date.parse(header);
  return Number.isFinite(at) ? Math.max(0, at - nowMs) : null;
}

/** Posts notifications to a URL, signed by the rules of Standard Webhooks. */
export class WebhookChannel implements AlertChannel {
  readonly #url: URL;
  readonly #options: WebhookOptions;
  readonly #stop = new AbortController();

  /** Throws `alert/invalid-url` or `alert/invalid-secret`, neither of which repeats what was given. */
  constructor(options: WebhookOptions) {
    this.#url = parseWebhookUrl(options.url);
    for (const secret of options.secrets) webhookKey(secret);
    if (options.secrets.length === 0) throw new KedgeError(alertErrors.invalidSecret, "a webhook needs a secret to sign with", { context: { exit: "config" } });
    this.#options = options;
  }

  async send(message: OutgoingMessage): Promise<SendOutcome> {
    if (this.#stop.signal.aborted) return { kind: "failed", code: alertErrors.channelClosed, message: "the channel is closed" };
    const { clock, secrets, allowPrivate, timeoutMs = defaultTimeoutMs, ca, lookup } = this.#options;
    const { messageId, body } = message;
    const signed = signWebhook(secrets, messageId, clock.nowMs(), body);
    const headers = { "content-type": "application/json", "user-agent": "kedge-webhook/1", ...signed };
    try {
      const extra = { ...(ca === undefined ? {} : { ca }), ...(lookup === undefined ? {} : { lookup }) };
      return this.#judge(await postJson(this.#url, body, { headers, timeoutMs, allowPrivate, signal: this.#stop.signal, ...extra }));
    } catch (error) {
      return this.#fault(error);
    }
  }

  async close(): Promise<void> {
    this.#stop.abort();
  }

  #judge({ status, retryAfter }: Answer): SendOutcome {
    // Only the host is ever named: paths and queries of webhooks are often secrets themselves.
    const said = `${this.#url.host} answered ${status}`;
    if (status >= 200 && status < 300) return { kind: "sent", detail: said };
    if (status === 410) return { kind: "gone", code: alertErrors.gone, message: `${said}: it wants no more messages` };
    return { kind: "retryable", code: alertErrors.refused, message: said, retryAfterMs: retryAfterMs(retryAfter, this.#options.clock.nowMs()) };
  }

  #fault(error: unknown): SendOutcome {
    const { host } = this.#url;
    const code = (error as { readonly code?: unknown }).code;
    if (code === alertErrors.privateAddress) {
      return {
        kind: "failed",
        code: alertErrors.privateAddress,
        message: `${host} stands for a private address, and private ones are not allowed (allowPrivateWebhooks)`,
      };
    }
    const isTimeout = code === alertErrors.timeout;
    const why: AlertErrorCode = isTimeout ? alertErrors.timeout : alertErrors.unreachable;
    const reason = isTimeout ? "did not answer in time" : `could not be reached (${typeof code === "string" ? code : "no connection"})`;
    return { kind: "retryable", code: why, message: `${host} ${reason}`, retryAfterMs: null };
  }
}

/** The address of a webhook. Throws `alert/invalid-url` without repeating it. */
export function parseWebhookUrl(text: string): URL {
  let url: URL | undefined;
  try {
    url = new URL(text);
  } catch {
    url = undefined;
  }
  if (url === undefined || (url.protocol !== "https:" && url.protocol !== "http:") || url.hostname === "") {
    throw new KedgeError(alertErrors.invalidUrl, "the address of a webhook is none of http or https", { context: { exit: "config" } });
  }
  return url;
}

const config = z.strictObject({ kind: z.literal("webhook"), url: z.url({ protocol: /^https?$/ }).max(2_048), secretRef: z.string().min(1).max(128) });

/** See {@link WebhookChannel}. */
export const webhook: Kind<typeof config, z.infer<typeof config>, ChannelDeps, AlertChannel> = {
  kind: "webhook",
  summary: "Posts signed JSON to a URL (Standard Webhooks), with retries over three days.",
  config,
  create: ({ url, secretRef }, { clock, secretsOf, allowPrivate, lookup }) =>
    new WebhookChannel({ url, secrets: secretsOf(secretRef), clock, allowPrivate, ...(lookup === undefined ? {} : { lookup }) }),
};
