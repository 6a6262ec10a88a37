/** A lease that a member holds. The epoch grows whenever the holder changes, and never falls. */
export interface HeldLease {
  readonly name: string;
  readonly epoch: number;
}

/** Under which lease something is written: refused once that lease has another epoch or another holder. */
export interface Fence extends HeldLease {
  readonly holder: string;
}

/** A lease as everybody sees it; `holder` is null when it was given up or has passed. */
export interface LeaseStanding extends HeldLease {
  readonly holder: string | null;
}

/** What a member learns of a beat: who else is there, and what it holds still. */
export interface Beat {
  /** Members whose last beat has not passed, this one among them; ascending. */
  readonly members: readonly string[];
  readonly held: readonly HeldLease[];
}

/**
 * Who may do what, among processes that share a store. Laws: a lease has one holder at most, as long as its time has not passed by the *store's*
 * clock; whoever takes it over gets a higher epoch; nobody can take, renew or give up what another holds; each call happens at one moment, whole
 * or not at all. A holder cannot know that it still holds one, since it may be stopped between looking and acting: what it writes must name its
 * lease ({@link Fence}), and the store looks.
 */
export interface Leases {
  /** Says that `member` is there for `lastsMs` more, and renews for as long all that it holds. */
  beat(member: string, lastsMs: number): Promise<Beat>;
  /** Takes those of `names` that nobody holds. */
  take(member: string, names: readonly string[], lastsMs: number): Promise<HeldLease[]>;
  /** Gives up what it holds still, so that others need not wait for its time to pass. */
  release(member: string, leases: readonly HeldLease[]): Promise<void>;
  /** Gives up everything and goes. */
  leave(member: string): Promise<void>;
  /** Every lease that was ever taken, by name, and the members that are there. */
  standing(): Promise<{ readonly members: readonly string[]; readonly leases: readonly LeaseStanding[] }>;
}
