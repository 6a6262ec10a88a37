import type { Json } from "@kedge/core";
import { type Envelope, envelopeOf, type Notification } from "./notification.js";

/** The largest body that is sent. Source: Standard Webhooks 1.0, which asks for less than 20 kB. */
export const maxBodyBytes = 20_000;

/** Bytes of a text as UTF-8. A lone surrogate counts as the replacement character that encoders put there. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/** Shortens texts and lists in a value, and says that it did. */
function trimmed(value: Json, limits: { readonly text: number; readonly items: number }): Json {
  if (typeof value === "string") return value.length <= limits.text ? value : `${value.slice(0, limits.text)}…`;
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return (value as readonly Json[]).slice(0, limits.items).map((item) => trimmed(item, limits));
  return Object.fromEntries(Object.entries(value as { readonly [key: string]: Json }).map(([key, member]) => [key, trimmed(member, limits)]));
}

const steps = [
  { text: 2_000, items: 50 },
  { text: 1_000, items: 10 },
  { text: 300, items: 3 },
  { text: 100, items: 0 },
] as const;

/**
 * The JSON that is sent for a notification: below {@link maxBodyBytes}, with texts and lists shortened as far as it
 * takes (`data.truncated` is then true), and at the last with the head alone.
 */
export function notificationBody(notification: Notification): string {
  const whole = envelopeOf(notification);
  const fits = (envelope: Envelope): string | undefined => {
    const text = JSON.stringify(envelope);
    return utf8Length(text) < maxBodyBytes ? text : undefined;
  };
  const asIs = fits(whole);
  if (asIs !== undefined) return asIs;
  for (const step of steps) {
    const data = trimmed(whole.data, step) as Envelope["data"];
    const text = fits({ ...whole, data: { ...data, truncated: true } });
    if (text !== undefined) return text;
  }
  const { noticeId, severity, incidentId } = notification;
  const title = notification.title.slice(0, 500);
  return JSON.stringify({ ...whole, data: { noticeId, severity, incidentId, title, truncated: true } });
}
