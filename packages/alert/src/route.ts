import type { DeviceId } from "@kedge/core";
import type { Notification } from "./notification.js";
import { type Silence, silencing } from "./silence.js";
import { type Subscription, wants } from "./subscription.js";

/** What routing looks at beside the notification. */
export interface RouteContext {
  readonly subscriptions: readonly Subscription[];
  readonly silences: readonly Silence[];
  readonly offline: ReadonlySet<DeviceId>;
  readonly nowMs: number;
}

/** Who is told, or why nobody is. */
export type Route =
  | { readonly kind: "told"; readonly subscriptions: readonly Subscription[] }
  | { readonly kind: "silenced"; readonly silenceId: string }
  /** Something else that was told explains it. */
  | { readonly kind: "inhibited"; readonly by: "device.offline" };

/**
 * Who is told of a notification. A silence keeps all channels quiet. That devices drift which are all offline is not
 * told: that they are offline is, and what they last sent is no news. That their drift is over is told, as somebody may
 * wait for it. Nothing keeps tests quiet.
 */
export function routeNotification(notification: Notification, context: RouteContext): Route {
  const { nowMs, offline } = context;
  if (notification.type !== "test") {
    const silence = silencing(context.silences, notification, nowMs);
    if (silence !== undefined) return { kind: "silenced", silenceId: silence.silenceId };
    const isNewDrift = notification.type === "drift.detected" || notification.type === "drift.updated";
    const { deviceIds } = notification;
    if (isNewDrift && deviceIds.length > 0 && deviceIds.every((id) => offline.has(id))) return { kind: "inhibited", by: "device.offline" };
  }
  return { kind: "told", subscriptions: context.subscriptions.filter((s) => wants(s, notification)) };
}
