/** Error codes of this room; the server answers with them and the client raises them. */
export const apiCodes = {
  unreachable: "api/unreachable",
  badAnswer: "api/bad-answer",
  invalidRequest: "api/invalid-request",
  unauthenticated: "api/unauthenticated",
  forbidden: "api/forbidden",
  noSuchRoute: "api/no-such-route",
  notFound: "api/not-found",
  tooLarge: "api/too-large",
  wrongMediaType: "api/wrong-media-type",
  tooMany: "api/too-many",
  keyReused: "api/idempotency-key-reused",
  internal: "api/internal",
} as const;

/** One of {@link apiCodes}. */
export type ApiCode = (typeof apiCodes)[keyof typeof apiCodes];
