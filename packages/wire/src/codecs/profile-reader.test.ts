import { type DeviceId, seededRandom, type Sha256 } from "@kedge/core";
import type { Profile, ProfileSum } from "@kedge/profile";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { kedge } from "#gen";
import * as arbitrary from "../../contract/arbitraries.js";
import { mutated } from "../../contract/mutated.js";
import { twoReadings } from "../../contract/reader-law.js";
import { fromHex, readVectors } from "../../contract/vectors.js";
import { decodeWindow, encodeProfile, encodeWindow, ProfileReader } from "../index.js";

const seed = 20_261_130;
const encoded = { window: arbitrary.window.map(encodeWindow), profile: arbitrary.profile.map(encodeProfile) };

describe.each(twoReadings)("a $name read into sums", ({ name, both }) => {
  test("is what the ordinary decoder gives, whatever was read before", () => {
    const reader = new ProfileReader();
    fc.assert(
      fc.property(encoded[name], (bytes) => {
        const [ordinary, read] = both(reader, bytes);
        expect(ordinary.kind).toBe("decoded");
        expect(read).toStrictEqual(ordinary);
      }),
      { seed, numRuns: 300 },
    );
  });

  test("20,000 damaged ones are taken or refused as the ordinary decoder does, for the same reasons", () => {
    const random = seededRandom(seed);
    const reader = new ProfileReader();
    const isPlain = (bytes: Uint8Array): boolean => {
      const before = reader.detours;
      return both(reader, bytes)[1].kind === "decoded" && reader.detours === before;
    };
    const all = [...fc.sample(encoded[name], { seed, numRuns: 300 }), ...readVectors().flatMap((v) => (v.message === name ? [fromHex(v.hex)] : []))];
    const plain = all.filter(isPlain);
    expect(plain.length).toBeGreaterThan(10);
    let [taken, takenPlainly] = [0, 0];
    for (let i = 0; i < 20_000; i += 1) {
      const valid = i % 4 === 0 ? all : plain;
      const bytes = mutated(valid[i % valid.length] ?? new Uint8Array(0), random);
      const before = reader.detours;
      const [ordinary, read] = both(reader, bytes);
      if (ordinary.kind === "decoded") taken += 1;
      if (reader.detours === before) takenPlainly += 1;
      expect(read, Buffer.from(bytes).toString("hex")).toStrictEqual(ordinary);
    }
    expect(takenPlainly).toBeGreaterThan(500);
    expect(taken).toBeGreaterThan(takenPlainly);
  });

  test("of a Node Buffer, too, and shares no memory with it once merged", () => {
    const reader = new ProfileReader();
    for (const bytes of fc.sample(encoded[name], { seed, numRuns: 40 })) {
      const [ordinary, read] = both(reader, Buffer.from(bytes));
      expect(read).toStrictEqual(ordinary);
    }
  });
});

const u32s = fc.array(fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 300 }), fc.integer({ min: 0, max: 0xffff_ffff })), { maxLength: 5 });
const numbers = fc.array(fc.oneof(fc.constantFrom(0, -0, 1, -1, Number.NaN, Number.POSITIVE_INFINITY), fc.double()), { maxLength: 5 });

/** Profiles of two or three features with any of their fields as they should not be. */
const forged = fc
  .tuple(
    fc.constantFrom<readonly number[]>([1, 1], [1, 2, 3], [4, 5], [3, 3], [1], [2]),
    fc.record({
      ...{ kind: u32s, size: u32s, counts: u32s, missing: u32s, wrongType: u32s, under: u32s, over: u32s, notANumber: u32s, other: u32s, vectors: u32s },
      ...{ mean: numbers, m2: numbers, m2Short: numbers, min: numbers, max: numbers, sketchSums: numbers, spread: numbers },
      ...{ sketchMeans: fc.uint8Array({ maxLength: 16 }), specHash: fc.uint8Array({ minLength: 31, maxLength: 33 }) },
      ...{ rows: fc.nat({ max: 40 }), errors: fc.nat({ max: 3 }), features: fc.nat({ max: 5 }), anomalyOverflow: fc.nat({ max: 3 }) },
      ...{ anomalyField: fc.array(fc.constantFrom("a", "b", "é", "\u0001", ""), { maxLength: 3 }), anomalyRule: u32s, anomalyCount: u32s },
    }),
    fc.uniqueArray(fc.nat({ max: 24 }), { maxLength: 3 }),
  )
  .map(([kind, all, chosen]) => {
    const changes = Object.fromEntries(Object.entries(all).filter((_, i) => chosen.includes(i)));
    const honest = {
      specHash: new Uint8Array(32).fill(7),
      rows: 30,
      features: kind.length,
      kind,
      size: kind.map((k) => (k === 3 ? 4 : 2)),
      counts: kind.flatMap((k) => (k === 3 ? [] : [1, 2])),
      ...{ mean: [1.5], m2: [2], min: [1], max: [2] },
      ...(kind.includes(3) ? { vectors: [2], sketchMeans: new Uint8Array(kind.filter((k) => k === 3).length * 8).fill(1) } : {}),
    };
    return { ...honest, ...changes };
  });

test("what a faulty or hostile device may write is read as the ordinary decoder reads it", () => {
  const reader = new ProfileReader();
  const of = {
    window: (p: object) => kedge.v1.Window.encode({ format: 1, ...heading, profile: p }).finish(),
    profile: (p: object) => kedge.v1.ProfileFile.encode({ format: 1, profile: p }).finish(),
  };
  const heading = { deviceId: "cam-1", bootEpoch: 1, seq: 2, startMs: 1, endMs: 2, trigger: 1, bundleDigest: new Uint8Array(32) };
  const kinds = new Set<string>();
  fc.assert(
    fc.property(forged, (profile) => {
      for (const { name, both } of twoReadings) {
        const [ordinary, read] = both(reader, of[name](profile));
        expect(read).toStrictEqual(ordinary);
        kinds.add(`${name} ${ordinary.kind}`);
      }
    }),
    { seed, numRuns: 4_000 },
  );
  expect(kinds.size).toBe(4);
});

/** A window as devices send it: 32 numbers of 32 bins, with a few broken readings. */
function busyWindow(seq: number): Parameters<typeof encodeWindow>[0] {
  const random = seededRandom(seq);
  const features = Array.from({ length: 32 }, () => {
    const counts = Array.from({ length: 32 }, () => Math.floor(random() * 60));
    const count = counts.reduce((sum, c) => sum + c, 0);
    const [missing, under] = [Math.floor(random() * 3), Math.floor(random() * 2)];
    return {
      ...{ kind: "numeric" as const, counts, count, under, over: 0, missing, notANumber: 0, wrongType: 0 },
      ...{ mean: random(), m2: Math.fround(random() * count), min: Math.fround(random() * 0.1), max: Math.fround(1 - random() * 0.1) },
    };
  });
  const profile: Profile = {
    specHash: "ab".repeat(32),
    rows: 2_000,
    errors: 1,
    features,
    anomalies: { pairs: [{ field: "t", rule: "below", count: 2 }], overflow: 0 },
  };
  const key = { deviceId: "camera-oslo-0001" as DeviceId, bootEpoch: 2, seq };
  return { key, startMs: 60_000 * seq, endMs: 60_000 * (seq + 1), bundleDigest: "cd".repeat(32) as Sha256, trigger: "interval", profile, uptimeMs: 5 };
}

describe("what devices send", () => {
  test("takes no detour through the ordinary decoder, nor do hours merged of it", () => {
    const reader = new ProfileReader();
    let hour: ProfileSum | undefined;
    for (let seq = 1; seq <= 60; seq += 1) {
      const read = reader.window(encodeWindow(busyWindow(seq)));
      if (read.kind === "rejected") throw new Error(read.message);
      if (hour === undefined) hour = read.value.profile.copy();
      else expect(hour.add(read.value.profile)).toBeUndefined();
    }
    expect(hour?.rows).toBe(120_000);
    const merged = hour?.toProfile();
    if (merged === undefined) throw new Error("nothing was merged");
    const back = reader.profile(encodeProfile(merged));
    expect(back.kind === "decoded" ? back.value.toProfile() : back).toStrictEqual(merged);
    expect(reader.detours).toBe(0);
  });

  test("takes a detour where it is seldom: with a detail, or a name beyond ASCII", () => {
    const reader = new ProfileReader();
    const alarms = [{ stream: "score", change: "level" as const, beforeMean: 1, afterMean: 2, beforeRows: 9, afterRows: 5 }];
    const bytes = encodeWindow({ ...busyWindow(1), trigger: "detector", detail: { alarms, sketches: [] } });
    const [read, ordinary] = [reader.window(bytes), decodeWindow(bytes)];
    expect(reader.detours).toBe(1);
    expect(read.kind === "decoded" && read.value.detail).toStrictEqual(ordinary.kind === "decoded" && ordinary.value.detail);
  });

  test("few bytes that claim many bins are given no memory for them", () => {
    const reader = new ProfileReader();
    const claims = kedge.v1.ProfileFile.encode({
      format: 1,
      profile: { specHash: new Uint8Array(32), rows: 1, features: 1_024, kind: [1], size: [64] },
    }).finish();
    const before = process.memoryUsage().arrayBuffers;
    expect(reader.profile(claims)).toMatchObject({ kind: "rejected" });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(200_000);
  });
});
