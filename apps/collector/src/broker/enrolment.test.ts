import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DeviceId, seededRandom, type Sha256 } from "@kedge/core";
import { admitEnrolment, enrolClientId, parseEnrolmentToken } from "@kedge/identity";
import { enrol, fetchAuthority, loadDeviceKey, loadIdentity, newEnrolNonce, saveIdentity } from "@kedge/identity/adapters";
import { decodeEnrollRequest, encodeEnrollResponse, type EnrollResponse, enrollTopic, topicFor } from "@kedge/wire";
import { openMqttLink } from "@kedge/wire/adapters";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Arrivals, type BrokerLab, openLab } from "./broker.fixture.js";

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let lab: BrokerLab;
let home = "";
const devices = new Map<DeviceId, { readonly publicKeySha256: Sha256; readonly tokenId: string }>();
const director = generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "der" });

/** What a collector does with a request: policy, certificate, answer. */
function answerEnrolments(): void {
  const random = seededRandom(1);
  lab.broker.onEnroll(async ({ nonce, principal, payload }) => {
    const answer = async (): Promise<EnrollResponse> => {
      const refuse = (code: string, message: string): EnrollResponse => ({ kind: "refused", code, message, retryAfterMs: null });
      const request = decodeEnrollRequest(payload);
      if (request.kind === "rejected") return refuse(request.code, request.message);
      const record = principal.kind === "enrolling" ? lab.register.enrolments.get(principal.tokenId) : undefined;
      if (record === undefined) return refuse("identity/token-unknown", "no such token");
      const csr = await lab.authority.readRequest(request.value.csr);
      if (csr.kind === "denied") return refuse(csr.code, csr.message);
      const { publicKeySha256 } = csr;
      const known = [...devices].find(([, d]) => d.publicKeySha256 === publicKeySha256 && d.tokenId === record.id);
      const byKey = known === undefined ? undefined : { deviceId: known[0], publicKeySha256 };
      const { requestedId, labels } = request.value;
      const admitted = admitEnrolment(record, { requestedId, labels, publicKeySha256 }, { byKey, isTaken: (id) => devices.has(id), random });
      if (admitted.kind === "denied") return refuse(admitted.code, admitted.message);
      lab.register.enrolments.set(record.id, admitted.record);
      devices.set(admitted.deviceId, { publicKeySha256, tokenId: record.id });
      const issued = await lab.authority.issueDevice(csr, admitted.deviceId, { nowMs: lab.register.clock.nowMs });
      const keys = [{ keyId: "director", publicKey: new Uint8Array(director) }];
      const { deviceId, certificateDer: certificate, notAfterMs } = issued;
      return { kind: "granted", deviceId, certificate, authorities: [lab.authority.certificateDer], directorKeys: keys, targetsKeys: keys, notAfterMs };
    };
    await lab.broker.publish(enrollTopic(nonce, "response"), encodeEnrollResponse(await answer()), { qos: 1 });
  });
}

beforeEach(async () => {
  lab = await openLab();
  home = await mkdtemp(join(tmpdir(), "kedge-device-"));
  devices.clear();
  answerEnrolments();
});
afterEach(async () => {
  await lab.close();
  await rm(home, { recursive: true, force: true });
});

/** What a device does at its first start, with nothing but a token and an address. */
async function firstStart(tokenText: string, directory: string, requestedId: DeviceId | null) {
  const token = parseEnrolmentToken(tokenText);
  if (token === undefined) throw new Error("no token");
  const { port } = lab.broker;
  const authority = await fetchAuthority("127.0.0.1", port, token.authorityPin, { nowMs: lab.register.clock.nowMs });
  const nonce = newEnrolNonce();
  const link = openMqttLink({
    url: `mqtts://127.0.0.1:${port}`,
    clientId: enrolClientId(nonce),
    username: "enroll",
    password: tokenText,
    ca: authority.certificatePem,
  });
  await link.connect();
  try {
    const privateKeyPem = await loadDeviceKey(directory);
    const request = {
      nonce,
      token: tokenText,
      authorityPin: token.authorityPin,
      privateKeyPem,
      requestedId,
      labels: { line: "2" },
      agentVersion: "0.1.0",
      platform: "test",
    };
    return await enrol(link, request);
  } finally {
    await link.close();
  }
}

test("a token and an address are all that a device takes to get an identity, and by it it is let in", async () => {
  const token = lab.newToken({ labels: { site: "lyon" } });
  const outcome = await firstStart(token, home, "cam-7" as DeviceId);
  if (outcome.kind !== "granted") throw new Error(outcome.message);
  await saveIdentity(home, outcome.identity);
  const identity = await loadIdentity(home);
  expect(identity).toMatchObject({ deviceId: "cam-7", directorKeys: [{ keyId: "director" }] });
  if (identity === undefined) return;
  const heard = new Arrivals<string>();
  lab.broker.onDevice((deviceId, leaf) => heard.add(`${deviceId} ${leaf}`));
  const { deviceId, certificatePem, privateKeyPem, authoritiesPem } = identity;
  const link = openMqttLink({
    url: `mqtts://127.0.0.1:${lab.broker.port}`,
    clientId: deviceId,
    certificate: certificatePem,
    key: privateKeyPem,
    ca: authoritiesPem,
  });
  await link.connect();
  expect(await link.publish(topicFor(deviceId, "birth"), Uint8Array.of(1), { qos: 1 })).toEqual({ kind: "sent" });
  expect(await heard.first(1)).toEqual(["cam-7 birth"]);
  await link.close();
});

test("a device whose answer was lost asks again and gets the same name, though the token is used up; another device gets none", async () => {
  const token = lab.newToken();
  const first = await firstStart(token, home, null);
  const again = await firstStart(token, home, null);
  if (first.kind !== "granted" || again.kind !== "granted") throw new Error("refused");
  expect(again.identity.deviceId).toBe(first.identity.deviceId);
  expect(await firstStart(token, join(home, "second"), null)).toMatchObject({ kind: "refused", code: "identity/token-used-up" });
  expect(devices.size).toBe(1);
});

test("nobody gets the name of another device", async () => {
  const token = lab.newToken({ maxUses: 5 });
  expect(await firstStart(token, home, "cam-7" as DeviceId)).toMatchObject({ kind: "granted" });
  expect(await firstStart(token, join(home, "thief"), "cam-7" as DeviceId)).toMatchObject({ kind: "refused", code: "identity/id-taken" });
});

test("a token of another collector is of no use, and is not even shown", async () => {
  const other = await openLab();
  const refused = await firstStart(other.newToken(), home, null).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: "identity/authority-mismatch", context: { exit: "untrusted" } });
  expect(lab.broker.stats().refused).toEqual({});
  await other.close();
});
