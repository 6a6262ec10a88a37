import { createPrivateKey } from "node:crypto";
import { join } from "node:path";
import { type DeviceId, silentLog } from "@kedge/core";
import { certificateRequest, type DeviceIdentity, loadDeviceKey, loadIdentity, saveIdentity } from "@kedge/identity/adapters";
import { type Authority, openAuthority } from "@kedge/identity/authority";
import { manualClock } from "@kedge/testkit";
import { decodeEnrollRequest, encodeEnrollResponse, enrollTopic, type NamedKey } from "@kedge/wire";
import { MemoryBroker } from "@kedge/wire/adapters";
import { afterEach, beforeEach, expect, test } from "vitest";
import { IdentityKeeper, type RenewalDeps } from "./renewal.js";
import { deviceId, director, targets, temporaryDirectory, until } from "./toy-agent.fixture.js";

const day = 86_400_000;
const begin = Date.UTC(2026, 0, 1);

let home: Awaited<ReturnType<typeof temporaryDirectory>>;
let authority: Authority;
let broker: MemoryBroker;
let clock: ReturnType<typeof manualClock>;
let keys: NamedKey[];
/** What the collector says to a request instead of a grant. */
let refusal: string | undefined;
let requests: number;
const keepers: IdentityKeeper[] = [];

async function grant(csr: Uint8Array) {
  const read = await authority.readRequest(csr);
  if (read.kind !== "read") throw new Error(read.message);
  const issued = await authority.issueDevice(read, deviceId, { nowMs: clock.nowMs() });
  const directorKeys = [{ keyId: director.trusted.keyId, publicKey: director.trusted.publicKey }];
  return {
    kind: "granted",
    deviceId,
    certificate: issued.certificateDer,
    authorities: [authority.certificateDer],
    directorKeys,
    targetsKeys: keys,
    notAfterMs: issued.notAfterMs,
  } as const;
}

beforeEach(async () => {
  home = await temporaryDirectory();
  clock = manualClock(begin);
  authority = await openAuthority(join(home.path, "authority"), { nowMs: begin });
  broker = new MemoryBroker();
  keys = [{ keyId: targets.trusted.keyId, publicKey: targets.trusted.publicKey }];
  refusal = undefined;
  requests = 0;
  const collector = broker.link({ clientId: "collector" });
  await collector.subscribe(enrollTopic(deviceId, "request"), { qos: 1 }, ({ payload }) => {
    requests += 1;
    const answer = async () => {
      const request = decodeEnrollRequest(payload);
      if (request.kind === "rejected") throw new Error(request.message);
      return refusal === undefined ? grant(request.value.csr) : ({ kind: "refused", code: refusal, message: "no", retryAfterMs: null } as const);
    };
    void answer().then((said) => collector.publish(enrollTopic(deviceId, "response"), encodeEnrollResponse(said), { qos: 1 }));
  });
  await collector.connect();
});
afterEach(async () => {
  for (const keeper of keepers.splice(0)) keeper.stop();
  await home.remove();
});

/** A device that is enrolled since `begin`. */
async function enrolled(): Promise<DeviceIdentity> {
  const directory = join(home.path, "identity");
  const key = await loadDeviceKey(directory);
  const { certificate, authorities } = await grant(certificateRequest(createPrivateKey(key), deviceId));
  const pem = (der: Uint8Array): string => `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString("base64")}\n-----END CERTIFICATE-----\n`;
  const notAfterMs = begin + 90 * day;
  return saveIdentity(directory, {
    deviceId: deviceId as DeviceId,
    certificatePem: pem(certificate),
    authoritiesPem: authorities.map(pem).join(""),
    directorKeys: [],
    targetsKeys: keys.map(({ keyId }) => ({ keyId, publicKeyPem: pemOfTargets() })),
    notBeforeMs: begin,
    notAfterMs,
    broker: null,
  });
}

function pemOfTargets(): string {
  return `-----BEGIN PUBLIC KEY-----\n${Buffer.from(targets.trusted.publicKey).toString("base64")}\n-----END PUBLIC KEY-----\n`;
}

async function keeperOf(identity: DeviceIdentity, changes: Partial<RenewalDeps> = {}) {
  const link = broker.link({ clientId: deviceId });
  const used: DeviceIdentity[] = [];
  const bare: DeviceIdentity[] = [];
  const keeper = new IdentityKeeper(identity, {
    directory: join(home.path, "identity"),
    link,
    openBareLink: (own) => {
      bare.push(own);
      return broker.link({ clientId: deviceId });
    },
    use: async (own) => void used.push(own),
    labels: {},
    agentVersion: "0.0.0",
    clock,
    log: silentLog,
    ...changes,
  });
  keepers.push(keeper);
  return { keeper, link, used, bare };
}

test("a young certificate is left alone", async () => {
  clock.advance(59 * day);
  const { keeper, link, used } = await keeperOf(await enrolled());
  keeper.start();
  await link.connect();
  expect([requests, used]).toEqual([0, []]);
});

test("at two thirds of its life a certificate is renewed over the device's own link, stored, and used", async () => {
  const before = await enrolled();
  clock.advance(61 * day);
  const { keeper, link, used, bare } = await keeperOf(before);
  keeper.start();
  expect(requests).toBe(0);
  await link.connect();
  await until(() => used.length === 1, "the renewal");
  expect([requests, bare]).toEqual([1, []]);
  expect(used[0]?.certificatePem).not.toBe(before.certificatePem);
  expect(used[0]?.notAfterMs).toBeGreaterThan(before.notAfterMs);
  expect((await loadIdentity(join(home.path, "identity")))?.certificatePem).toBe(used[0]?.certificatePem);
  // The next connection finds nothing to renew.
  broker.cut(deviceId);
  await until(() => link.stats().connects === 2);
  expect(requests).toBe(1);
});

test("an expired certificate is renewed over a link for nothing else, before the device's own link connects", async () => {
  const before = await enrolled();
  clock.advance(200 * day);
  const { keeper, used, bare } = await keeperOf(before);
  keeper.start();
  await until(() => used.length === 1, "the renewal");
  expect([bare.length, requests]).toEqual([1, 1]);
  expect(used[0]?.notAfterMs).toBeGreaterThan(clock.nowMs());
});

test("a refused renewal leaves everything as it was, and is tried again on the next connection", async () => {
  const before = await enrolled();
  clock.advance(61 * day);
  refusal = "identity/certificate-refused";
  const { keeper, link, used } = await keeperOf(before);
  keeper.start();
  await link.connect();
  await until(() => requests === 1, "the request");
  expect((await loadIdentity(join(home.path, "identity")))?.certificatePem).toBe(before.certificatePem);
  refusal = undefined;
  await until(() => keeper.identity === before);
  broker.cut(deviceId);
  await until(() => used.length === 1, "the renewal");
});

test("who may sign bundles is asked for when it matters, and no more often than every ten minutes", async () => {
  const { keeper, link, used } = await keeperOf(await enrolled());
  keeper.start();
  await link.connect();
  expect(await keeper.refreshKeys()).toBe(false);
  keys = [...keys, { keyId: director.trusted.keyId, publicKey: director.trusted.publicKey }];
  expect(await keeper.refreshKeys()).toBe(false);
  expect(requests).toBe(1);
  clock.advance(601_000);
  expect(await keeper.refreshKeys()).toBe(true);
  expect(keeper.identity.targetsKeys.map((k) => k.keyId)).toEqual(keys.map((k) => k.keyId));
  // The link's certificate is good for long, so it goes on with it.
  expect([requests, used]).toEqual([2, []]);
});
