import type { AlertErrorCode } from "./errors.js";
import type { Notification } from "./notification.js";

/** One message for one receiver. */
export interface OutgoingMessage {
  /** The same at every try: a receiver that sees it twice can tell. */
  readonly messageId: string;
  readonly notification: Notification;
  /** JSON, below the size cap; see `notificationBody`. */
  readonly body: string;
}

/** What came of a try. `detail` and `message` may be shown and stored: they hold no secret and no full address. */
export type SendOutcome =
  | { readonly kind: "sent"; readonly detail: string }
  /** Worth another try, not before `retryAfterMs` when the receiver said so. */
  | { readonly kind: "retryable"; readonly code: AlertErrorCode; readonly message: string; readonly retryAfterMs: number | null }
  /** Not worth another. */
  | { readonly kind: "failed"; readonly code: AlertErrorCode; readonly message: string }
  /** The receiver wants no more messages at all. */
  | { readonly kind: "gone"; readonly code: AlertErrorCode; readonly message: string };

/**
 * A way to tell somebody. Laws (tried on every kind by `alertChannelLaws`):
 * - `send` never throws and always settles, within the channel's time-out; what went wrong is its answer.
 * - Sending a message again is harmless: receivers can tell by its id.
 * - No outcome and no log line holds a secret of the channel's configuration.
 * - After `close`, which may be called twice, `send` fails by name and nothing is left running.
 */
export interface AlertChannel {
  send(message: OutgoingMessage): Promise<SendOutcome>;
  close(): Promise<void>;
}
