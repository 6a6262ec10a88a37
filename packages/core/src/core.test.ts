import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  BoundedQueue,
  exitCodeOf,
  exitCodes,
  InvariantError,
  invariant,
  KedgeError,
  newId,
  parseDeviceId,
  parseSha256,
  retryDelayMs,
  seededRandom,
} from "./index.js";

describe("ids", () => {
  test.each(["cam-1", "A_b-9", "x".repeat(64)])("%s may name a device", (id) => expect(parseDeviceId(id)).toBe(id));
  test.each(["", "a.b", "a b", "a/b", "a+b", "ä", "x".repeat(65), 7, null])("%s may not", (id) => expect(parseDeviceId(id)).toBeUndefined());

  test("a digest is 64 lower-case hex digits", () => {
    expect(parseSha256("a".repeat(64))).toBe("a".repeat(64));
    for (const bad of ["A".repeat(64), "a".repeat(63), `${"a".repeat(64)}\n`]) expect(parseSha256(bad)).toBeUndefined();
  });

  test("new ids sort by their time", () => {
    const random = seededRandom(3);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), fc.integer({ min: 1, max: 1e9 }), (t, later) => {
        expect(newId("inc", t, random) < newId("inc", t + later, random)).toBe(true);
      }),
      { seed: 1 },
    );
    expect(newId("inc", 0, random)).toMatch(/^inc_[0-9a-z]{17}$/);
  });
});

describe("retry schedule", () => {
  test("delays stay below the cap and grow with the attempt; the cap is applied before the jitter", () => {
    const schedule = { firstMs: 1000, maxMs: 300_000 };
    expect(retryDelayMs(schedule, 0, () => 0.999999)).toBeCloseTo(1000, 0);
    expect(retryDelayMs(schedule, 5, () => 0.5)).toBe(16_000);
    expect(retryDelayMs(schedule, 1_000, () => 0.5)).toBe(150_000);
    expect(retryDelayMs(schedule, 3, () => 0)).toBe(0);
  });
});

describe("bounded queue", () => {
  test("never holds more than its bound, in order, and counts what it refused", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20 }), fc.array(fc.integer(), { maxLength: 60 }), (capacity, items) => {
        const queue = new BoundedQueue<number>(capacity);
        for (const item of items) queue.offer(item);
        expect(queue.size).toBe(Math.min(capacity, items.length));
        expect(queue.refused).toBe(Math.max(0, items.length - capacity));
        expect(queue.take(items.length)).toEqual(items.slice(0, capacity));
        expect(queue.size).toBe(0);
      }),
      { seed: 1 },
    );
  });
});

describe("errors", () => {
  test("a fault ends a program with the code of its reason", () => {
    expect(exitCodeOf(new KedgeError("collector/port-in-use", "x", { context: { exit: "address" } }))).toBe(exitCodes.address);
    expect(exitCodeOf(new KedgeError("x/y", "x", { context: { exit: "nonsense" } }))).toBe(exitCodes.error);
    expect(exitCodeOf(new Error("x"))).toBe(exitCodes.error);
  });

  test("exit codes are all different and pinned: scripts depend on them", () => {
    expect(Object.values(exitCodes)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  test("a broken invariant throws by name", () => {
    expect(() => invariant(false, "never")).toThrow(InvariantError);
    expect(() => invariant(true, "never")).not.toThrow();
  });
});
