import { manualClock } from "@kedge/testkit";
import { expect, test } from "vitest";
import { type Given, IdempotencyMemory } from "./idempotency.js";

const answer =
  (body: string, status = 200): (() => Promise<Given>) =>
  async () => ({ status, body });

test("holds a bounded number of answers, the oldest go, and that is counted", async () => {
  const memory = new IdempotencyMemory(manualClock());
  for (let i = 0; i < 1_005; i += 1) await memory.once(`k${i}`, "f", answer(String(i)));
  expect(memory.evicted).toBe(5);
  expect(await memory.once("k1004", "f", answer("new"))).toEqual({ status: 200, body: "1004" });
  expect(await memory.once("k0", "f", answer("new"))).toEqual({ status: 200, body: "new" });
});

test("a fault, thrown or answered, is not kept", async () => {
  const memory = new IdempotencyMemory(manualClock());
  await expect(memory.once("k", "f", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await memory.once("k", "f", answer("busy", 503))).toMatchObject({ status: 503 });
  expect(await memory.once("k", "f", answer("done"))).toEqual({ status: 200, body: "done" });
  expect(await memory.once("k", "g", answer("other"))).toBeUndefined();
});
