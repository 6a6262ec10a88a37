import { z } from "zod";
import { atMsField, deviceIdField, idField, labelsField, list, pageOf, pageQuery, wordsField } from "../fields.js";
import { roles, route } from "../route.js";

/** What lets new devices in. The secret is shown once, when the token is made. */
export const enrolmentToken = z.object({
  tokenId: z.string(),
  state: z.enum(["active", "used", "expired", "revoked"]),
  /** Given to every device that enrols by it. */
  labels: z.record(z.string(), z.string()),
  uses: z.number(),
  used: z.number(),
  /** The only names that devices may enrol under; null for any that is free. */
  deviceIds: list(z.string()).nullable(),
  createdAtMs: atMsField,
  createdBy: z.string(),
  expiresAtMs: atMsField,
  note: z.string(),
});

/** See {@link enrolmentToken}. */
export type EnrolmentToken = z.infer<typeof enrolmentToken>;

const dayMs = 86_400_000;

export const newEnrolmentToken = z.object({ token: enrolmentToken, secret: z.string() });

export const tokenRoutes = {
  create: route("POST", "/v1/enrolment-tokens", {
    role: "admin",
    summary: "Makes an enrolment token; its secret is in this answer and nowhere else",
    status: 201,
    body: z.strictObject({
      uses: z.int().min(1).max(100_000).default(1),
      ttlMs: z
        .int()
        .min(1_000)
        .max(365 * dayMs)
        .default(dayMs),
      labels: labelsField.default({}),
      deviceIds: z.array(deviceIdField).min(1).max(10_000).readonly().optional(),
      note: wordsField.default(""),
    }),
    response: newEnrolmentToken,
  }),
  list: route("GET", "/v1/enrolment-tokens", {
    role: "admin",
    summary: "Enrolment tokens, newest first",
    query: z.strictObject(pageQuery),
    response: pageOf(enrolmentToken),
  }),
  revoke: route("DELETE", "/v1/enrolment-tokens/:tokenId", {
    role: "admin",
    summary: "Lets nobody in by this token any more; devices that are in stay",
    params: z.strictObject({ tokenId: idField }),
    response: enrolmentToken,
  }),
};

/** What lets people and programs call this API. The secret is shown once. */
export const accessToken = z.object({
  tokenId: z.string(),
  state: z.enum(["active", "expired", "revoked"]),
  name: z.string(),
  role: z.enum(roles),
  createdAtMs: atMsField,
  expiresAtMs: atMsField.nullable(),
});

/** See {@link accessToken}. */
export type AccessToken = z.infer<typeof accessToken>;

export const accessRoutes = {
  create: route("POST", "/v1/access-tokens", {
    role: "admin",
    summary: "Makes a token for this API; its secret is in this answer and nowhere else",
    status: 201,
    body: z.strictObject({
      name: z.string().min(1).max(64),
      role: z.enum(roles),
      ttlMs: z
        .int()
        .min(1_000)
        .max(10 * 365 * dayMs)
        .optional(),
    }),
    response: z.object({ token: accessToken, secret: z.string() }),
  }),
  list: route("GET", "/v1/access-tokens", {
    role: "admin",
    summary: "Tokens for this API, newest first",
    query: z.strictObject(pageQuery),
    response: pageOf(accessToken),
  }),
  revoke: route("DELETE", "/v1/access-tokens/:tokenId", {
    role: "admin",
    summary: "Lets nobody call this API with this token any more",
    params: z.strictObject({ tokenId: idField }),
    response: accessToken,
  }),
};

/** A key whose signature on a bundle counts. */
export const trustedKey = z.object({
  keyId: z.string(),
  name: z.string(),
  algorithm: z.literal("ed25519"),
  /** SubjectPublicKeyInfo, PEM. */
  publicKey: z.string(),
  addedAtMs: atMsField,
  addedBy: z.string(),
  /** Whether the collector holds its private half, for what it retrains and for counter-signing. */
  isCollectors: z.boolean(),
});

/** See {@link trustedKey}. */
export type TrustedKey = z.infer<typeof trustedKey>;

export const keyRoutes = {
  list: route("GET", "/v1/keys", { role: "viewer", summary: "Keys whose signatures on bundles count", response: z.object({ items: list(trustedKey) }) }),
  trust: route("POST", "/v1/keys", {
    role: "admin",
    summary: "Trusts a public key (Ed25519, PEM) to sign bundles",
    status: 201,
    body: z.strictObject({ publicKey: z.string().max(4_096), name: z.string().min(1).max(64) }),
    response: trustedKey,
  }),
  distrust: route("DELETE", "/v1/keys/:keyId", {
    role: "admin",
    summary: "Trusts a key no more; bundles that are registered stay registered",
    params: z.strictObject({ keyId: idField }),
    response: trustedKey,
  }),
};
