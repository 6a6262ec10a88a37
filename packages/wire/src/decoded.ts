/** Bytes that were understood. */
export interface Decoded<T> {
  readonly kind: "decoded";
  readonly value: T;
}

/** Why bytes were refused. `wire/unknown-format` is a newer peer, not damage; the others are damage or an attack. */
export type RejectionCode =
  | "wire/oversize"
  | "wire/truncated"
  | "wire/malformed"
  | "wire/unknown-format"
  | "wire/missing-field"
  | "wire/invalid-field"
  | "wire/too-many";

/** Bytes that were refused, and what about them. */
export interface Rejected {
  readonly kind: "rejected";
  readonly code: RejectionCode;
  readonly message: string;
}
