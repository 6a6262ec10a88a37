import { type EmbeddingSummary, type FeatureSummary, isIncompatible, mergeProfiles, type Profile, type ProfileSpec } from "@kedge/profile";
import { effectSize } from "./compare-feature.js";
import { addCells, countsOf, scaledTo, total, watchedFeatures } from "./feature-counts.js";

/** Hours of a week: what is usual is kept for each of them. Slot 0 begins on Thursday at 00:00 UTC, as the epoch did. */
export const seasonSlots = 168;

const hourMs = 3_600_000;

/** The slot of a moment, ms since 1970. */
export function slotOf(atMs: number): number {
  const hours = Math.floor(atMs / hourMs) % seasonSlots;
  return hours < 0 ? hours + seasonSlots : hours;
}

/** What is usual in each hour of the week, by slot; hours of which nothing was learnt are missing. */
export type SeasonProfiles = ReadonlyMap<number, Profile>;

/** Rows that a slot must hold before it is believed more than the training reference. */
const leastRows = 500;
/** Moments at which a look-back is asked for its slots. */
const momentsPerSpan = 8;
/** A slot that has less part than this in a moment is not asked. */
const leastWeight = 0.01;

function scaledVectors(summary: EmbeddingSummary, by: number): EmbeddingSummary {
  const whole = (x: number): number => Math.round(x * by);
  const { sums, count, missing, wrongType, notANumber } = summary;
  const invalid = { missing: whole(missing), wrongType: whole(wrongType), notANumber: whole(notANumber) };
  return { ...summary, ...invalid, sums: sums.map(whole), count: whole(count) };
}

function scaled(summary: FeatureSummary, by: number): FeatureSummary {
  if (summary.kind === "embedding") return scaledVectors(summary, by);
  const counts = summary.counts.map((c) => Math.round(c * by));
  const whole = (x: number): number => Math.round(x * by);
  const count = counts.reduce((sum, c) => sum + c, 0);
  const shared = { missing: whole(summary.missing), wrongType: whole(summary.wrongType) };
  if (summary.kind === "categorical") return { ...summary, ...shared, counts, other: whole(summary.other), count: count + whole(summary.other) };
  const bounds = { under: whole(summary.under), over: whole(summary.over), notANumber: whole(summary.notANumber) };
  return { ...summary, ...shared, ...bounds, counts, count, m2: summary.m2 * by };
}

function scaledProfile(profile: Profile, by: number): Profile {
  return { ...profile, rows: Math.round(profile.rows * by), errors: Math.round(profile.errors * by), features: profile.features.map((f) => scaled(f, by)) };
}

/** Weights of the slots at a moment: the slot's own middle, and the one next to it, in a straight line between. */
function weightsAt(atMs: number): (readonly [number, number])[] {
  const place = atMs / hourMs - 0.5;
  const before = Math.floor(place);
  const share = place - before;
  return [
    [slotOf(before * hourMs), 1 - share],
    [slotOf((before + 1) * hourMs), share],
  ];
}

/**
 * What is usual between two moments, drawn in straight lines between the middles of the hours: a mixture of the slots' shares, known as well as
 * the weights allow. The weights are the clock's and not fitted: a free mixture of hours would take a real step for another hour.
 * `undefined` while an hour in question was not learnt.
 */
export function seasonAt(profiles: SeasonProfiles, fromMs: number, toMs: number): Profile | undefined {
  const weights = new Map<number, number>();
  for (let i = 0; i < momentsPerSpan; i += 1) {
    const atMs = fromMs + ((i + 0.5) / momentsPerSpan) * (toMs - fromMs);
    for (const [slot, weight] of weightsAt(atMs)) weights.set(slot, (weights.get(slot) ?? 0) + weight / momentsPerSpan);
  }
  const parts: { readonly profile: Profile; readonly weight: number }[] = [];
  for (const [slot, weight] of weights) {
    if (weight < leastWeight) continue;
    const profile = profiles.get(slot);
    if (profile === undefined || profile.rows < leastRows) return undefined;
    parts.push({ profile, weight });
  }
  // A mixture of samples is known as well as one sample of 1 / Σ weight² / rows.
  const rows = 1 / parts.reduce((sum, { profile, weight }) => sum + weight ** 2 / profile.rows, 0);
  let mixed: Profile | undefined;
  for (const { profile, weight } of parts) {
    const part = scaledProfile(profile, (weight * rows) / profile.rows);
    const sum = mixed === undefined ? part : mergeProfiles(mixed, part);
    if (isIncompatible(sum)) return undefined;
    mixed = sum;
  }
  return mixed;
}

/** Hours come from devices, which do not measure how vectors spread: as in the reference, it is taken. */
export function withSpreadsOf(season: Profile, reference: Profile): Profile {
  const features = season.features.map((feature, i) => {
    const trained = reference.features[i];
    return feature.kind === "embedding" && trained?.kind === "embedding" ? { ...feature, spread: trained.spread } : feature;
  });
  return { ...season, features };
}

/** The slots after more was learnt. Sums only grow, so that a slow change is held against the mean of all that was ever accepted. */
export function learnSeason(before: Profile | undefined, more: Profile): Profile {
  const sum = before === undefined ? more : mergeProfiles(before, more);
  // A bundle that counts otherwise begins anew.
  return isIncompatible(sum) ? more : sum;
}

/** How far the mean of all learnt hours, each counting the same, lies from a reference: the largest effect over the features, 0 to 1. */
export function distanceOfSeasons(profiles: SeasonProfiles, spec: ProfileSpec, reference: Profile): number {
  let most = 0;
  watchedFeatures(spec).forEach(({ feature, index }) => {
    const trained = countsOf(reference, index)?.cells ?? [];
    let mean: number[] = [];
    for (const profile of profiles.values()) {
      const cells = countsOf(profile, index)?.cells ?? [];
      if (total(cells) > 0) mean = addCells(mean, scaledTo(cells, 1));
    }
    if (total(mean) > 0 && total(trained) > 0) most = Math.max(most, effectSize(mean, trained, feature.kind === "numeric"));
  });
  return most;
}
