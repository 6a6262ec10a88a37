import { createHash } from "node:crypto";
import { seededRandom } from "@kedge/core";
import { nastyFloat } from "@kedge/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { answer, mixedRecipe, mixedRows, predictionOf } from "./rows.fixture.js";
import { buildSpec, emptyProfile, isIncompatible, mergeProfiles, type Profile, profileOf, type ProfileSpec, specHash } from "./index.js";

const spec = buildSpec(mixedRecipe, mixedRows(300, seededRandom(1)), ["cat", "dog", "cow"]);
const empty = emptyProfile(spec, "h");

const rows = () =>
  fc
    .array(
      fc.record({ temperature: fc.oneof(nastyFloat(), fc.constant(null)), colour: fc.constantFrom("red", "blue", "violet", 3, null), isOpen: fc.boolean() }),
      { maxLength: 40 },
    )
    .map((inputs) => inputs.map((row, i) => predictionOf(row, answer(seededRandom(i)))));

const profile = () => fc.tuple(rows(), fc.nat({ max: 3 })).map(([some, errors]): Profile => ({ ...profileOf(spec, "h", some), errors }));

function merged(a: Profile, b: Profile): Profile {
  const both = mergeProfiles(a, b);
  if (isIncompatible(both)) throw new Error(both.reason);
  return both;
}

/** Everything that is counted and so has no rounding, of a profile. */
const exact = ({ features, ...rest }: Profile): unknown => ({ ...rest, features: features.map((f) => (f.kind === "numeric" ? { ...f, mean: 0, m2: 0 } : f)) });

function expectClose(a: Profile, b: Profile): void {
  expect(exact(a)).toEqual(exact(b));
  a.features.forEach((f, i) => {
    const g = b.features[i];
    if (f.kind !== "numeric" || g?.kind !== "numeric") return;
    // Moments are taken about the middle of the reference, whose values lie between 0 and 40.
    const scale = Math.max(40, Math.abs(f.min), Math.abs(f.max));
    expect(Math.abs(f.mean - g.mean)).toBeLessThanOrEqual(1e-9 * scale);
    expect(Math.abs(f.m2 - g.m2)).toBeLessThanOrEqual(1e-9 * scale * scale * Math.max(1, f.count));
  });
}

const options = { seed: 1, numRuns: 200 };

describe("profiles merge", () => {
  test("as if all rows had been counted by one", () => {
    fc.assert(
      fc.property(rows(), rows(), (a, b) => {
        expectClose(merged(profileOf(spec, "h", a), profileOf(spec, "h", b)), profileOf(spec, "h", [...a, ...b]));
      }),
      options,
    );
  });

  test("with nothing to the same, bit for bit", () => {
    fc.assert(
      fc.property(profile(), (a) => {
        expect(merged(a, empty)).toEqual(a);
        expect(merged(empty, a)).toEqual(a);
      }),
      options,
    );
  });

  test("in either order to the same, bit for bit", () => {
    fc.assert(
      fc.property(profile(), profile(), (a, b) => {
        expect(merged(a, b)).toEqual(merged(b, a));
      }),
      options,
    );
  });

  test("in any grouping to the same counts, and moments to rounding", () => {
    fc.assert(
      fc.property(profile(), profile(), profile(), (a, b, c) => {
        expectClose(merged(merged(a, b), c), merged(a, merged(b, c)));
      }),
      options,
    );
  });

  test("without touching what they were made of", () => {
    const [a, b] = [profileOf(spec, "h", mixedRows(5, seededRandom(2))), profileOf(spec, "h", mixedRows(6, seededRandom(3)))];
    const before = JSON.stringify([a, b]);
    merged(a, b);
    expect(JSON.stringify([a, b])).toBe(before);
  });

  test("only under one spec; else they are refused by name", () => {
    expect(mergeProfiles(empty, emptyProfile(spec, "0123456789"))).toEqual({
      kind: "incompatible",
      reason: "the profiles count by different specs (h, 01234567)",
    });
    const shorter: Profile = { ...empty, features: empty.features.slice(1) };
    const narrower: Profile = { ...empty, features: empty.features.map((f) => (f.kind === "embedding" ? f : { ...f, counts: f.counts.slice(1) })) };
    const other: Profile = { ...empty, features: [...empty.features].reverse() };
    for (const odd of [shorter, narrower, other]) {
      expect(mergeProfiles(empty, odd)).toMatchObject({ kind: "incompatible" });
      expect(mergeProfiles(odd, empty)).toMatchObject({ kind: "incompatible" });
    }
  });
});

describe("the digest of a spec", () => {
  const digest = {
    utf8: (text: string) => new TextEncoder().encode(text),
    sha256: (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex") as ReturnType<Parameters<typeof specHash>[1]["sha256"]>,
  };

  test("is the same after a journey as JSON and in another order of keys", () => {
    const hash = specHash(spec, digest);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(specHash(JSON.parse(JSON.stringify(spec)) as ProfileSpec, digest)).toBe(hash);
    expect(specHash({ features: spec.features, recipe: spec.recipe, formatVersion: 1 }, digest)).toBe(hash);
  });

  test("changes with anything in it", () => {
    const hash = specHash(spec, digest);
    expect(specHash({ ...spec, features: spec.features.slice(1) }, digest)).not.toBe(hash);
    expect(specHash({ ...spec, recipe: { ...spec.recipe, task: "anomaly" } }, digest)).not.toBe(hash);
  });
});
