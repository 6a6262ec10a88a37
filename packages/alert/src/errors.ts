/** The codes of this room's faults and outcomes (see README.md for what each means). */
export const alertErrors = {
  /** A receiver answered with something else than 2xx. */
  refused: "alert/receiver-refused",
  /** A receiver answered 410: it wants no more. */
  gone: "alert/receiver-gone",
  /** No answer in time. */
  timeout: "alert/receiver-timeout",
  /** No connection, or it broke. */
  unreachable: "alert/receiver-unreachable",
  /** The address that a name stands for is private, and private ones are not allowed. */
  privateAddress: "alert/private-address",
  invalidUrl: "alert/invalid-url",
  invalidSecret: "alert/invalid-secret",
  /** A signature that does not match, or is too old. */
  invalidSignature: "alert/invalid-signature",
  channelClosed: "alert/channel-closed",
  publishFailed: "alert/publish-failed",
} as const;

/** One of {@link alertErrors}. */
export type AlertErrorCode = (typeof alertErrors)[keyof typeof alertErrors];
