import { isAtLeast, type Labels, matchesSelector, parseSelector, type Severity } from "@kedge/core";
import type { EventType } from "./event-type.js";
import type { Notification } from "./notification.js";

/** How somebody is told. Secrets stand elsewhere, under `secretRef`. */
export type ChannelChoice =
  | { readonly kind: "webhook"; readonly url: string; readonly secretRef: string }
  | { readonly kind: "mqtt" }
  | { readonly kind: "log" };

/** Who wants to be told of what, and how. */
export interface Subscription {
  readonly subscriptionId: string;
  readonly channel: ChannelChoice;
  /** Labels that at least one of the devices must have; empty: any, and also what is about no device. */
  readonly selector: string;
  readonly minSeverity: Severity;
  /** Empty: all. */
  readonly events: readonly EventType[];
  readonly isEnabled: boolean;
  /** Why it was disabled, when not by hand. */
  readonly disabledReason: string | null;
  readonly createdAtMs: number;
  readonly createdBy: string;
  readonly note: string;
}

/** Whether any of the devices' labels match; the empty selector matches also where there is no device. */
export function matchesAny(selector: string, deviceLabels: readonly Labels[]): boolean {
  const parsed = parseSelector(selector);
  if (typeof parsed === "string") return false;
  return parsed.length === 0 || deviceLabels.some((labels) => matchesSelector(parsed, labels));
}

/** Whether all of the devices' labels match; where there is no device, only the empty selector does. */
export function matchesAll(selector: string, deviceLabels: readonly Labels[]): boolean {
  const parsed = parseSelector(selector);
  if (typeof parsed === "string") return false;
  return parsed.length === 0 || (deviceLabels.length > 0 && deviceLabels.every((labels) => matchesSelector(parsed, labels)));
}

/** Whether a subscription wants a notification. */
export function wants(subscription: Subscription, notification: Notification): boolean {
  return (
    subscription.isEnabled &&
    (subscription.events.length === 0 || subscription.events.includes(notification.type)) &&
    isAtLeast(notification.severity, subscription.minSeverity) &&
    matchesAny(subscription.selector, notification.deviceLabels)
  );
}
