import type { FeatureSketch, StreamAlarm, WindowDetail } from "@kedge/profile";
import { decodeKll } from "@kedge/stats";
import type { kedge } from "#gen";
import { wireLimits } from "../wire-limits.js";
import type { Fields } from "./fields.js";
import type { Shape } from "./scan.js";

/** The shape of a window's detail: how many alarms and sketches there may be. */
export const detailShape: Shape = { 1: { most: wireLimits.alarms, of: {} }, 2: { most: wireLimits.sketches, of: { 2: { most: 1 } } } };

/** Changes in the order of their numbers on the wire (from 1). Append only. */
const changes: readonly StreamAlarm["change"][] = ["level", "spread"];

export function detailToRaw(detail: WindowDetail): kedge.v1.WindowDetail.$Properties {
  return {
    alarms: detail.alarms.map((alarm) => ({ ...alarm, change: changes.indexOf(alarm.change) + 1 })),
    sketches: detail.sketches.map(({ feature, kll }) => ({ feature, kll })),
  };
}

export function detailFromRaw(raw: kedge.v1.WindowDetail.$Properties, fields: Fields): WindowDetail {
  return {
    alarms: (raw.alarms ?? []).map((alarm) => alarmFromRaw(alarm, fields)),
    sketches: (raw.sketches ?? []).map((sketch) => sketchFromRaw(sketch, fields)),
  };
}

function alarmFromRaw(raw: kedge.v1.StreamAlarm.$Properties, fields: Fields): StreamAlarm {
  const change = changes[(raw.change ?? 0) - 1];
  fields.check(change !== undefined, `change ${raw.change ?? 0} is unknown`);
  return {
    stream: fields.name(raw.stream, "stream"),
    change: change ?? "level",
    beforeMean: fields.finite(raw.beforeMean, "before_mean"),
    afterMean: fields.finite(raw.afterMean, "after_mean"),
    beforeRows: fields.whole(raw.beforeRows, "before_rows"),
    afterRows: fields.whole(raw.afterRows, "after_rows"),
  };
}

/** The sketch's bytes are read once, so that whoever takes them later finds a sketch. */
function sketchFromRaw(raw: kedge.v1.FeatureSketch.$Properties, fields: Fields): FeatureSketch {
  const feature = fields.name(raw.feature, "feature");
  const kll = fields.bytes(raw.kll, "kll", { least: 1, most: wireLimits.sketchBytes });
  if (fields.fault !== undefined) return { feature, kll };
  const sketch = decodeKll(kll, "float32");
  if (sketch.kind === "rejected") fields.fail("wire/invalid-field", `the sketch of ${feature}: ${sketch.message}`);
  return { feature, kll };
}
