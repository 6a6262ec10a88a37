import type { AlertChannel, Subscription } from "@kedge/alert";
import { channelKinds, MqttChannel } from "@kedge/alert/adapters";
import type { Clock, Log } from "@kedge/core";
import type { Documents } from "@kedge/store";
import type { Publish } from "./fleet/director.js";

/** What the outlets need of the program. */
export interface AlertOutletsDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly publish: Publish;
  readonly secrets: Documents<{ readonly secret: string }>;
  readonly allowPrivate: boolean;
}

/** The channels that alerts go out by, one per subscription, made when first needed. */
export class AlertOutlets {
  readonly #deps: AlertOutletsDeps;
  readonly #open = new Map<string, AlertChannel>();
  /** Signing secrets by their references, read anew before each delivery. */
  readonly #secrets = new Map<string, readonly string[]>();
  /** The retained alert topics. */
  readonly always: AlertChannel;

  constructor(deps: AlertOutletsDeps) {
    this.#deps = deps;
    this.always = new MqttChannel({ publish: deps.publish });
  }

  async channelOf({ channel, subscriptionId }: Subscription): Promise<AlertChannel> {
    if (channel.kind === "webhook") {
      const secret = (await this.#deps.secrets.get(channel.secretRef))?.body.secret;
      this.#secrets.set(channel.secretRef, secret === undefined ? [] : [secret]);
    }
    const known = this.#open.get(subscriptionId);
    if (known !== undefined) return known;
    const { clock, log, publish, allowPrivate } = this.#deps;
    const chosen = channelKinds.find((k) => k.kind === channel.kind) ?? channelKinds[2];
    const deps = { clock, log, publish, secretsOf: (ref: string) => this.#secrets.get(ref) ?? [], allowPrivate };
    const made = chosen.create(chosen.config.parse(channel) as never, deps);
    this.#open.set(subscriptionId, made);
    return made;
  }

  /** Closes the channels of subscriptions that are gone. */
  async keepOnly(subscriptionIds: ReadonlySet<string>): Promise<void> {
    for (const [id, channel] of this.#open) {
      if (subscriptionIds.has(id)) continue;
      this.#open.delete(id);
      this.#secrets.delete(id);
      await channel.close();
    }
  }

  async closeAll(): Promise<void> {
    await this.keepOnly(new Set());
    await this.always.close();
  }
}
