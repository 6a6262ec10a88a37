import { createHash } from "node:crypto";
import { type DeviceId, type Sha256, type Sha256Of, seededRandom } from "@kedge/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { admitEnrolment, type EnrolmentWish } from "./admit-enrolment.js";
import {
  checkEnrolmentToken,
  createEnrolmentToken,
  type EnrolmentGrant,
  type EnrolmentRecord,
  enrolmentTokenState,
  formatEnrolmentToken,
  parseEnrolmentToken,
} from "./enrolment-token.js";

const sha256: Sha256Of = (bytes) => createHash("sha256").update(bytes).digest("hex") as Sha256;
const pin = "ab".repeat(32) as Sha256;
const id = (text: string): DeviceId => text as DeviceId;

function sources(seed = 1, nowMs = 1_000) {
  const random = seededRandom(seed);
  return { nowMs, random, secretBytes: (n: number) => Uint8Array.from({ length: n }, () => Math.floor(random() * 256)), sha256 };
}

function create(grant: Partial<EnrolmentGrant> = {}, seed = 1) {
  const made = createEnrolmentToken({ lifetimeMs: 60_000, createdBy: "test", ...grant }, pin, sources(seed));
  if (made.kind !== "created") throw new Error(made.message);
  const token = parseEnrolmentToken(made.text);
  if (token === undefined) throw new Error("the token made cannot be read");
  return { ...made, token };
}

describe("an enrolment token", () => {
  test("reads back as it was written, with the newline of a file", () => {
    const { text, token, record } = create();
    expect(text).toMatch(/^kedge1\.tok_[0-9a-z]{17}\.[0-9a-z]{32}\.[0-9a-f]{64}$/);
    expect(formatEnrolmentToken(token)).toBe(text);
    expect(parseEnrolmentToken(`  ${text}\n`)).toEqual(token);
    expect(token.authorityPin).toBe(pin);
    expect(JSON.stringify(record)).not.toContain(token.secret);
  });

  test("carries 160 bits of chance: every bit of the bytes is in the text", () => {
    const seen = new Set<string>();
    for (let bit = 0; bit < 160; bit += 1) {
      const bytes = new Uint8Array(20);
      bytes[bit >> 3] = 1 << (bit & 7);
      const made = createEnrolmentToken({ lifetimeMs: 1, createdBy: "t" }, pin, { ...sources(), secretBytes: () => bytes });
      if (made.kind === "created") seen.add(parseEnrolmentToken(made.text)?.secret ?? "");
    }
    expect(seen.size).toBe(160);
  });

  test("no other text opens anything (property)", () => {
    const { text, record } = create();
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.string({ minLength: 1, maxLength: 3 }), (at, piece) => {
        const mutated = text.slice(0, at) + piece + text.slice(at + piece.length);
        const token = parseEnrolmentToken(mutated);
        if (token === undefined || formatEnrolmentToken(token) === text) return;
        const sameSecret = token.id === record.id && token.secret === parseEnrolmentToken(text)?.secret;
        expect(checkEnrolmentToken(token, record, { nowMs: 2_000, sha256 }).kind).toBe(sameSecret ? "valid" : "denied");
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  test.each([["", "kedge1", "kedge2.tok.x.y"], ["kedge1.tok_1.short.".concat(pin)], ["x".repeat(10_000)]].flat())("%.40s is no token", (text) => {
    expect(parseEnrolmentToken(text)).toBeUndefined();
  });

  test("an unknown id and a wrong secret cannot be told apart; expiry and revocation are told to the owner only", () => {
    const { token, record } = create();
    const other = create({}, 2).token;
    const context = { nowMs: 2_000, sha256 };
    const unknown = checkEnrolmentToken(token, undefined, context);
    expect(unknown).toMatchObject({ kind: "denied", code: "identity/token-unknown" });
    expect(checkEnrolmentToken({ ...token, secret: other.secret }, record, context)).toEqual(unknown);
    expect(checkEnrolmentToken(token, { ...record, id: "tok_other" }, context)).toEqual(unknown);
    expect(checkEnrolmentToken({ ...token, secret: other.secret }, { ...record, revoked: true }, context)).toEqual(unknown);
    expect(checkEnrolmentToken(token, { ...record, revoked: true }, context)).toMatchObject({ code: "identity/token-revoked" });
    expect(checkEnrolmentToken(token, record, { ...context, nowMs: 61_000 })).toMatchObject({ code: "identity/token-expired" });
    expect(checkEnrolmentToken(token, record, { ...context, nowMs: 60_999 }).kind).toBe("valid");
  });

  test("says in a word what it is good for", () => {
    const { record } = create();
    expect(enrolmentTokenState(record, 2_000)).toBe("active");
    expect(enrolmentTokenState({ ...record, uses: 1 }, 2_000)).toBe("used");
    expect(enrolmentTokenState(record, 61_000)).toBe("expired");
    expect(enrolmentTokenState({ ...record, revoked: true }, 61_000)).toBe("revoked");
  });

  test.each<Partial<EnrolmentGrant>>([
    { lifetimeMs: 0 },
    { lifetimeMs: Number.NaN },
    { lifetimeMs: 1e13 },
    { maxUses: 0 },
    { maxUses: 1.5 },
    { labels: { site: "a b" } },
    { labels: { Site: "x" } },
    { allowedIds: [] },
  ])("%j is refused", (grant) => {
    expect(createEnrolmentToken({ lifetimeMs: 60_000, createdBy: "t", ...grant }, pin, sources())).toMatchObject({
      kind: "denied",
      code: "identity/invalid-grant",
    });
  });
});

describe("admission", () => {
  const wish: EnrolmentWish = { requestedId: null, labels: {}, publicKeySha256: "11".repeat(32) as Sha256 };
  const context = { byKey: undefined, isTaken: () => false, random: seededRandom(3) };

  function admit(record: EnrolmentRecord, changes: Partial<EnrolmentWish> = {}, more: Partial<Parameters<typeof admitEnrolment>[2]> = {}) {
    return admitEnrolment(record, { ...wish, ...changes }, { ...context, ...more });
  }

  test("consumes a use, gives a name and the token's labels", () => {
    const { record } = create({ labels: { site: "lyon" } });
    const admitted = admit(record, { labels: { line: "2" } });
    expect(admitted).toMatchObject({ kind: "admitted", labels: { site: "lyon", line: "2" }, record: { uses: 1 }, repeated: false });
    if (admitted.kind !== "admitted") return;
    expect(admitted.deviceId).toMatch(/^dev-[0-9a-v]{10}$/);
    expect(admit(admitted.record)).toMatchObject({ code: "identity/token-used-up" });
  });

  test("asking again with the same key gives the same name and consumes nothing, even of a used up token", () => {
    const { record } = create();
    const byKey = { deviceId: id("cam-1"), publicKeySha256: wish.publicKeySha256 };
    const used = { ...record, uses: 1 };
    expect(admit(used, {}, { byKey, isTaken: () => true })).toMatchObject({ kind: "admitted", deviceId: "cam-1", repeated: true, record: used });
    expect(admit(used, { requestedId: id("cam-2") }, { byKey })).toMatchObject({ code: "identity/token-used-up" });
  });

  test("never gives away the name of another device", () => {
    const { record } = create({ maxUses: 5 });
    expect(admit(record, { requestedId: id("cam-1") }, { isTaken: (d) => d === "cam-1" })).toMatchObject({ code: "identity/id-taken" });
    const byKey = { deviceId: id("cam-1"), publicKeySha256: "22".repeat(32) as Sha256 };
    expect(admit(record, { requestedId: id("cam-1") }, { byKey, isTaken: () => true })).toMatchObject({ code: "identity/id-taken" });
  });

  test("keeps to the list of allowed ids", () => {
    const { record } = create({ maxUses: 5, allowedIds: [id("a"), id("b")] });
    expect(admit(record, { requestedId: id("c") })).toMatchObject({ code: "identity/id-not-allowed" });
    expect(admit(record, { requestedId: id("b") })).toMatchObject({ deviceId: "b" });
    expect(admit(record, {}, { isTaken: (d) => d === "a" })).toMatchObject({ deviceId: "b" });
    expect(admit(record, {}, { isTaken: () => true })).toMatchObject({ code: "identity/id-not-allowed" });
  });

  test("a device cannot talk itself into labels", () => {
    const { record } = create({ labels: { site: "lyon" }, freeLabelKeys: ["line"] });
    expect(admit(record, { labels: { site: "oslo" } })).toMatchObject({ code: "identity/label-not-granted" });
    expect(admit(record, { labels: { role: "x" } })).toMatchObject({ code: "identity/label-not-granted" });
    expect(admit(record, { labels: { line: "a\nb" } })).toMatchObject({ code: "identity/label-invalid" });
    expect(admit(record, { labels: { site: "lyon", line: "4" } })).toMatchObject({ labels: { site: "lyon", line: "4" } });
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`k${i}`, "v"]));
    expect(admit(create().record, { labels: many })).toMatchObject({ code: "identity/label-invalid" });
  });

  test("a token is never used more often than it allows, whatever is asked in which order (property)", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.record({ key: fc.nat(5), name: fc.option(fc.constantFrom("a", "b", "c"), { nil: null }) }), { maxLength: 30 }),
        (maxUses, asks) => {
          let { record } = create({ maxUses });
          const devices = new Map<DeviceId, Sha256>();
          for (const ask of asks) {
            const key = String(ask.key).repeat(64) as Sha256;
            const mine = [...devices].find(([, k]) => k === key);
            const byKey = mine === undefined ? undefined : { deviceId: mine[0], publicKeySha256: key };
            const admitted = admit(record, { requestedId: ask.name as DeviceId | null, publicKeySha256: key }, { byKey, isTaken: (d) => devices.has(d) });
            if (admitted.kind === "denied") continue;
            if (devices.has(admitted.deviceId)) expect(devices.get(admitted.deviceId)).toBe(key);
            devices.set(admitted.deviceId, key);
            record = admitted.record;
          }
          expect(record.uses).toBeLessThanOrEqual(maxUses);
          expect(devices.size).toBe(record.uses);
        },
      ),
      { seed: 11, numRuns: 200 },
    );
  });
});
