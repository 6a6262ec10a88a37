import type { DeviceId } from "@kedge/core";
import { isIncompatible, mergeProfiles, type Profile, type Window } from "@kedge/profile";

/** Windows as one. `startMs` of the earliest, `endMs` of the latest. */
export interface MergedWindows {
  readonly profile: Profile;
  readonly windows: number;
  readonly startMs: number;
  readonly endMs: number;
}

/** A device's windows as one; with the windows themselves where they were asked for. */
export interface DeviceWindows extends MergedWindows {
  readonly deviceId: DeviceId;
  /** In the order of their ends. */
  readonly parts?: readonly Pick<Window, "startMs" | "endMs" | "profile">[];
}

/**
 * Merges windows of one spec, in the order given: the order decides the last bits of means, so stores give windows by
 * end, epoch and sequence, and the same windows always merge to the same bits, in whatever order they came.
 */
export class WindowMerger {
  readonly #specHash: string;
  readonly #parts: Pick<Window, "startMs" | "endMs" | "profile">[] | undefined;
  #merged: MergedWindows | undefined;
  #others = 0;

  constructor(specHash: string, options: { readonly withParts?: boolean } = {}) {
    this.#specHash = specHash;
    this.#parts = options.withParts === true ? [] : undefined;
  }

  /** Windows that were left out because they count by another spec. */
  get others(): number {
    return this.#others;
  }

  get merged(): MergedWindows | undefined {
    return this.#merged;
  }

  get parts(): readonly Pick<Window, "startMs" | "endMs" | "profile">[] | undefined {
    return this.#parts;
  }

  add(window: Pick<Window, "startMs" | "endMs" | "profile">): void {
    if (this.#fold({ ...window, windows: 1 })) this.#parts?.push({ startMs: window.startMs, endMs: window.endMs, profile: window.profile });
  }

  addMerged(merged: MergedWindows): void {
    this.#fold(merged);
  }

  #fold(next: MergedWindows): boolean {
    const profile =
      next.profile.specHash !== this.#specHash ? undefined : this.#merged === undefined ? next.profile : mergeProfiles(this.#merged.profile, next.profile);
    if (profile === undefined || isIncompatible(profile)) {
      this.#others += next.windows;
      return false;
    }
    this.#merged = {
      profile,
      windows: (this.#merged?.windows ?? 0) + next.windows,
      startMs: Math.min(this.#merged?.startMs ?? next.startMs, next.startMs),
      endMs: Math.max(this.#merged?.endMs ?? next.endMs, next.endMs),
    };
    return true;
  }
}
