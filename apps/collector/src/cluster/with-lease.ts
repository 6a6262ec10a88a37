import { setTimeout as sleep } from "node:timers/promises";
import { type Clock, KedgeError } from "@kedge/core";
import type { HeldLease, Leases } from "@kedge/store";

const leaseMs = 30_000;
const againAfterMs = 200;

/** What it takes to work alone. */
export interface AloneDeps {
  readonly leases: Leases;
  readonly member: string;
  readonly name: string;
  readonly clock: Clock;
}

/** Does some short work while no other member does it. Throws `collector/lease-busy` when somebody holds it for too long. */
export async function withLease<T>({ leases, member, name, clock }: AloneDeps, work: () => Promise<T>): Promise<T> {
  const untilMs = clock.monotonicMs() + 2 * leaseMs;
  let held: HeldLease[] = [];
  while (held.length === 0) {
    held = await leases.take(member, [name], leaseMs);
    if (held.length > 0) break;
    if (clock.monotonicMs() > untilMs) {
      throw new KedgeError("collector/lease-busy", `waiting for the lease ${name} failed: another collector holds it`, {
        hint: "See what the other collectors do; one of them may hang at its start.",
        context: { exit: "storage" },
      });
    }
    await sleep(againAfterMs);
  }
  try {
    return await work();
  } finally {
    await leases.release(member, held);
  }
}
