import type { Sha256 } from "@kedge/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { splitByContent } from "./split-by-content.js";

/** A digest-like text: uniform digits from a small mixer. */
function digest(n: number): Sha256 {
  let s = (n + 1) >>> 0;
  let out = "";
  while (out.length < 64) {
    s = Math.imul(s ^ (s >>> 16), 0x45d9f3b) >>> 0;
    s = (s ^ (s >>> 15)) + 0x9e3779b9;
    out += (s >>> 0).toString(16).padStart(8, "0");
  }
  return out.slice(0, 64) as Sha256;
}

const sample = (n: number, label: number) => ({ contentSha256: digest(n), label });

describe("splitByContent", () => {
  test("the same content is never on both sides, whatever else differs, and nothing is lost", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(40), fc.nat(3)), { maxLength: 100 }), fc.double({ min: 0, max: 1, noNaN: true }), (drawn, share) => {
        const samples = drawn.map(([n, label]) => sample(n, label));
        const { train, heldBack } = splitByContent(samples, share);
        expect(train.length + heldBack.length).toBe(samples.length);
        const left = new Set(train.map((s) => s.contentSha256));
        expect(heldBack.some((s) => left.has(s.contentSha256))).toBe(false);
      }),
      { seed: 9 },
    );
  });

  test("a frame stays on its side when other frames come", () => {
    const some = Array.from({ length: 100 }, (_, i) => sample(i, 0));
    const more = Array.from({ length: 300 }, (_, i) => sample(i, 0));
    const before = new Set(splitByContent(some, 0.25).heldBack.map((s) => s.contentSha256));
    const after = new Set(splitByContent(more, 0.25).heldBack.map((s) => s.contentSha256));
    for (const s of some) expect(after.has(s.contentSha256)).toBe(before.has(s.contentSha256));
  });

  test("holds back about the share, of every class", () => {
    const samples = Array.from({ length: 4000 }, (_, i) => sample(i, i % 10));
    const { heldBack } = splitByContent(samples, 0.25);
    // 4σ of 1000 ± 27.4, and of 100 ± 8.7 a class.
    expect(Math.abs(heldBack.length - 1000)).toBeLessThan(110);
    for (let label = 0; label < 10; label += 1) expect(Math.abs(heldBack.filter((s) => s.label === label).length - 100)).toBeLessThan(36);
  });
});
