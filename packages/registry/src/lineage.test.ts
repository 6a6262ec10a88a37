import { createHash } from "node:crypto";
import type { Sha256 } from "@kedge/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ancestryOf, noLineage } from "./lineage.js";
import { belowFloor, raisedFloor } from "./security-counter.js";
import { tinyBundle } from "./tiny-bundle.fixture.js";

const sha256 = (bytes: Uint8Array): Sha256 => createHash("sha256").update(bytes).digest("hex") as Sha256;
const nobody = { keyId: "k", sign: async () => new Uint8Array(64) };

test("a bundle's line is followed to its start, or to where it was lost", async () => {
  const first = await tinyBundle(nobody, sha256);
  const second = await tinyBundle(nobody, sha256, { version: "2", lineage: { ...noLineage, parent: first.digest } });
  const third = await tinyBundle(nobody, sha256, { version: "3", lineage: { ...noLineage, parent: second.digest } });
  const known = new Map([first, second, third].map((b) => [b.digest, b.manifest]));
  const whole = await ancestryOf(third.digest, async (d) => known.get(d));
  expect(whole.line.map((a) => a.manifest.version)).toEqual(["3", "2", "1.0.0"]);
  expect(whole.missing).toBeNull();
  known.delete(first.digest);
  expect(await ancestryOf(third.digest, async (d) => known.get(d))).toMatchObject({
    line: [{ digest: third.digest }, { digest: second.digest }],
    missing: first.digest,
  });
});

test("a forged line that never ends is cut", async () => {
  const { manifest, digest } = await tinyBundle(nobody, sha256);
  const looped = { ...manifest, lineage: { ...noLineage, parent: digest } };
  expect((await ancestryOf(digest, async () => looped)).line).toHaveLength(1000);
});

test("the floor only rises, and what was committed last may always run again", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 20 }), { minLength: 1 }), (counters) => {
      let floor = 0;
      for (const securityCounter of counters) {
        if (belowFloor({ securityCounter }, floor)) continue;
        const raised = raisedFloor({ securityCounter }, floor);
        expect(raised).toBeGreaterThanOrEqual(floor);
        expect(belowFloor({ securityCounter }, raised)).toBe(false);
        floor = raised;
      }
      expect(floor).toBe(Math.max(...counters));
    }),
    { seed: 3 },
  );
});
