import type { X509Certificate } from "node:crypto";
import { type Clock, messageOf } from "@kedge/core";
import {
  type ApiTokenRecord,
  apiUsername,
  type Denied,
  type EnrolmentRecord,
  enrolUsername,
  mayPublish,
  nonceOfClientId,
  parseEnrolmentToken,
  type Principal,
} from "@kedge/identity";
import { deviceOfCertificate } from "@kedge/identity/adapters";

/** What the broker asks the collector about those who come. */
export interface BrokerAccess {
  /** Whether a certificate with this serial number (lower-case hex) was revoked. */
  isRevoked(serial: string): boolean;
  /** Whether the device is enrolled and not retired. */
  isMember(deviceId: string): boolean;
  /** What is stored of an enrolment token is held against it (`checkEnrolmentToken`). No use is consumed. */
  checkEnrolment(token: string): Promise<{ readonly kind: "valid"; readonly record: EnrolmentRecord } | Denied>;
  checkApi(token: string): Promise<{ readonly kind: "valid"; readonly record: ApiTokenRecord } | Denied>;
}

/** A CONNECT, as far as it says who comes. */
export interface Introduction {
  readonly clientId: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly certificate: X509Certificate | undefined;
  readonly will: { readonly topic: string; readonly payload: Uint8Array } | undefined;
}

/** CONNACK return codes of MQTT 3.1.1, 3.2.2.3. */
export type ReturnCode = 2 | 3 | 4 | 5;

export type Introduced =
  | { readonly kind: "known"; readonly principal: Principal }
  | { readonly kind: "refused"; readonly returnCode: ReturnCode; readonly code: string; readonly message: string };

const apiClientId = /^[A-Za-z0-9_.:-]{1,64}$/;

function refused(returnCode: ReturnCode, code: string, message: string): Introduced {
  return { kind: "refused", returnCode, code, message };
}

function byCertificate(
  certificate: X509Certificate,
  intro: Introduction,
  access: BrokerAccess,
  context: { readonly authority: X509Certificate; readonly nowMs: number },
): Introduced {
  const judged = deviceOfCertificate(certificate, { ...context, isRevoked: (serial) => access.isRevoked(serial) });
  if (judged.kind === "denied") return refused(5, judged.code, judged.message);
  if (!access.isMember(judged.deviceId)) return refused(5, "collector/not-a-member", `${judged.deviceId} is no member of the fleet`);
  if (intro.clientId !== judged.deviceId) return refused(2, "collector/client-id", `the client id is not ${judged.deviceId}, the device of the certificate`);
  return { kind: "known", principal: judged };
}

async function byPassword(intro: Introduction, access: BrokerAccess): Promise<Introduced> {
  const { username, password = "", clientId } = intro;
  if (username === enrolUsername) {
    const nonce = nonceOfClientId(clientId);
    if (nonce === undefined) return refused(2, "collector/client-id", "the client id is none of an enrolment");
    if (parseEnrolmentToken(password) === undefined) return refused(4, "identity/token-malformed", "the password is no enrolment token");
    const checked = await access.checkEnrolment(password);
    if (checked.kind === "denied") return refused(4, checked.code, checked.message);
    return { kind: "known", principal: { kind: "enrolling", nonce, tokenId: checked.record.id } };
  }
  if (username === apiUsername) {
    const checked = await access.checkApi(password);
    if (checked.kind === "denied") return refused(4, checked.code, checked.message);
    // A prefix of its own, so that nobody can take the place of a device by its client id.
    if (!clientId.startsWith("api:") || !apiClientId.test(clientId)) return refused(2, "collector/client-id", 'the client id must begin with "api:"');
    return { kind: "known", principal: { kind: "api", tokenId: checked.record.id, role: checked.record.role } };
  }
  return refused(5, "collector/no-credentials", "neither a client certificate nor a user name that is known here");
}

/**
 * Who a client is. A certificate decides alone: who presents one that is refused does not get in by a password. The
 * will is checked here too, as the broker would publish it in the client's name.
 */
export async function introduce(
  intro: Introduction,
  access: BrokerAccess,
  context: { readonly authority: X509Certificate; readonly clock: Clock },
): Promise<Introduced> {
  const { certificate, will } = intro;
  const at = { authority: context.authority, nowMs: context.clock.nowMs() };
  try {
    const introduced = certificate === undefined ? await byPassword(intro, access) : byCertificate(certificate, intro, access, at);
    if (introduced.kind === "refused" || will === undefined) return introduced;
    const permission = mayPublish(introduced.principal, will.topic);
    const fits = permission.kind === "allowed" && will.payload.length <= permission.maxBytes;
    return fits ? introduced : refused(5, "collector/forbidden-will", "the will is for a topic that this client may not publish to");
  } catch (error) {
    return refused(3, "collector/access-unavailable", `it could not be found out who this is: ${messageOf(error)}`);
  }
}
