import type { Sha256 } from "@kedge/core";
import type { Window, WindowKey } from "@kedge/profile";
import { bettingEValue, startBetting, stepBetting } from "@kedge/stats";
import { z } from "zod";
import { designEffectsOf, type Effects, nextSpread, noSpread, pooledEffect, type PooledEffects, type Spread } from "./design-effect.js";
import { addCells, countsOf, total } from "./feature-counts.js";
import type { FeatureWatch } from "./watch.js";

/** What is kept of one feature of one device. */
export interface FeatureMemory {
  /** Its place in a profile. */
  readonly index: number;
  /** ln of the capital of each bet against "as usual"; see `BettingState` of @kedge/stats. */
  readonly bets: readonly number[];
  readonly windows: number;
  readonly spread: Spread;
  /** Coarse cells of the first rows seen, and last what was no value: what is normal for this device. */
  readonly early: readonly number[];
}

/** What is kept of a device under one bundle, from window to window. Plain values of bounded size, fit for JSON. */
export interface DeviceMemory {
  readonly version: 1;
  readonly bundleDigest: Sha256;
  /** What it ran before. */
  readonly previousDigest: Sha256 | null;
  /** The selector of the reference it is held against: with another one, all begins anew. */
  readonly reference: string;
  /** Start of its first window under this bundle. */
  readonly sinceMs: number;
  /** The latest window taken. */
  readonly last: Pick<WindowKey, "bootEpoch" | "seq"> & { readonly endMs: number };
  readonly features: readonly FeatureMemory[];
}

/** Rows that a device shows at first and that are then what is normal for it. */
const earlyRows = 500;
/** ln of the capital that a bet keeps at most; what is beyond is laid aside, so that a drift that ended is not called one for long. */
const mostLogCapital = 25;
const leastLogCapital = -60;

const finite = z.number();
const memorySchema = z.object({
  version: z.literal(1),
  bundleDigest: z.string(),
  previousDigest: z.string().nullable(),
  reference: z.string(),
  sinceMs: finite,
  last: z.object({ bootEpoch: finite, seq: finite, endMs: finite }),
  features: z
    .array(
      z.object({
        index: finite,
        bets: z.array(finite).max(512),
        windows: finite,
        spread: z.object({ shares: z.array(finite).max(64), rows: finite, sum: finite, level: finite.default(0), pairs: finite }),
        early: z.array(finite).max(64),
      }),
    )
    .max(4_096),
});

/** A stored memory; `undefined` for what is none of this version, so that all begins anew. */
export function decodeMemory(value: unknown): DeviceMemory | undefined {
  const parsed = memorySchema.safeParse(value);
  return parsed.success ? (parsed.data as unknown as DeviceMemory) : undefined;
}

/** Whether a window comes after the last one that a memory took. */
export function isAfter(key: Pick<WindowKey, "bootEpoch" | "seq">, last: Pick<WindowKey, "bootEpoch" | "seq">): boolean {
  return key.bootEpoch > last.bootEpoch || (key.bootEpoch === last.bootEpoch && key.seq > last.seq);
}

/** What the windows of a device are taken in by. */
export interface Following {
  readonly bundleDigest: Sha256;
  readonly reference: string;
  readonly watches: readonly FeatureWatch[];
  /** The design effects that devices have in the mean, by the features' places. */
  readonly pooled: ReadonlyMap<number, Effects>;
}

function startFeature({ index, plan }: FeatureWatch): FeatureMemory {
  return { index, bets: startBetting(plan).logMixture.map(() => leastLogCapital), windows: 0, spread: noSpread, early: [] };
}

/** What `toFixed(5)` gives, as a number. That is slow, and only where two of them are next to equally near does it decide otherwise than rounding. */
function fiveDigits(share: number): number {
  const scaled = share * 1e5;
  return Math.abs(scaled - Math.floor(scaled) - 0.5) < 1e-6 ? Number(share.toFixed(5)) : Math.round(scaled) / 1e5;
}

function stepFeature(memory: FeatureMemory, watch: FeatureWatch, window: Window, pooled: Effects): FeatureMemory {
  const counts = countsOf(window.profile, watch.index);
  const rows = counts === undefined ? 0 : total(counts.cells);
  if (counts === undefined || rows === 0) return memory;
  const hits = watch.hits(counts.cells);
  // Of earlier windows only: a bet is made before its outcome is seen.
  const effect = designEffectsOf(memory.spread, pooled).cuts;
  const told = hits.map((c) => c / effect);
  const state = stepBetting(watch.plan, { windows: memory.windows, logMixture: memory.bets, logRoberts: [] }, told, rows / effect);
  // Rounded down: capital may be thrown away, never found.
  const bets = state.logMixture.map((log) => Math.floor(1e3 * (log > mostLogCapital ? mostLogCapital : log < leastLogCapital ? leastLogCapital : log)) / 1e3);
  const shares = hits.map((c) => fiveDigits(c / rows));
  const isEarly = total(memory.early) < earlyRows;
  return {
    index: memory.index,
    bets,
    windows: state.windows,
    spread: nextSpread(memory.spread, shares, rows, { expected: watch.plan.shares, isOrdered: watch.feature.kind === "numeric", pooled }),
    early: isEarly ? addCells(memory.early, [...watch.coarse(counts.cells), counts.invalid]) : memory.early,
  };
}

function isOf(memory: DeviceMemory, { bundleDigest, reference, watches }: Following): boolean {
  const fits = memory.features.length === watches.length && watches.every((w, i) => memory.features[i]?.index === w.index);
  return memory.bundleDigest === bundleDigest && memory.reference === reference && fits;
}

/**
 * The memory after one more window. Windows are taken in the order of their keys, each once: what was taken already, or comes behind a later
 * one, changes nothing (looks see it all the same), since a bet cannot be made on what is known. Under another bundle, or held against
 * another reference, all begins anew.
 */
export function rememberWindow(memory: DeviceMemory | undefined, window: Window, following: Following): DeviceMemory {
  const { bundleDigest, reference, watches, pooled } = following;
  const { bootEpoch, seq } = window.key;
  if (memory !== undefined && !isAfter(window.key, memory.last)) return memory;
  const isNew = memory === undefined || !isOf(memory, following);
  const previous = memory === undefined || memory.bundleDigest === bundleDigest ? (memory?.previousDigest ?? null) : memory.bundleDigest;
  const before = isNew ? watches.map(startFeature) : memory.features;
  return {
    version: 1,
    bundleDigest,
    previousDigest: previous,
    reference,
    sinceMs: isNew ? window.startMs : memory.sinceMs,
    last: { bootEpoch, seq, endMs: window.endMs },
    features: watches.map((watch, i) => stepFeature(before[i] ?? startFeature(watch), watch, window, pooled.get(watch.index) ?? pooledEffect([]))),
  };
}

/** The e-value of a feature's sequence: its mean is 1 at most as long as the device is as usual, at any time of looking. */
export function evidenceOf({ windows, bets }: FeatureMemory): number {
  return bettingEValue({ windows, logMixture: bets, logRoberts: [] });
}

/** The design effects that devices have in the mean, by the features' places. */
export function pooledByIndex(memories: readonly DeviceMemory[]): ReadonlyMap<number, PooledEffects> {
  const spreads = new Map<number, Spread[]>();
  for (const { features } of memories) {
    for (const { index, spread } of features) {
      const own = spreads.get(index);
      if (own === undefined) spreads.set(index, [spread]);
      else own.push(spread);
    }
  }
  return new Map([...spreads].map(([index, own]) => [index, pooledEffect(own)]));
}
