import { log } from "./log/log-channel.js";
import { mqtt } from "./mqtt/mqtt-channel.js";
import { webhook } from "./webhook/webhook-channel.js";

export type { ChannelDeps, PublishAlert } from "./channel-deps.js";
export { LogChannel, log } from "./log/log-channel.js";
export { MqttChannel, type MqttChannelOptions, mqtt } from "./mqtt/mqtt-channel.js";
export { isPublicAddress } from "./webhook/public-address.js";
export { newWebhookSecret, signWebhook, verifyWebhook, type WebhookHeaders, webhookKey } from "./webhook/standard-webhook.js";
export { parseWebhookUrl, retryAfterMs, WebhookChannel, type WebhookOptions, webhook } from "./webhook/webhook-channel.js";

/** Every alert channel. A new one is a folder here and a line in this list. */
export const channelKinds = [webhook, mqtt, log] as const;
