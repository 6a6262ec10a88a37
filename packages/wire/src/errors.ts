/** The codes of this room's faults (see README.md for what each means). Refused bytes have theirs in `decoded.ts`. */
export const wireErrors = {
  /** A value that its message cannot carry; the caller's fault. */
  unencodable: "wire/unencodable",
  /** The broker did not answer. */
  unreachable: "wire/unreachable",
  /** The broker answered, and wants none of us: wrong name, password or certificate. */
  refused: "wire/connection-refused",
  /** The broker is there, and has no room for us just now. */
  busy: "wire/broker-busy",
  /** The broker's certificate is not one we trust, or ours is not. */
  untrusted: "wire/untrusted",
  /** An established connection ended. */
  lost: "wire/connection-lost",
  /** `close` was called before the first connection. */
  closed: "wire/link-closed",
  /** What a receiver of messages threw. */
  receiverFailed: "wire/receiver-failed",
  /** The link's options make no sense. */
  invalidOptions: "wire/invalid-options",
  outboxUnreadable: "wire/outbox-unreadable",
  outboxUnwritable: "wire/outbox-unwritable",
  /** The outbox's files were written by a newer version. */
  outboxFormat: "wire/outbox-unknown-format",
  outboxClosed: "wire/outbox-closed",
} as const;
