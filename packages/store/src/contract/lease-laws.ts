import { invariant } from "@kedge/core";
import type { Fence, HeldLease, Leases } from "../leases.js";

/** What a law of leases is tried on: no lease was ever taken. */
export interface LeaseFixture {
  readonly leases: Leases;
  /** Lets so much of the store's time pass. */
  readonly pass: (ms: number) => Promise<void>;
  /** Whether something written under these fences is kept. */
  readonly keeps: (fences: readonly Fence[]) => Promise<boolean>;
}

/** One thing that every set of leases must do; `check` throws when it does not. */
export interface LeaseLaw {
  readonly name: string;
  check(fixture: LeaseFixture): Promise<void>;
}

/** Long enough not to pass by itself while a law is tried, and short enough to wait for. */
const shortMs = 400;
const longMs = 60_000;

const fencesOf = (holder: string, held: readonly HeldLease[]): Fence[] => held.map((lease) => ({ ...lease, holder }));
const namesOf = (held: readonly HeldLease[]): string => [...held.map((lease) => lease.name)].sort().join();

async function oneHolder({ leases, keeps }: LeaseFixture): Promise<void> {
  const taken = await leases.take("a", ["x", "y"], longMs);
  invariant(namesOf(taken) === "x,y", "what nobody holds is taken");
  invariant((await leases.take("b", ["x", "y"], longMs)).length === 0, "what another holds is not");
  invariant((await leases.take("a", ["x"], longMs)).length === 0, "nor taken twice by its holder");
  await leases.release("b", taken);
  invariant((await leases.take("b", ["x"], longMs)).length === 0, "nobody gives up what another holds");
  invariant(await keeps(fencesOf("a", taken)), "the holder may write");
  invariant(!(await keeps(fencesOf("b", taken))), "nobody else may");
  invariant(await keeps([]), "what is under no lease is kept");
}

async function raceForOne({ leases }: LeaseFixture): Promise<void> {
  const names = Array.from({ length: 16 }, (_, i) => `n${i}`);
  const taken = await Promise.all(["a", "b", "c", "d"].map((member) => leases.take(member, names, longMs)));
  const all = taken.flat().map((lease) => lease.name);
  invariant(new Set(all).size === all.length, "of many that take one lease at once, one gets it");
  for (const member of ["a", "b", "c", "d"]) await leases.take(member, names, longMs);
  const { leases: standing } = await leases.standing();
  invariant(standing.length === 16 && standing.every(({ epoch, holder }) => epoch === 1 && holder !== null), "and none is left over");
}

async function takenOver({ leases, pass, keeps }: LeaseFixture): Promise<void> {
  const before = await leases.take("a", ["x", "y"], shortMs);
  await pass(2 * shortMs);
  // Nobody was there meanwhile, so nobody else can have written.
  invariant(await keeps(fencesOf("a", before)), "a lease that has passed and that nobody took still fences nothing out");
  const after = await leases.take("b", ["x"], longMs);
  invariant(namesOf(after) === "x" && (after[0]?.epoch ?? 0) > (before.find((l) => l.name === "x")?.epoch ?? 0), "it is taken over under a higher epoch");
  invariant(!(await keeps(fencesOf("a", before))), "what its former holder writes is refused, whole");
  invariant(await keeps(fencesOf("b", after)), "what its holder writes is kept");
  invariant(namesOf((await leases.beat("a", longMs)).held) === "y", "the former holder learns it, and keeps what nobody took");
}

async function renewed({ leases, pass }: LeaseFixture): Promise<void> {
  await leases.take("a", ["x"], shortMs);
  for (let i = 0; i < 4; i += 1) {
    const { held, members } = await leases.beat("a", shortMs);
    invariant(namesOf(held) === "x" && members.join() === "a", "a beat renews");
    await pass(shortMs / 2);
    invariant((await leases.take("b", ["x"], shortMs)).length === 0, "what is renewed does not pass");
  }
  await pass(2 * shortMs);
  const { members } = await leases.beat("b", longMs);
  invariant(members.join() === "b", "who does not beat is not there");
}

async function givenUp({ leases, keeps }: LeaseFixture): Promise<void> {
  await leases.beat("a", longMs);
  const [x] = await leases.take("a", ["x"], longMs);
  invariant(x !== undefined, "taken");
  await leases.release("a", [{ ...x, epoch: x.epoch + 1 }]);
  invariant((await leases.take("b", ["x"], longMs)).length === 0, "a lease is given up under its own epoch only");
  await leases.release("a", [x]);
  invariant(!(await keeps(fencesOf("a", [x]))), "who gave it up may not write");
  const [again] = await leases.take("b", ["x"], longMs);
  invariant(again !== undefined && again.epoch > x.epoch, "what was given up is taken at once");
  await leases.beat("b", longMs);
  await leases.leave("b");
  const { members, leases: standing } = await leases.standing();
  invariant(members.join() === "a" && standing[0]?.holder === null && standing[0].epoch === again.epoch, "who leaves gives up everything; the epoch stays");
}

/** The laws of leases. */
export const leaseLaws: readonly LeaseLaw[] = [
  { name: "a lease has one holder", check: oneHolder },
  { name: "many may try at once", check: raceForOne },
  { name: "a lease that has passed is taken over, and its former holder cannot write", check: takenOver },
  { name: "a beat renews", check: renewed },
  { name: "leases are given up", check: givenUp },
];
