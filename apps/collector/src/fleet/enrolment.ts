import { createPublicKey, type KeyObject } from "node:crypto";
import { type Clock, type DeviceId, type Log, messageOf, type Random, type Sha256 } from "@kedge/core";
import { admitEnrolment, checkEnrolmentToken, type EnrolmentRecord, parseEnrolmentToken } from "@kedge/identity";
import type { Authority } from "@kedge/identity/authority";
import { type AuditLog, type Documents, put } from "@kedge/store";
import { type DeviceBroker, decodeEnrollRequest, type EnrollRequest, type EnrollResponse, encodeEnrollResponse, enrollTopic, type NamedKey } from "@kedge/wire";
import type { EnrolArrival } from "../broker/intake.js";
import type { DeviceRecord, KeyRecord } from "../collections.js";
import type { Publish } from "./director.js";
import type { Fleet } from "./fleet.js";

/** What enrolment needs of the program. */
export interface EnrolmentDeps {
  readonly authority: Authority;
  readonly fleet: Fleet;
  readonly tokens: Documents<EnrolmentRecord>;
  readonly keys: Documents<KeyRecord>;
  readonly audit: AuditLog;
  readonly directorKey: NamedKey;
  /** Where devices are sent; `null`: they stay at the collector's own port. */
  readonly broker: DeviceBroker | null;
  readonly publish: Publish;
  readonly sha256: (bytes: Uint8Array) => Sha256;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

type Granted = Extract<EnrollResponse, { kind: "granted" }>;

/** Lets new devices in by their tokens, and lets those that are in renew their certificates. One at a time, so that a token's uses are counted right. */
export class EnrolmentDesk {
  readonly #deps: EnrolmentDeps;
  #tail: Promise<void> = Promise.resolve();

  constructor(deps: EnrolmentDeps) {
    this.#deps = deps;
  }

  take(arrival: EnrolArrival): Promise<void> {
    this.#tail = this.#tail.then(() => this.#answer(arrival));
    return this.#tail;
  }

  async #answer({ nonce, principal, payload }: EnrolArrival): Promise<void> {
    const { publish, log } = this.#deps;
    let response: EnrollResponse;
    try {
      const request = decodeEnrollRequest(payload);
      if (request.kind === "rejected") response = { kind: "refused", code: request.code, message: request.message, retryAfterMs: null };
      else response = principal.kind === "enrolling" ? await this.#enrol(request.value) : await this.#renew(request.value, principal.deviceId);
    } catch (error) {
      log.error({ error: messageOf(error) }, "an enrolment failed");
      response = {
        kind: "refused",
        code: "collector/enrolment-failed",
        message: "the collector could not enrol the device; its log says why",
        retryAfterMs: 30_000,
      };
    }
    if (response.kind === "refused") log.warn({ code: response.code }, `an enrolment was refused: ${response.message}`);
    await publish(enrollTopic(nonce, "response"), encodeEnrollResponse(response), { qos: 1 });
  }

  async #enrol(request: EnrollRequest): Promise<EnrollResponse> {
    const { authority, fleet, tokens, audit, sha256, clock, random } = this.#deps;
    const refuse = (denied: { readonly code: string; readonly message: string }): EnrollResponse => ({
      kind: "refused",
      code: denied.code,
      message: denied.message,
      retryAfterMs: null,
    });
    const token = parseEnrolmentToken(request.token);
    if (token === undefined) return refuse({ code: "identity/token-malformed", message: "this is no enrolment token" });
    const stored = await tokens.get(token.id);
    const checked = checkEnrolmentToken(token, stored?.body, { nowMs: clock.nowMs(), sha256 });
    if (checked.kind === "denied") return refuse(checked);
    if (stored === undefined) return refuse({ code: "identity/token-unknown", message: "the enrolment token is not known here" });
    const read = await authority.readRequest(request.csr);
    if (read.kind === "denied") return refuse(read);
    const byKey = fleet.find((d) => d.keySha256 === read.publicKeySha256 && d.tokenId === stored.id && !d.isRetired);
    const admitted = admitEnrolment(
      stored.body,
      { requestedId: request.requestedId, labels: request.labels, publicKeySha256: read.publicKeySha256 },
      {
        byKey: byKey === undefined ? undefined : { deviceId: byKey.deviceId, publicKeySha256: byKey.keySha256 },
        isTaken: (id) => fleet.get(id) !== undefined,
        random,
      },
    );
    if (admitted.kind === "denied") return refuse(admitted);
    const issued = await authority.issueDevice(read, admitted.deviceId, { nowMs: clock.nowMs() });
    await audit.append({
      atMs: clock.nowMs(),
      actor: `token:${stored.id}`,
      action: "device.enrol",
      subject: admitted.deviceId,
      details: { labels: admitted.labels, serial: issued.serial, repeated: admitted.repeated },
    });
    await put(tokens, stored.id, admitted.record);
    const device: DeviceRecord = {
      deviceId: admitted.deviceId,
      labels: admitted.labels,
      isRetired: false,
      isOnline: false,
      agentVersion: request.agentVersion,
      platform: request.platform,
      enrolledAtMs: clock.nowMs(),
      lastSeenAtMs: null,
      certificate: { serial: issued.serial, notAfterMs: issued.notAfterMs },
      keySha256: read.publicKeySha256,
      keySpki: spkiOf(read.publicKey),
      tokenId: stored.id,
      bootEpoch: null,
      reported: null,
      desired: null,
    };
    await fleet.add(device);
    return this.#grant(admitted.deviceId, issued.certificateDer, issued.notAfterMs);
  }

  async #renew(request: EnrollRequest, deviceId: DeviceId): Promise<EnrollResponse> {
    const { authority, fleet, audit, clock } = this.#deps;
    const read = await authority.readRequest(request.csr);
    if (read.kind === "denied") return { kind: "refused", code: read.code, message: read.message, retryAfterMs: null };
    const issued = await authority.issueDevice(read, deviceId, { nowMs: clock.nowMs() });
    await audit.append({ atMs: clock.nowMs(), actor: `device:${deviceId}`, action: "device.renew", subject: deviceId, details: { serial: issued.serial } });
    await fleet.update(deviceId, (d) => ({
      ...d,
      certificate: { serial: issued.serial, notAfterMs: issued.notAfterMs },
      keySha256: read.publicKeySha256,
      keySpki: spkiOf(read.publicKey),
    }));
    return this.#grant(deviceId, issued.certificateDer, issued.notAfterMs);
  }

  async #grant(deviceId: DeviceId, certificate: Uint8Array, notAfterMs: number): Promise<Granted> {
    const { authority, keys, directorKey, broker } = this.#deps;
    const targetsKeys = (await keys.list()).map(({ body }) => ({
      keyId: body.keyId,
      publicKey: new Uint8Array(createPublicKey(body.publicKeyPem).export({ type: "spki", format: "der" })),
    }));
    const where = broker === null ? {} : { broker };
    return { kind: "granted", deviceId, certificate, authorities: [authority.certificateDer], directorKeys: [directorKey], targetsKeys, notAfterMs, ...where };
  }
}

function spkiOf(key: KeyObject): string {
  return key.export({ type: "spki", format: "der" }).toString("base64");
}
