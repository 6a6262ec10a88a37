import type { Clock } from "@kedge/core";
import { type Beat, byText, type Fence, type HeldLease, type Leases, type LeaseStanding } from "../../src/index.js";

interface Lease {
  holder: string | null;
  epoch: number;
  untilMs: number;
}

/** Leases within one process; the clock that is given is the store's. */
export class MemoryLeases implements Leases {
  readonly #clock: Pick<Clock, "nowMs">;
  readonly #members = new Map<string, number>();
  readonly #leases = new Map<string, Lease>();

  constructor(clock: Pick<Clock, "nowMs">) {
    this.#clock = clock;
  }

  async beat(member: string, lastsMs: number): Promise<Beat> {
    const untilMs = this.#clock.nowMs() + lastsMs;
    this.#members.set(member, untilMs);
    const held: HeldLease[] = [];
    for (const [name, lease] of this.#leases) {
      if (lease.holder !== member) continue;
      lease.untilMs = untilMs;
      held.push({ name, epoch: lease.epoch });
    }
    return { members: this.#present(), held };
  }

  async take(member: string, names: readonly string[], lastsMs: number): Promise<HeldLease[]> {
    const nowMs = this.#clock.nowMs();
    const taken: HeldLease[] = [];
    for (const name of names) {
      const lease = this.#leases.get(name);
      if (lease !== undefined && lease.holder !== null && lease.untilMs > nowMs) continue;
      const epoch = (lease?.epoch ?? 0) + 1;
      this.#leases.set(name, { holder: member, epoch, untilMs: nowMs + lastsMs });
      taken.push({ name, epoch });
    }
    return taken;
  }

  async release(member: string, leases: readonly HeldLease[]): Promise<void> {
    for (const { name, epoch } of leases) {
      const lease = this.#leases.get(name);
      if (lease?.holder === member && lease.epoch === epoch) lease.holder = null;
    }
  }

  async leave(member: string): Promise<void> {
    this.#members.delete(member);
    for (const lease of this.#leases.values()) if (lease.holder === member) lease.holder = null;
  }

  async standing(): Promise<{ readonly members: readonly string[]; readonly leases: readonly LeaseStanding[] }> {
    const nowMs = this.#clock.nowMs();
    const leases = [...this.#leases].map(([name, { holder, epoch, untilMs }]) => ({ name, epoch, holder: untilMs > nowMs ? holder : null }));
    return { members: this.#present(), leases: leases.sort((a, b) => byText(a.name, b.name)) };
  }

  /** Whether what is written under these leases is to be kept. */
  async holds(fences: readonly Fence[]): Promise<boolean> {
    return fences.every(({ name, epoch, holder }) => {
      const lease = this.#leases.get(name);
      return lease?.holder === holder && lease.epoch === epoch;
    });
  }

  #present(): string[] {
    const nowMs = this.#clock.nowMs();
    return [...this.#members].flatMap(([id, untilMs]) => (untilMs > nowMs ? [id] : [])).sort(byText);
  }
}
