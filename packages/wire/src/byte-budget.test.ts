import fc from "fast-check";
import { expect, test } from "vitest";
import { affords, bucketBytes, type BudgetTokens, publishBytes, refillTokens, type SendPriority } from "./byte-budget.js";

const dayMs = 86_400_000;
const budget = { bytesPerDay: 100_000 };
const priority = fc.constantFrom<SendPriority>("state", "early", "heartbeat", "sample");

test("whatever is asked for, no 24 hours hold more than the budget", () => {
  const wishes = fc.array(fc.record({ afterMs: fc.oneof(fc.nat(1_000), fc.nat(dayMs)), bytes: fc.nat(40_000), priority }), { maxLength: 200 });
  fc.assert(
    fc.property(wishes, (asked) => {
      let tokens: BudgetTokens = { bytes: bucketBytes(budget), atMs: 0 };
      const sent: { atMs: number; bytes: number }[] = [];
      for (const { afterMs, ...wish } of asked) {
        tokens = refillTokens(tokens, budget, tokens.atMs + afterMs);
        if (!affords(tokens, budget, { ...wish, promisedBytes: 0 })) continue;
        tokens = { ...tokens, bytes: tokens.bytes - wish.bytes };
        sent.push({ atMs: tokens.atMs, bytes: wish.bytes });
      }
      for (const { atMs } of sent) {
        const inDay = sent.filter((s) => s.atMs >= atMs && s.atMs < atMs + dayMs).reduce((sum, s) => sum + s.bytes, 0);
        expect(inDay).toBeLessThanOrEqual(budget.bytesPerDay);
      }
    }),
  );
});

test("each leaves something to those before it", () => {
  const tokens = { bytes: 10_000, atMs: 0 };
  const may = (p: SendPriority): boolean => affords(tokens, budget, { bytes: 2_000, promisedBytes: 1_000, priority: p });
  expect([may("state"), may("early"), may("heartbeat"), may("sample")]).toEqual([true, true, true, false]);
  const fewer = { bytes: 4_000, atMs: 0 };
  expect(affords(fewer, budget, { bytes: 2_000, promisedBytes: 0, priority: "heartbeat" })).toBe(false);
  expect(affords(fewer, budget, { bytes: 2_000, promisedBytes: 0, priority: "early" })).toBe(true);
});

test("what is too large for its priority goes when the bucket is full, and never when it is larger than that", () => {
  const full = { bytes: bucketBytes(budget), atMs: 0 };
  const ask = (bytes: number): boolean => affords(full, budget, { bytes, promisedBytes: 0, priority: "sample" });
  expect([ask(20_000), ask(25_000), ask(25_001)]).toEqual([true, true, false]);
});

test("a clock that goes back adds nothing, and a long pause no more than the bucket", () => {
  const tokens = { bytes: 5, atMs: 1_000 };
  expect(refillTokens(tokens, budget, 0).bytes).toBe(5);
  expect(refillTokens(tokens, budget, 1e15).bytes).toBe(bucketBytes(budget));
});

test("a publish is counted as MQTT frames it", () => {
  // Fixed header 1, length 1, topic length 2, topic 3, payload 5; at QoS 1 a packet id of 2.
  expect(publishBytes("a/b", 5, 0)).toBe(12);
  expect(publishBytes("a/b", 5, 1)).toBe(14);
  expect(publishBytes("a/b", 200, 1)).toBe(1 + 2 + 2 + 3 + 2 + 200);
  expect(publishBytes("a/€", 0, 0)).toBe(1 + 1 + 2 + 5);
});
