import { kedge } from "#gen";
import type { Decoded, Rejected } from "../decoded.js";
import type { DeviceBroker, EnrollRequest, EnrollResponse, NamedKey } from "../messages.js";
import { wireLimits } from "../wire-limits.js";
import { type Codec, decodeAs, encodeAs, formatVersion } from "./codec.js";
import { cleanText, type Fields } from "./fields.js";

/** Certificates and requests are some hundred bytes; a chain of large RSA ones is some thousand. */
const derBytes = 16 * 1024;

const requestCodec: Codec<kedge.v1.EnrollRequest.$Properties, EnrollRequest> = {
  name: "enroll request",
  maxBytes: wireLimits.enrollBytes,
  shape: { 1: { most: 1 }, 5: { most: wireLimits.labels, of: {} } },
  type: kedge.v1.EnrollRequest,
  toRaw: (request) => ({
    format: formatVersion,
    token: request.token,
    csr: request.csr,
    requestedId: request.requestedId ?? "",
    labels: { ...request.labels },
    agentVersion: cleanText(request.agentVersion, wireLimits.name),
    platform: cleanText(request.platform, wireLimits.name),
  }),
  fromRaw: (raw, fields) => ({
    token: fields.text(raw.token, "token", wireLimits.text),
    csr: fields.bytes(raw.csr, "csr", { least: 1, most: derBytes }),
    requestedId: (raw.requestedId ?? "") === "" ? null : fields.deviceId(raw.requestedId, "requested_id"),
    labels: fields.labels(raw.labels),
    agentVersion: fields.text(raw.agentVersion, "agent_version"),
    platform: fields.text(raw.platform, "platform"),
  }),
};

/** A request as a new device sends it. */
export function encodeEnrollRequest(request: EnrollRequest): Uint8Array {
  return encodeAs(requestCodec, request);
}

/** The request in bytes from outside. */
export function decodeEnrollRequest(bytes: Uint8Array): Decoded<EnrollRequest> | Rejected {
  return decodeAs(requestCodec, bytes);
}

type RawGranted = kedge.v1.EnrollGranted.$Properties;

const keyRule = { most: wireLimits.keys, of: {} };

const responseCodec: Codec<kedge.v1.EnrollResponse.$Properties, EnrollResponse> = {
  name: "enroll response",
  maxBytes: wireLimits.enrollBytes,
  shape: {
    1: { most: 1 },
    2: { most: 1, of: { 3: { most: wireLimits.authorities }, 4: keyRule, 5: keyRule, 7: { most: 1, of: { 2: { most: wireLimits.authorities } } } } },
    3: { most: 1, of: {} },
  },
  type: kedge.v1.EnrollResponse,
  toRaw: (response) => {
    if (response.kind === "refused") {
      const { code, message, retryAfterMs } = response;
      return { format: formatVersion, refused: { code: cleanText(code, wireLimits.name), message: cleanText(message), retryAfterMs } };
    }
    const { deviceId, certificate, notAfterMs, broker } = response;
    const keys = { directorKeys: response.directorKeys.map(keyToRaw), targetsKeys: response.targetsKeys.map(keyToRaw) };
    const where = broker === undefined ? {} : { broker: { url: broker.url, authorities: [...broker.authorities], sealKey: broker.sealKey } };
    return { format: formatVersion, granted: { deviceId, certificate, notAfterMs, authorities: [...response.authorities], ...keys, ...where } };
  },
  fromRaw: (raw, fields) => {
    if (raw.granted !== null && raw.granted !== undefined) return grantedFromRaw(raw.granted, fields);
    if (raw.refused === null || raw.refused === undefined) fields.fail("wire/missing-field", "result is missing");
    const refused = raw.refused ?? {};
    return {
      kind: "refused",
      code: fields.text(refused.code, "code"),
      message: fields.text(refused.message, "message", wireLimits.text),
      retryAfterMs: typeof refused.retryAfterMs === "number" ? fields.amount(refused.retryAfterMs, "retry_after_ms") : null,
    };
  },
};

function grantedFromRaw(raw: RawGranted, fields: Fields): EnrollResponse {
  return {
    kind: "granted",
    deviceId: fields.deviceId(raw.deviceId),
    certificate: fields.bytes(raw.certificate, "certificate", { least: 1, most: derBytes }),
    authorities: (raw.authorities ?? []).map((der) => fields.bytes(der, "authority", { least: 1, most: derBytes })),
    directorKeys: (raw.directorKeys ?? []).map((key) => keyFromRaw(key, fields)),
    targetsKeys: (raw.targetsKeys ?? []).map((key) => keyFromRaw(key, fields)),
    notAfterMs: fields.time(raw.notAfterMs, "not_after_ms"),
    ...(raw.broker === null || raw.broker === undefined ? {} : { broker: brokerFromRaw(raw.broker, fields) }),
  };
}

function brokerFromRaw(raw: kedge.v1.DeviceBroker.$Properties, fields: Fields): DeviceBroker {
  return {
    url: fields.text(raw.url, "url", wireLimits.text),
    authorities: (raw.authorities ?? []).map((der) => fields.bytes(der, "authority", { least: 1, most: derBytes })),
    sealKey: fields.bytes(raw.sealKey, "seal_key", { least: 1, most: derBytes }),
  };
}

function keyToRaw(key: NamedKey): kedge.v1.NamedKey.$Properties {
  return { keyId: key.keyId, publicKey: key.publicKey };
}

function keyFromRaw(raw: kedge.v1.NamedKey.$Properties, fields: Fields): NamedKey {
  return { keyId: fields.name(raw.keyId, "key_id"), publicKey: fields.bytes(raw.publicKey, "public_key", { least: 1, most: derBytes }) };
}

/** The answer as the collector sends it. */
export function encodeEnrollResponse(response: EnrollResponse): Uint8Array {
  return encodeAs(responseCodec, response);
}

/** The answer in bytes from outside. */
export function decodeEnrollResponse(bytes: Uint8Array): Decoded<EnrollResponse> | Rejected {
  return decodeAs(responseCodec, bytes);
}
