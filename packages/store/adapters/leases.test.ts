import { manualClock } from "@kedge/testkit";
import { describe, test } from "vitest";
import { leaseLaws } from "../src/contract/lease-laws.js";
import { MemoryLeases } from "./memory/memory-leases.js";

describe("the law of leases: in memory", () => {
  test.each(leaseLaws)("$name", async (law) => {
    const clock = manualClock(1_770_000_000_000);
    const leases = new MemoryLeases(clock);
    await law.check({ leases, pass: async (ms) => clock.advance(ms), keeps: (fences) => leases.holds(fences) });
  });
});
