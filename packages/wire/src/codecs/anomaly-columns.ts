import { type AnomalyCount, type AnomalyCounts, compareAnomalies, maxAnomalyPairs } from "@kedge/profile";
import { anomalyRules } from "@kedge/sensor";
import type { kedge } from "#gen";
import { wireLimits } from "../wire-limits.js";
import { unencodable } from "./codec.js";
import { cleanText, type Fields } from "./fields.js";

type RawProfile = kedge.v1.Profile.$Properties;
type AnomalyColumns = Pick<RawProfile, "anomalyField" | "anomalyRule" | "anomalyCount" | "anomalyOverflow">;

const isCount = (value: number): boolean => value >>> 0 === value;

/** The columns of a profile's anomalies: nothing at all when it has none. Throws `wire/unencodable` for what the other side would refuse. */
export function anomaliesToRaw(anomalies: AnomalyCounts | undefined): AnomalyColumns {
  if (anomalies === undefined) return {};
  const { pairs, overflow } = anomalies;
  if (pairs.length > maxAnomalyPairs) throw unencodable(`a profile with ${pairs.length} anomalies: at most ${maxAnomalyPairs} fit`);
  pairs.forEach((pair, i) => {
    const before = pairs[i - 1];
    if (before !== undefined && compareAnomalies(before, pair) >= 0) throw unencodable("a profile whose anomalies do not ascend");
    const isName = pair.field !== "" && cleanText(pair.field, wireLimits.name) === pair.field;
    if (!isName) throw unencodable("a profile with an anomaly at a field that has no name");
    if (!isCount(pair.count) || pair.count === 0) throw unencodable(`a profile with an anomaly counted ${pair.count} times`);
  });
  if (!isCount(overflow)) throw unencodable(`a profile with ${overflow} anomalies beyond its bounds`);
  return {
    anomalyField: pairs.map((p) => p.field),
    anomalyRule: pairs.map((p) => anomalyRules.indexOf(p.rule) + 1),
    anomalyCount: pairs.map((p) => p.count),
    anomalyOverflow: overflow,
  };
}

/** A profile's anomalies; `undefined` when there are none. `readings`: how many there were, of which each breaks a rule at a field once. */
export function anomaliesFromRaw(raw: AnomalyColumns, readings: number, fields: Fields): AnomalyCounts | undefined {
  const names = raw.anomalyField ?? [];
  const rules = raw.anomalyRule ?? [];
  const counts = raw.anomalyCount ?? [];
  let overflow = fields.whole(raw.anomalyOverflow, "anomaly_overflow");
  if (names.length === 0 && rules.length === 0 && counts.length === 0) return overflow === 0 ? undefined : { pairs: [], overflow };
  if (names.length !== rules.length || names.length !== counts.length) fields.fail("wire/invalid-field", "the columns of anomalies are of different lengths");
  if (fields.fault !== undefined) return undefined;
  const pairs: AnomalyCount[] = [];
  for (let i = 0; i < names.length; i += 1) {
    const field = fields.name(names[i], "anomaly_field");
    const count = fields.whole(counts[i], "anomaly_count", { least: 1, most: Math.min(readings, 0xffff_ffff) });
    const rule = anomalyRules[(rules[i] ?? 0) - 1];
    fields.check((rules[i] ?? 0) > 0, "an anomaly of rule 0");
    // A newer agent's rule: that something was wrong is still known.
    if (rule === undefined) overflow += count;
    else {
      const pair = { field, rule, count };
      const before = pairs.at(-1);
      fields.check(before === undefined || compareAnomalies(before, pair) < 0, "anomalies do not ascend");
      pairs.push(pair);
    }
  }
  return { pairs, overflow };
}
