import fc from "fast-check";
import { expect, test } from "vitest";
import { shareOut } from "./share-out.js";

const names = Array.from({ length: 64 }, (_, i) => i.toString(16).padStart(2, "0"));
const ids = fc.uniqueArray(fc.stringMatching(/^col_[a-z0-9]{6}$/), { minLength: 1, maxLength: 20 });

function ownerOf(shares: ReadonlyMap<string, readonly string[]>): Map<string, string> {
  return new Map([...shares].flatMap(([member, share]) => share.map((name) => [name, member] as const)));
}

test("every name goes to one member, evenly, whatever order the members are told in", () => {
  fc.assert(
    fc.property(ids, (members) => {
      const shares = shareOut(names, members);
      expect([...shares.values()].flat().sort()).toEqual(names);
      for (const share of shares.values()) expect(share.length).toBeLessThanOrEqual(Math.ceil(names.length / members.length));
      expect(ownerOf(shareOut([...names].reverse(), [...members].reverse()))).toEqual(ownerOf(shares));
    }),
  );
});

test("when a member goes, most of what the others had stays where it was", () => {
  let moved = 0;
  let kept = 0;
  for (let round = 0; round < 50; round += 1) {
    const members = ["a", "b", "c", "d"].map((name) => `${name}${round}`);
    const before = ownerOf(shareOut(names, members));
    const after = ownerOf(shareOut(names, members.slice(1)));
    for (const [name, member] of before) {
      if (member === members[0]) continue;
      if (after.get(name) === member) kept += 1;
      else moved += 1;
    }
  }
  expect(moved / (moved + kept)).toBeLessThan(0.25);
});

test("without members nobody has anything", () => {
  expect(shareOut(names, []).size).toBe(0);
});
