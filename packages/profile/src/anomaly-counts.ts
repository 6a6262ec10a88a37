import { type Anomaly, anomalyRules, createSchemaChecker, type InputSchema, type Reading } from "@kedge/sensor";
import type { Profile } from "./profile.js";

/** How many readings broke one rule at one field. */
export interface AnomalyCount extends Anomaly {
  readonly count: number;
}

/**
 * How many readings broke which rules of a schema. `pairs` ascend by field (UTF-16 units) and then by rule (as in `anomalyRules`), each count
 * above zero, at most {@link maxAnomalyPairs} of them; what did not fit is added up in `overflow`. What broke nothing has no counts at all.
 */
export interface AnomalyCounts {
  readonly pairs: readonly AnomalyCount[];
  readonly overflow: number;
}

/** Pairs of field and rule that a profile keeps apart. */
export const maxAnomalyPairs = 256;

const rank = new Map(anomalyRules.map((rule, i) => [rule, i]));

/** Below 0 when `a` stands before `b`; 0 for the same field and rule. */
export function compareAnomalies(a: Anomaly, b: Anomaly): number {
  if (a.field !== b.field) return a.field < b.field ? -1 : 1;
  return (rank.get(a.rule) ?? 0) - (rank.get(b.rule) ?? 0);
}

/**
 * The first pairs are kept and the rest added up. Whatever stands before a kept pair in the whole stands before it in every part, so that no
 * part has let go of a pair that the whole keeps: counts of merged profiles are exact, in any order of merging.
 */
function bounded(pairs: readonly AnomalyCount[], overflow: number): AnomalyCounts | undefined {
  const rest = pairs.slice(maxAnomalyPairs).reduce((sum, p) => sum + p.count, overflow);
  return pairs.length === 0 && rest === 0 ? undefined : { pairs: pairs.slice(0, maxAnomalyPairs), overflow: rest };
}

/** The counts of both together; exact, commutative, associative. */
export function mergeAnomalies(a: AnomalyCounts | undefined, b: AnomalyCounts | undefined): AnomalyCounts | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const pairs: AnomalyCount[] = [];
  let i = 0;
  let k = 0;
  while (i < a.pairs.length || k < b.pairs.length) {
    const [left, right] = [a.pairs[i], b.pairs[k]];
    const order = left === undefined ? 1 : right === undefined ? -1 : compareAnomalies(left, right);
    if (order <= 0 && left !== undefined) i += 1;
    if (order >= 0 && right !== undefined) k += 1;
    const one = order <= 0 ? left : right;
    if (one !== undefined) pairs.push(order === 0 ? { ...one, count: one.count + (right?.count ?? 0) } : one);
  }
  return bounded(pairs, a.overflow + b.overflow);
}

/** Counts anomalies in memory that the schema bounds: a checker tells of no other fields and rules than its schema's. */
export interface AnomalyTally {
  add(anomalies: readonly Anomaly[]): void;
  /** The counts so far, and starts anew; `undefined` when there were none. */
  take(): AnomalyCounts | undefined;
}

/** A tally for the anomalies of one checker, which tells of each field and rule by the same object every time. */
export function createAnomalyTally(): AnomalyTally {
  const counts = new Map<Anomaly, number>();
  return {
    add(anomalies) {
      for (let i = 0; i < anomalies.length; i += 1) {
        const anomaly = anomalies[i] as Anomaly;
        counts.set(anomaly, (counts.get(anomaly) ?? 0) + 1);
      }
    },
    take() {
      const pairs = [...counts].map(([{ field, rule }, count]) => ({ field, rule, count })).sort(compareAnomalies);
      counts.clear();
      return bounded(pairs, 0);
    },
  };
}

/** What readings in no particular order break of a schema: neither runs of equal values nor their times are looked at. */
export function countAnomalies(schema: InputSchema, readings: Iterable<Reading>): AnomalyCounts | undefined {
  const checker = createSchemaChecker(schema, { isStream: false });
  const tally = createAnomalyTally();
  for (const reading of readings) tally.add(checker.check(reading, reading.atMs));
  return tally.take();
}

/** The profile with these counts beside what it holds already. */
export function withAnomalies(profile: Profile, counts: AnomalyCounts | undefined): Profile {
  const anomalies = mergeAnomalies(profile.anomalies, counts);
  return anomalies === undefined ? profile : { ...profile, anomalies };
}
