import { type Clock, type DeviceId, type Log, messageOf } from "@kedge/core";
import { type Beat, type Fence, type HeldLease, type Leases, shareOut } from "@kedge/store";
import { shardCount, shardOf } from "@kedge/wire";
import type { FaultBoard } from "../fault-board.js";

/** Every shard, as topics name them. */
export const allShards: readonly string[] = Array.from({ length: shardCount }, (_, i) => i.toString(16).padStart(2, "0"));

/** Who holds this looks at the fleet, retrains, rolls out and sends alerts. */
const evaluatorLease = "evaluator";

/** What the desk needs of the program. */
export interface ShardDeskDeps {
  readonly leases: Leases;
  /** This collector's id. */
  readonly member: string;
  /** How long a lease lasts without a beat; infinite where nobody else could take it. */
  readonly leaseMs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly faults: FaultBoard;
}

/** What becomes of leases; each call is over before the next. What rejects is told to the log, and a gain is tried again. */
export interface ShardReceivers {
  /** They are this collector's, once this resolves. */
  readonly gain: (shards: readonly string[]) => Promise<void>;
  /** After shards came or went: what is heard of devices follows. `gained`: whose devices are to say again what was not acknowledged. */
  readonly hear: (gained: readonly string[]) => Promise<void>;
  /** They are not any more: nothing more is taken, and what was is committed or given up when this resolves. */
  readonly lose: (shards: readonly string[]) => Promise<void>;
  readonly evaluate: (isEvaluator: boolean) => Promise<void>;
}

/**
 * Holds this collector's leases: takes its even share of the shards, and the evaluation when nobody has it. What it thinks that it holds may be
 * wrong when the process was stopped; so everything that is written carries the lease as a {@link Fence}, and the store looks.
 */
export class ShardDesk {
  readonly #deps: ShardDeskDeps;
  readonly #held = new Map<string, Fence>();
  #receivers: ShardReceivers | undefined;
  #members: readonly string[] = [];
  #goodUntilMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  #beating: Promise<void> | undefined;
  #settling: Promise<void> | undefined;
  /** Shards that came and went since the start. */
  readonly counters = { gained: 0, lost: 0 };

  constructor(deps: ShardDeskDeps) {
    this.#deps = deps;
  }

  /** The lease of a device's shard; `undefined` while it is not held. */
  readonly fenceOf = (deviceId: DeviceId): Fence | undefined => (this.#isGood() ? this.#held.get(shardOf(deviceId)) : undefined);

  /** The lease of the evaluation; `undefined` while it is not held. */
  readonly evaluatorFence = (): Fence | undefined => (this.#isGood() ? this.#held.get(evaluatorLease) : undefined);

  readonly isOwn = (deviceId: DeviceId): boolean => this.#held.has(shardOf(deviceId));

  readonly shards = (): readonly string[] => [...this.#held.keys()].filter((name) => name !== evaluatorLease).sort();

  /** Takes what it can, and goes on doing so. */
  async start(receivers: ShardReceivers): Promise<void> {
    this.#receivers = receivers;
    // What an earlier life of this collector held is taken anew, under a new epoch: its last words may still be on their way.
    await this.#deps.leases.leave(this.#deps.member);
    await this.beat();
    await this.#settling;
  }

  /** Says that this collector is there, and sees to it that it holds what it should. Soon again, when somebody gave something up. */
  beat(): Promise<void> {
    if (this.#isStopped || this.#receivers === undefined) return Promise.resolve();
    this.#beating ??= this.#beat().finally(() => {
      this.#beating = undefined;
      const { leaseMs } = this.#deps;
      clearTimeout(this.#timer);
      if (!this.#isStopped) this.#timer = setTimeout(() => void this.beat(), Number.isFinite(leaseMs) ? leaseMs / 4 : 60_000);
    });
    return this.#beating;
  }

  async #beat(): Promise<void> {
    const { leases, member, leaseMs, clock, log, faults } = this.#deps;
    // Counted from before the question, so that it is over here before it is over in the store.
    const sinceMs = clock.monotonicMs();
    try {
      const beat = await leases.beat(member, leaseMs);
      this.#goodUntilMs = sinceMs + leaseMs;
      this.#members = beat.members;
      faults.clear("leases");
      this.#settling ??= this.#settle(beat).finally(() => {
        this.#settling = undefined;
      });
    } catch (error) {
      faults.raise("leases", messageOf(error));
      log.error({ error: messageOf(error) }, "the leases could not be renewed");
    }
  }

  /** Makes what is held the same as what should be; renewing goes on meanwhile. */
  async #settle({ members, held }: Beat): Promise<void> {
    const { leases, member, leaseMs, log, faults } = this.#deps;
    try {
      const share = new Set([...(shareOut(allShards, members).get(member) ?? []), evaluatorLease]);
      const epochs = new Map(held.map(({ name, epoch }) => [name, epoch]));
      const gone = [...this.#held.values()].filter(({ name, epoch }) => epochs.get(name) !== epoch);
      const surplus = [...this.#held.values()].filter(({ name, epoch }) => !share.has(name) && epochs.get(name) === epoch);
      await this.#lose([...gone, ...surplus]);
      // Also what could not be given up before: renewed for ever, it would be nobody's.
      await leases.release(
        member,
        held.filter(({ name }) => !share.has(name)),
      );
      const missing = [...share].filter((name) => !this.#held.has(name));
      const known = held.filter(({ name }) => missing.includes(name));
      const free = missing.filter((name) => !epochs.has(name));
      await this.#gain([...known, ...(await leases.take(member, free, leaseMs))]);
      const shards = this.shards().length;
      if (shards === 0 && share.size > 1)
        faults.raise("shards", `owns none of the ${share.size - 1} shards that it should: they are another collector's still`);
      else faults.clear("shards");
    } catch (error) {
      faults.raise("shards", messageOf(error));
      log.error({ error: messageOf(error) }, "what this collector holds could not be put in order; it is tried again");
    }
  }

  async #gain(leases: readonly HeldLease[]): Promise<void> {
    const { member, log } = this.#deps;
    const shards = leases.filter(({ name }) => name !== evaluatorLease);
    if (shards.length > 0) {
      const names = shards.map(({ name }) => name);
      await this.#receivers?.gain(names);
      for (const lease of shards) this.#held.set(lease.name, { ...lease, holder: member });
      this.counters.gained += names.length;
      log.info({ shards: names.length, of: this.#members.length }, "takes what devices of these shards send");
      await this.#receivers?.hear(names);
    }
    const evaluator = leases.find(({ name }) => name === evaluatorLease);
    if (evaluator === undefined) return;
    this.#held.set(evaluatorLease, { ...evaluator, holder: member });
    log.info({}, "evaluates the fleet from now on");
    try {
      await this.#receivers?.evaluate(true);
    } catch (error) {
      // Half begun it is ended, and begun again with the next beat.
      this.#held.delete(evaluatorLease);
      await this.#receivers?.evaluate(false);
      throw error;
    }
  }

  async #lose(leases: readonly Fence[]): Promise<void> {
    for (const { name } of leases) this.#held.delete(name);
    const shards = leases.flatMap(({ name }) => (name === evaluatorLease ? [] : [name]));
    if (leases.length > shards.length) await this.#receivers?.evaluate(false);
    if (shards.length === 0) return;
    this.counters.lost += shards.length;
    this.#deps.log.info({ shards: shards.length }, "takes nothing more of these shards");
    await this.#receivers?.hear([]);
    await this.#receivers?.lose(shards);
  }

  /** Who is there and who holds what; of the shards, how many. */
  async standing(): Promise<{
    readonly evaluator: string | null;
    readonly shards: number;
    readonly unowned: number;
    readonly members: readonly { readonly collectorId: string; readonly shards: number }[];
  }> {
    const { members, leases } = await this.#deps.leases.standing();
    const owned = leases.filter(({ name, holder }) => name !== evaluatorLease && holder !== null && allShards.includes(name));
    return {
      evaluator: leases.find(({ name }) => name === evaluatorLease)?.holder ?? null,
      shards: shardCount,
      unowned: shardCount - owned.length,
      members: members.map((collectorId) => ({ collectorId, shards: owned.filter(({ holder }) => holder === collectorId).length })),
    };
  }

  #isGood(): boolean {
    return this.#deps.clock.monotonicMs() < this.#goodUntilMs;
  }

  /** Finishes what was begun, and gives everything up so that others take over at once. */
  async stop(): Promise<void> {
    if (this.#isStopped || this.#receivers === undefined) return;
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#beating;
    await this.#settling;
    const { leases, member, log } = this.#deps;
    try {
      // Ended while it is held still: what the evaluation has kept in memory is stored under its lease.
      if (this.#held.has(evaluatorLease)) await this.#receivers.evaluate(false);
      this.#held.delete(evaluatorLease);
      await this.#lose([...this.#held.values()]);
      await leases.leave(member);
    } catch (error) {
      log.warn({ error: messageOf(error) }, "the leases could not be given up; they pass by themselves");
    }
  }
}
