import type { DeviceId } from "@kedge/core";
import type { Profile, ProfileSum } from "@kedge/profile";

/** How many windows there are in something, and of what time. `startMs` of the earliest, `endMs` of the latest. */
interface WindowSpan {
  readonly windows: number;
  readonly startMs: number;
  readonly endMs: number;
}

/** Windows as one. */
export interface MergedWindows extends WindowSpan {
  readonly profile: Profile;
}

/** A device's windows as one. */
export interface DeviceWindows extends MergedWindows {
  readonly deviceId: DeviceId;
}

/** Windows as one, in flat arrays that whoever gave them may use again for the next ones. */
export interface SummedWindows extends WindowSpan {
  readonly profile: ProfileSum;
}

/**
 * Merges windows of one spec, in the order given: the order decides the last bits of means, so stores give windows by
 * end, epoch and sequence, and the same windows always merge to the same bits, in whatever order they came.
 */
export class WindowMerger {
  #specHash: string;
  #sum: ProfileSum | undefined;
  #windows = 0;
  #startMs = 0;
  #endMs = 0;
  #others = 0;

  constructor(specHash: string) {
    this.#specHash = specHash;
  }

  /** Windows that were left out because they count by another spec. */
  get others(): number {
    return this.#others;
  }

  /** What was added so far, good until more is; `undefined` of nothing. */
  get summed(): SummedWindows | undefined {
    if (this.#sum === undefined || this.#windows === 0) return undefined;
    return { profile: this.#sum, windows: this.#windows, startMs: this.#startMs, endMs: this.#endMs };
  }

  get merged(): MergedWindows | undefined {
    const { summed } = this;
    return summed === undefined ? undefined : { ...summed, profile: summed.profile.toProfile() };
  }

  add({ profile, windows, startMs, endMs }: SummedWindows): void {
    if (profile.specHash !== this.#specHash || !this.#take(profile)) {
      this.#others += windows;
      return;
    }
    this.#startMs = this.#windows === 0 ? startMs : Math.min(this.#startMs, startMs);
    this.#endMs = this.#windows === 0 ? endMs : Math.max(this.#endMs, endMs);
    this.#windows += windows;
  }

  /** Begins anew, for any spec, in the same memory. */
  restart(specHash: string): void {
    this.#specHash = specHash;
    this.#windows = 0;
    this.#others = 0;
  }

  #take(profile: ProfileSum): boolean {
    if (this.#windows > 0 && this.#sum !== undefined) return this.#sum.add(profile) === undefined;
    if (this.#sum?.layout.isSame(profile.layout) === true) this.#sum.set(profile);
    else this.#sum = profile.copy();
    return true;
  }
}
