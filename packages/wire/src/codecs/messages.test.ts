import type { DeviceId, Sha256 } from "@kedge/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { kedge } from "#gen";
import * as arbitrary from "../../contract/arbitraries.js";
import {
  type Birth,
  chunkCountOf,
  chunkLengthOf,
  decodeBirth,
  decodeChunk,
  decodeChunkRequest,
  decodeDeath,
  decodeDesiredState,
  decodeEnrollResponse,
  decodeReportedState,
  decodeSample,
  decodeSignedDesiredState,
  decodeWindow,
  desiredSigningBytes,
  encodeBirth,
  encodeChunk,
  encodeDesiredState,
  encodeReportedState,
  encodeSample,
  encodeUpdateEvent,
  encodeWindow,
  firstEpochAt,
  readHeading,
  wireLimits,
} from "../index.js";
import { cleanText } from "./fields.js";

const one = <T>(of: fc.Arbitrary<T>): T => fc.sample(of, { seed: 9, numRuns: 1 })[0] as T;
const unencodable = expect.objectContaining({ code: "wire/unencodable" }) as Error;
const digest = "ef".repeat(32) as Sha256;

/** Bytes of a raw message, as a faulty peer might send. */
const raw = {
  window: (m: kedge.v1.Window.$Properties) => kedge.v1.Window.encode(m).finish(),
  birth: (m: kedge.v1.Birth.$Properties) => kedge.v1.Birth.encode(m).finish(),
};

describe("headings", () => {
  test("a message's key can be read whatever else is wrong with it", () => {
    for (const [bytes, key] of [
      [encodeWindow(one(arbitrary.window)), one(arbitrary.window).key],
      [encodeSample(one(arbitrary.sample)), one(arbitrary.sample).key],
      [encodeUpdateEvent(one(arbitrary.updateEvent)), one(arbitrary.updateEvent).key],
    ] as const) {
      expect(readHeading(bytes)).toEqual({ format: 1, ...key });
      const newer = Uint8Array.from([...bytes, 0xff]);
      newer[1] = 77;
      expect(readHeading(newer)).toEqual({ format: 77, ...key });
    }
  });
});

describe("keys and names", () => {
  test.each(["", "a.b", "a/b", "a".repeat(65), "a b", "+"])("%j is not taken for a device", (deviceId) => {
    const honest = kedge.v1.Window.decode(encodeWindow(one(arbitrary.window)));
    expect(decodeWindow(raw.window({ ...honest, deviceId }))).toMatchObject({ kind: "rejected" });
    const window = one(arbitrary.window);
    expect(() => encodeWindow({ ...window, key: { ...window.key, deviceId: deviceId as DeviceId } })).toThrow(unencodable);
  });

  test.each([{ seq: 0 }, { bootEpoch: 0 }, { seq: 2 ** 32 }, { seq: 1.5 }])("a key with %j is not sent", (change) => {
    const window = one(arbitrary.window);
    expect(() => encodeWindow({ ...window, key: { ...window.key, ...change } })).toThrow(unencodable);
  });

  test.each([
    ["an end before its start", { startMs: 2, endMs: 1 }],
    ["a time that is no number", { startMs: Number.NaN }],
    ["a negative time", { startMs: -1 }],
    ["a time beyond time", { endMs: 1e17 }],
    ["an unknown trigger", { trigger: 9 }],
    ["a digest of another length", { bundleDigest: new Uint8Array(20) }],
    ["no profile", { profile: null }],
    ["a negative uptime", { uptimeMs: -1 }],
  ])("a window with %s is refused", (_, change) => {
    const honest = kedge.v1.Window.decode(encodeWindow({ ...one(arbitrary.window), startMs: 1, endMs: 2 }));
    expect(decodeWindow(raw.window({ ...honest, ...change }))).toMatchObject({ kind: "rejected" });
  });

  const alarm = { stream: "score", change: 1, beforeMean: 0.9, afterMean: 0.6, beforeRows: 500, afterRows: 40 };
  test.each([
    ["a sketch that is none", { sketches: [{ feature: "score", kll: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9) }] }],
    ["a sketch beyond its bound", { sketches: [{ feature: "score", kll: new Uint8Array(wireLimits.sketchBytes + 1) }] }],
    ["a sketch of nothing", { sketches: [{ feature: "score" }] }],
    ["more sketches than there may be", { sketches: Array.from({ length: wireLimits.sketches + 1 }, () => ({ feature: "score" })) }],
    ["more alarms than there may be", { alarms: Array.from({ length: wireLimits.alarms + 1 }, () => alarm) }],
    ["an alarm of no stream", { alarms: [{ ...alarm, stream: "" }] }],
    ["a change that is unknown", { alarms: [{ ...alarm, change: 3 }] }],
    ["a mean that is none", { alarms: [{ ...alarm, afterMean: Number.NaN }] }],
  ])("a detail with %s is refused", (_, detail) => {
    const honest = kedge.v1.Window.decode(encodeWindow({ ...one(arbitrary.window), startMs: 1, endMs: 2 }));
    expect(decodeWindow(raw.window({ ...honest, detail: { alarms: [alarm] } }))).toMatchObject({ kind: "decoded" });
    expect(decodeWindow(raw.window({ ...honest, detail }))).toMatchObject({ kind: "rejected" });
  });
});

describe("births", () => {
  const birth: Birth = {
    deviceId: "a" as DeviceId,
    bootEpoch: 9,
    labels: { site: "oslo" },
    agentVersion: "1",
    bundleDigest: null,
    platform: "x",
    oldestSeq: 3,
    nextSeq: 5,
  };
  const range = (bootEpoch: number, oldestSeq: number, nextSeq: number) => ({ bootEpoch, oldestSeq, nextSeq });

  test.each([
    ["descends", [range(4, 1, 2), range(3, 1, 2)]],
    ["overlaps", [range(4, 1, 3), range(4, 2, 5)]],
    ["overlaps the last range", [range(9, 1, 4)]],
    ["comes after this epoch", [range(10, 1, 2)]],
    ["is turned round", [range(4, 3, 2)]],
  ])("a backlog that %s is refused", (_, backlog) => {
    expect(() => encodeBirth({ ...birth, backlog })).toThrow(unencodable);
  });

  test("a backlog may have holes, also in this epoch", () => {
    const backlog = [range(4, 1, 3), range(4, 5, 9), range(9, 1, 2)];
    expect(decodeBirth(encodeBirth({ ...birth, backlog }))).toEqual({ kind: "decoded", value: { ...birth, backlog } });
  });

  test("of a long backlog the oldest ranges are told", () => {
    const backlog = Array.from({ length: 100 }, (_, i) => range(5, 10 * i + 1, 10 * i + 3));
    const back = decodeBirth(encodeBirth({ ...birth, backlog }));
    expect(back.kind === "decoded" && back.value.backlog).toEqual(backlog.slice(0, 64));
  });

  test("labels that could not be selected by are refused", () => {
    const honest = kedge.v1.Birth.decode(encodeBirth(birth));
    const labelled = (labels: Record<string, string>) => decodeBirth(raw.birth({ ...honest, labels })).kind;
    expect(["Site", "a b", "1a"].map((key) => labelled({ [key]: "x" }))).toEqual(["rejected", "rejected", "rejected"]);
    expect(labelled({ site: "a b" })).toBe("rejected");
    expect(labelled(JSON.parse('{"__proto__":"x"}') as Record<string, string>)).toBe("rejected");
    expect(labelled(Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`k${i}`, "v"])))).toBe("rejected");
  });

  test("control characters in what people will read are refused", () => {
    const honest = kedge.v1.Birth.decode(encodeBirth(birth));
    expect(decodeBirth(raw.birth({ ...honest, platform: "linux\u001b[31m" }))).toMatchObject({ code: "wire/invalid-field" });
  });

  test("a birth is not taken for a death of epoch 0", () => {
    expect(decodeDeath(Uint8Array.of(8, 1))).toMatchObject({ kind: "rejected" });
  });
});

describe("reasons", () => {
  test("are cut and cleaned rather than lost", () => {
    const state = { ...one(arbitrary.reportedState), reason: `device/failed: line\nline\u0007 ${"x".repeat(5_000)}` };
    const back = decodeReportedState(encodeReportedState(state));
    expect(back.kind === "decoded" && back.value.reason).toBe(`device/failed: line line  ${"x".repeat(1_024 - 26)}`);
  });

  test("cleaning never splits a character, and lets no lone surrogate through", () => {
    expect(cleanText("ab𝄞", 3)).toBe("ab");
    expect(cleanText("ab𝄞", 4)).toBe("ab𝄞");
    expect(cleanText("a\ud834b", 9)).toBe("a\ufffdb");
  });
});

describe("samples", () => {
  const sample = { ...one(arbitrary.sample), inputs: [{ name: "image", type: "uint8" as const, dims: [2, 3], bytes: new Uint8Array(6) }] };

  test("an input has the bytes of its shape", () => {
    expect(decodeSample(encodeSample(sample)).kind).toBe("decoded");
    const short = { name: "image", type: "uint8" as const, dims: [2, 3], bytes: new Uint8Array(5) };
    expect(() => encodeSample({ ...sample, inputs: [short] })).toThrow(unencodable);
    // 65536^4 elements: the product is no longer a whole number of any length that could be there.
    expect(() => encodeSample({ ...sample, inputs: [{ ...short, dims: [65_536, 65_536, 65_536, 65_536] }] })).toThrow(unencodable);
  });

  test("a score that is no number is sent as not sure at all", () => {
    const back = decodeSample(encodeSample({ ...sample, score: Number.NaN }));
    expect(back.kind === "decoded" && back.value.score).toBe(0);
  });
});

describe("desired states", () => {
  test("what is signed names its purpose and its length", () => {
    const signed = new TextDecoder().decode(desiredSigningBytes(new TextEncoder().encode("payload")));
    expect(signed).toBe("DSSEv1 47 application/vnd.kedge.desired-state.v1+protobuf 7 payload");
  });

  test("payloads that differ are never signed alike", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), fc.uint8Array({ maxLength: 30 }), (a, b) => {
        const same = Buffer.compare(desiredSigningBytes(a), desiredSigningBytes(b)) === 0;
        expect(same).toBe(Buffer.compare(a, b) === 0);
      }),
      { seed: 4 },
    );
  });

  test("a signature has 64 bytes", () => {
    const bytes = kedge.v1.SignedDesiredState.encode({ format: 1, payload: Uint8Array.of(1), keyId: "k", signature: new Uint8Array(63) }).finish();
    expect(decodeSignedDesiredState(bytes)).toMatchObject({ code: "wire/invalid-field" });
  });

  test.each([
    { version: 0 },
    { windowMs: 10 },
    { windowMs: 1e9 },
    { issuedAtMs: Number.NaN },
    {
      sampling: {
        maxPerHour: 1e9,
        burst: 1,
        maxBytesPerDay: 0,
        maxBytesPerSample: 0,
        lowConfidenceBelow: 0,
        ordinaryShare: 1,
        balanceClasses: false,
        inputs: "all" as const,
      },
    },
  ])("one with %j is not sent", (change) => {
    expect(() => encodeDesiredState({ ...one(arbitrary.desiredState), ...change })).toThrow(unencodable);
  });

  test("one without a manifest is refused", () => {
    const honest = kedge.v1.DesiredState.decode(encodeDesiredState(one(arbitrary.desiredState)));
    expect(decodeDesiredState(kedge.v1.DesiredState.encode({ ...honest, manifestDigest: null }).finish())).toMatchObject({ code: "wire/missing-field" });
  });
});

describe("chunks", () => {
  test("have the length that their place demands", () => {
    const total = 2 * 65_536 + 10;
    expect([chunkCountOf(0), chunkCountOf(1), chunkCountOf(65_536), chunkCountOf(65_537), chunkCountOf(total)]).toEqual([1, 1, 1, 2, 3]);
    expect([0, 1, 2, 3].map((index) => chunkLengthOf(total, index))).toEqual([65_536, 65_536, 10, 0]);
    expect(decodeChunk(encodeChunk({ digest, index: 1, total, bytes: new Uint8Array(65_536) })).kind).toBe("decoded");
    for (const [index, length] of [
      [0, 65_535],
      [2, 11],
      [2, 9],
      [3, 0],
      [3, 10],
    ] as const) {
      expect(() => encodeChunk({ digest, index, total, bytes: new Uint8Array(length) })).toThrow(unencodable);
    }
  });

  test("are asked for in bounded numbers", () => {
    const asked = (count: number) => decodeChunkRequest(kedge.v1.ChunkRequest.encode({ format: 1, digest: new Uint8Array(32), index: 0, count }).finish()).kind;
    expect([0, 1, 64, 65].map(asked)).toEqual(["rejected", "decoded", "decoded", "rejected"]);
  });
});

describe("enrolment", () => {
  test("an answer that says neither yes nor no is refused", () => {
    expect(decodeEnrollResponse(Uint8Array.of(8, 1))).toMatchObject({ code: "wire/missing-field" });
  });
});

describe("first epochs", () => {
  test("grow with the clock, and count from 1 without one", () => {
    expect([0, -1, Date.UTC(2020, 0, 1)].map(firstEpochAt)).toEqual([1, 1, 1]);
    expect(firstEpochAt(Date.UTC(2026, 0, 1))).toBe(189_388_800);
    expect(firstEpochAt(Date.UTC(2500, 0, 1))).toBe(0xffff_fffe);
  });
});
