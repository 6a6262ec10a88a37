import { createHash } from "node:crypto";
import { type DeviceId, type Sha256, type Sha256Of, seededRandom } from "@kedge/core";
import { alertTopic, deviceLeaves, enrollTopic, hostTopic, leavesFromDevice, leavesToDevice, topicFor } from "@kedge/wire";
import { describe, expect, test } from "vitest";
import { checkApiToken, createApiToken, hashApiToken, parseApiToken } from "./api-token.js";
import { deviceOfNames, normalSerial, renewalDueAtMs, revocationCheck } from "./device-certificate.js";
import { enrolClientId, mayPublish, maySubscribe, nonceOfClientId, type Principal } from "./principal.js";
import { mayActAs, roles } from "./role.js";

const sha256: Sha256Of = (bytes) => createHash("sha256").update(bytes).digest("hex") as Sha256;
const cam = "cam-1" as DeviceId;
const other = "cam-2" as DeviceId;
const nonce = "n".repeat(22);
const principals: Readonly<Record<Principal["kind"], Principal>> = {
  device: { kind: "device", deviceId: cam, serial: "1" },
  renewing: { kind: "renewing", deviceId: cam, serial: "1" },
  enrolling: { kind: "enrolling", nonce, tokenId: "t" },
  api: { kind: "api", tokenId: "t", role: "admin" },
};

describe("what may be published", () => {
  test.each(deviceLeaves)("own %s: only towards the collector, only by the device", (leaf) => {
    const up = leavesFromDevice.includes(leaf);
    expect(mayPublish(principals.device, topicFor(cam, leaf)).kind).toBe(up ? "allowed" : "forbidden");
    expect(mayPublish(principals.device, topicFor(other, leaf)).kind).toBe("forbidden");
    for (const kind of ["renewing", "enrolling", "api"] as const) expect(mayPublish(principals[kind], topicFor(cam, leaf)).kind).toBe("forbidden");
  });

  test.each([alertTopic("i"), hostTopic("c"), "kedge/1/00/cam-1/stats", "kedge/2/x", "$SYS/x", "", enrollTopic(nonce, "response")])("%s: nobody", (topic) => {
    for (const principal of Object.values(principals)) expect(mayPublish(principal, topic).kind).toBe("forbidden");
  });

  test("an enrolment request: under one's own nonce; devices renew under their name", () => {
    expect(mayPublish(principals.enrolling, enrollTopic(nonce, "request"))).toEqual({ kind: "allowed", maxBytes: 65_536 });
    expect(mayPublish(principals.enrolling, enrollTopic("m".repeat(22), "request")).kind).toBe("forbidden");
    expect(mayPublish(principals.renewing, enrollTopic(cam, "request")).kind).toBe("allowed");
    expect(mayPublish(principals.renewing, enrollTopic(other, "request")).kind).toBe("forbidden");
    expect(mayPublish(principals.api, enrollTopic(nonce, "request")).kind).toBe("forbidden");
  });
});

describe("what may be subscribed to", () => {
  test.each(deviceLeaves)("own %s: only what comes from the collector", (leaf) => {
    expect(maySubscribe(principals.device, topicFor(cam, leaf))).toBe(leavesToDevice.includes(leaf));
    expect(maySubscribe(principals.device, topicFor(other, leaf))).toBe(false);
  });

  test.each(["#", "kedge/#", "kedge/1/#", "kedge/1/+/+/desired", "kedge/1/enroll/+/response", "kedge/1/enroll/#", "$SYS/#", "+/+/+/cam-1/desired"])(
    "%s: nobody",
    (filter) => {
      for (const principal of Object.values(principals)) expect(maySubscribe(principal, filter)).toBe(false);
    },
  );

  test("alerts: API tokens; hosts: devices", () => {
    for (const filter of ["kedge/1/alerts/#", "kedge/1/alerts/+", alertTopic("inc_1")]) {
      for (const [kind, principal] of Object.entries(principals)) expect(maySubscribe(principal, filter)).toBe(kind === "api");
    }
    for (const filter of ["kedge/1/host/+", hostTopic("main")]) {
      for (const [kind, principal] of Object.entries(principals)) expect(maySubscribe(principal, filter)).toBe(kind === "device");
    }
    expect(maySubscribe(principals.enrolling, enrollTopic(nonce, "response"))).toBe(true);
    expect(maySubscribe(principals.enrolling, enrollTopic("m".repeat(22), "response"))).toBe(false);
  });
});

test("a client id of an enrolment is no device's", () => {
  expect(nonceOfClientId(enrolClientId(nonce))).toBe(nonce);
  expect(nonceOfClientId(nonce)).toBeUndefined();
  expect(nonceOfClientId("enroll:short")).toBeUndefined();
  expect(nonceOfClientId(`enroll:${"n".repeat(20)}/#`)).toBeUndefined();
});

test("each role may do all that the next may, and no more", () => {
  const table = roles.map((role) => roles.map((least) => mayActAs(role, least)));
  expect(table).toEqual([
    [true, true, true],
    [false, true, true],
    [false, false, true],
  ]);
});

test("an API token: read, found by its hash, refused when it is another, expired or revoked", () => {
  const random = seededRandom(5);
  const secretBytes = (n: number) => Uint8Array.from({ length: n }, () => Math.floor(random() * 256));
  const sources = { nowMs: 1_000, random, secretBytes, sha256, lifetimeMs: 10_000 };
  const { text, record } = createApiToken("operator", "ci", sources);
  const context = { nowMs: 2_000, sha256 };
  expect(text).toMatch(/^kedge_operator_[0-9a-z]{32}$/);
  expect(JSON.stringify(record)).not.toContain(text.slice(-32));
  expect(hashApiToken(`${text}\n`, sha256)).toBe(record.hash);
  expect(checkApiToken(text, record, context)).toEqual({ kind: "valid", record });
  // The role is under the hash: a viewer's token does not become an admin's by another word in it.
  expect(checkApiToken(text.replace("operator", "admin"), record, context)).toMatchObject({ code: "identity/token-unknown" });
  expect(checkApiToken(createApiToken("operator", "x", sources).text, record, context)).toMatchObject({ code: "identity/token-unknown" });
  expect(checkApiToken(text, undefined, context)).toMatchObject({ code: "identity/token-unknown" });
  expect(checkApiToken(text, { ...record, revoked: true }, context)).toMatchObject({ code: "identity/token-revoked" });
  expect(checkApiToken(text, record, { ...context, nowMs: 11_000 })).toMatchObject({ code: "identity/token-expired" });
  expect(checkApiToken("kedge_root_x", record, context)).toMatchObject({ code: "identity/token-malformed" });
  for (const bad of ["", "kedge_admin", "kedge_admin_x", `${text}_x`, "k".repeat(1_000)]) expect(parseApiToken(bad)).toBeUndefined();
});

test("a certificate's names must be those of one device and no more", () => {
  expect(deviceOfNames("CN=cam-1", "URI:urn:kedge:device:cam-1")).toBe("cam-1");
  for (const [subject, names] of [
    ["CN=cam-1", "URI:urn:kedge:device:cam-2"],
    ["CN=cam-1\nO=x", "URI:urn:kedge:device:cam-1"],
    ["CN=cam-1", "URI:urn:kedge:device:cam-1, DNS:x"],
    ["CN=cam.1", "URI:urn:kedge:device:cam.1"],
    ["O=cam-1", "URI:urn:kedge:device:cam-1"],
    ["CN=cam-1", undefined],
  ] as const)
    expect(deviceOfNames(subject, names)).toBeUndefined();
});

test("serial numbers compare in any spelling; renewal is due at two thirds", () => {
  expect(normalSerial("00:AB:01")).toBe("ab01");
  expect(normalSerial("00")).toBe("0");
  const isRevoked = revocationCheck(["0A1B", "cc"]);
  expect([isRevoked("a1b"), isRevoked("0a:1b"), isRevoked("CC"), isRevoked("cd")]).toEqual([true, true, true, false]);
  expect(renewalDueAtMs({ notBeforeMs: 0, notAfterMs: 90 })).toBe(60);
});
