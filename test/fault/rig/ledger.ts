import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Profile } from "@kedge/profile";
import { openSqliteStore } from "@kedge/store/adapters";
import { decodeWindow, type WireWindow } from "@kedge/wire";
import { segmentNumber } from "../../../packages/wire/adapters/file-outbox/segment-file.js";
import { recordHeadBytes, scanSegment } from "../../../packages/wire/adapters/file-outbox/segment-format.js";

const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };

/** What a store holds against what devices produced. `missing`, `twice` and `strange` must be empty, and the totals equal. */
export interface Balance {
  readonly produced: number;
  readonly stored: number;
  readonly missing: readonly string[];
  readonly twice: readonly string[];
  /** Stored, and never produced; or with another content than was produced. */
  readonly strange: readonly string[];
  readonly producedTotals: readonly string[];
  readonly storedTotals: readonly string[];
}

const nameOf = ({ deviceId, bootEpoch, seq }: WireWindow["key"]): string => `${deviceId}/${bootEpoch}/${seq}`;

/** Rows, and of every feature what was counted, over all windows. Sums of counts and no floats: the order of windows must not matter. */
function totalsOf(profiles: readonly Profile[]): string[] {
  const totals = new Map<string, number>();
  const add = (name: string, by: number) => totals.set(name, (totals.get(name) ?? 0) + by);
  for (const { rows, errors, features } of profiles) {
    add("rows", rows);
    add("errors", errors);
    for (const [i, feature] of features.entries()) {
      for (const [name, value] of Object.entries(feature)) {
        if (typeof value === "number" && Number.isInteger(value)) add(`${i}.${name}`, name === "min" || name === "max" ? 0 : value);
        if (Array.isArray(value))
          for (const [bin, count] of value.entries()) if (typeof count === "number" && Number.isInteger(count)) add(`${i}.${name}.${bin}`, count);
      }
    }
  }
  return [...totals].map(([name, total]) => `${name}=${total}`).sort();
}

/** Every window that devices have promised to deliver: what an append has resolved for, and all that ever lay whole in an agent's outbox. */
export class Ledger {
  readonly #produced = new Map<string, Uint8Array>();

  get size(): number {
    return this.#produced.size;
  }

  get rows(): number {
    return this.windows().reduce((sum, { profile }) => sum + profile.rows, 0);
  }

  /** A window as it was put into an outbox. */
  note(bytes: Uint8Array): void {
    const { key } = decoded(bytes);
    this.#produced.set(nameOf(key), bytes);
  }

  /** All that lies in an agent's outbox, also what is acknowledged and not yet removed. Gives how many windows of each of its boot epochs are known by now. */
  read(stateDir: string, deviceId: string): ReadonlyMap<number, number> {
    const folder = join(stateDir, "outbox");
    for (const name of existsSync(folder) ? readdirSync(folder) : []) {
      const number = segmentNumber(name);
      if (number === undefined) continue;
      let file: Buffer;
      try {
        file = readFileSync(join(folder, name));
      } catch {
        // Removed since: all that was in it is acknowledged.
        continue;
      }
      for (const { kind, offset, length } of scanSegment(file, number).records)
        if (kind === "window") this.note(new Uint8Array(file.subarray(offset + recordHeadBytes, offset + recordHeadBytes + length)));
    }
    const counts = new Map<number, number>();
    for (const { key } of this.windows()) if (key.deviceId === deviceId) counts.set(key.bootEpoch, (counts.get(key.bootEpoch) ?? 0) + 1);
    return counts;
  }

  /** A window that was damaged on purpose is promised no more. */
  forget(key: WireWindow["key"]): void {
    this.#produced.delete(nameOf(key));
  }

  windows(): readonly WireWindow[] {
    return [...this.#produced.values()].map(decoded);
  }

  /** Holds what was produced against the database of a collector that has ended. */
  async against(dataDir: string): Promise<Balance & { readonly windows: readonly WireWindow[] }> {
    const store = await openSqliteStore(join(dataDir, "kedge.db"), clock);
    try {
      const windows = await store.series.windows({});
      const { stored, distinct } = await store.series.counts();
      const names = windows.map(({ key }) => nameOf(key));
      const seen = new Set<string>();
      const twice = names.filter((name) => seen.size === seen.add(name).size);
      if (stored !== distinct) twice.push(`${stored - distinct} by the store's own count`);
      const produced = this.windows();
      return {
        produced: this.#produced.size,
        stored: windows.length,
        missing: [...this.#produced.keys()].filter((name) => !seen.has(name)),
        twice,
        strange: windows.filter((w) => !this.#isAsProduced(w)).map(({ key }) => nameOf(key)),
        producedTotals: totalsOf(produced.map((w) => w.profile)),
        storedTotals: totalsOf(windows.map((w) => w.profile)),
        windows,
      };
    } finally {
      await store.close();
    }
  }

  #isAsProduced({ key, profile, bundleDigest }: WireWindow): boolean {
    const bytes = this.#produced.get(nameOf(key));
    if (bytes === undefined) return false;
    const made = decoded(bytes);
    return made.bundleDigest === bundleDigest && JSON.stringify(made.profile) === JSON.stringify(profile);
  }
}

function decoded(bytes: Uint8Array): WireWindow {
  const window = decodeWindow(bytes);
  if (window.kind === "rejected") throw new Error(window.message);
  return window.value;
}

/** What is to be said of a balance in one line of the test's log. */
export function balanceLine({ produced, stored, missing, twice, strange }: Balance): string {
  return `${produced} windows produced, ${stored} stored, ${missing.length} lost, ${twice.length} twice, ${strange.length} strange`;
}
