/** The codes of this room's faults and refusals (see README.md for what each means). */
export const identityErrors = {
  /** A text that is no enrolment token; or no API token. */
  tokenMalformed: "identity/token-malformed",
  /** No such token, or the secret is another one. One code for both, so that ids cannot be probed. */
  tokenUnknown: "identity/token-unknown",
  tokenExpired: "identity/token-expired",
  tokenUsedUp: "identity/token-used-up",
  tokenRevoked: "identity/token-revoked",
  /** What a token was to grant makes no sense. */
  invalidGrant: "identity/invalid-grant",
  /** The token is not for this device id. */
  idNotAllowed: "identity/id-not-allowed",
  /** A device of that name exists and has another key. */
  idTaken: "identity/id-taken",
  labelNotGranted: "identity/label-not-granted",
  labelInvalid: "identity/label-invalid",
  csrMalformed: "identity/csr-malformed",
  csrSignature: "identity/csr-signature",
  csrKey: "identity/csr-key",
  /** The collector did not answer the TLS connection, or not in time. */
  unreachable: "identity/unreachable",
  /** The server's chain does not hold the authority that the token names. */
  authorityMismatch: "identity/authority-mismatch",
  /** The server's certificate is for other names. */
  nameMismatch: "identity/name-mismatch",
  /** The server's certificate is not valid at this time; mostly a wrong clock. */
  notValidNow: "identity/not-valid-now",
  /** There was no answer to an enrolment request in time. */
  unanswered: "identity/enrol-unanswered",
  /** The collector granted something that is no identity for our key. */
  grantInvalid: "identity/grant-invalid",
  filesUnreadable: "identity/files-unreadable",
  filesUnwritable: "identity/files-unwritable",
  /** Files are there, and do not fit together. */
  filesInconsistent: "identity/files-inconsistent",
  /** A client certificate that is not one of ours, is revoked or is too old. */
  certificateRefused: "identity/certificate-refused",
} as const;

/** One of {@link identityErrors}. */
export type IdentityErrorCode = (typeof identityErrors)[keyof typeof identityErrors];

/** Why somebody did not get what was asked for. `message` may be told to them. */
export interface Denied {
  readonly kind: "denied";
  readonly code: IdentityErrorCode;
  readonly message: string;
}

export function denied(code: IdentityErrorCode, message: string): Denied {
  return { kind: "denied", code, message };
}
