import { generateKeyPairSync, sign, verify } from "node:crypto";
import type { DeviceId, Sha256 } from "@kedge/core";
import { type DesiredState, desiredSigningBytes, encodeDesiredState, encodeSignedDesiredState } from "@kedge/wire";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { acceptDesired, type AcceptOptions, emptyRecord } from "./index.js";

const director = generateKeyPairSync("ed25519");
const stranger = generateKeyPairSync("ed25519");
const publicKey = (pair: typeof director): Uint8Array => new Uint8Array(pair.publicKey.export({ type: "spki", format: "der" }));

const options: AcceptOptions = {
  deviceId: "cam-1" as DeviceId,
  directorKeys: [{ keyId: "director", publicKey: publicKey(director) }],
  verify: (message, signature, key) => verify(null, message, { key: Buffer.from(key), format: "der", type: "spki" }, signature),
  nowMs: 5_000,
};
const desired: DesiredState = {
  deviceId: options.deviceId,
  version: 7,
  rolloutId: "rol_1",
  bundleDigest: "b".repeat(64) as Sha256,
  manifestDigest: "c".repeat(64) as Sha256,
  issuedAtMs: 1_000,
  deadlineMs: null,
  sampling: null,
  windowMs: null,
};
const record = { ...emptyRecord, desiredVersion: 7, current: "a".repeat(64) as Sha256 };

function signed(state: DesiredState, keyId = "director", pair = director): Uint8Array {
  const payload = encodeDesiredState(state);
  return encodeSignedDesiredState({ payload, keyId, signature: new Uint8Array(sign(null, desiredSigningBytes(payload), pair.privateKey)) });
}

describe("a desired state", () => {
  test("of the director, for this device and not older is accepted, also when it comes again", () => {
    expect(acceptDesired(signed(desired), record, options)).toEqual({ kind: "accepted", desired });
    expect(acceptDesired(signed({ ...desired, version: 8 }), record, options).kind).toBe("accepted");
  });

  test.each<readonly [string, Uint8Array, string]>([
    ["arbitrary installation: signed by a stranger", signed(desired, "stranger", stranger), "device/untrusted-desired"],
    ["arbitrary installation: a stranger under the director's name", signed(desired, "director", stranger), "device/untrusted-desired"],
    ["wrong software: for another device", signed({ ...desired, deviceId: "cam-2" as DeviceId }), "device/other-device"],
    ["rollback: an old one played again", signed({ ...desired, version: 6 }), "device/stale-desired"],
    ["freeze: one that came too late", signed({ ...desired, version: 8, deadlineMs: 4_999 }), "device/past-deadline"],
    ["no message at all", new Uint8Array(0), "wire/missing-field"],
    ["noise", Uint8Array.from({ length: 200 }, (_, i) => (i * 37) & 255), "wire/malformed"],
  ])("%s is refused", (_, bytes, code) => {
    const found = acceptDesired(bytes, record, options);
    expect(found.kind).toBe("refused");
    if (found.kind === "refused") expect([found.code.split("/")[0], found.message.length > 0]).toEqual([code.split("/")[0], true]);
    if (found.kind === "refused" && code.startsWith("device/")) expect(found.code).toBe(code);
  });

  test("too late is no fault of a bundle that runs already", () => {
    expect(acceptDesired(signed({ ...desired, bundleDigest: record.current, deadlineMs: 4_999 }), record, options).kind).toBe("accepted");
  });

  test("no changed byte is accepted as something else, and none makes it throw", () => {
    const good = signed(desired);
    fc.assert(
      fc.property(fc.nat({ max: good.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bad = good.slice();
        bad[at] = (bad[at] ?? 0) ^ change;
        const found = acceptDesired(bad, record, options);
        if (found.kind === "accepted") expect(found.desired).toEqual(desired);
      }),
      { seed: 3, numRuns: 500 },
    );
  });
});
