import { anomalyWords } from "./anomaly-verdicts.js";
import { type Cause, type MovedBin, scopeName } from "./verdict.js";

const percent = (share: number): string => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;

const classWords: Readonly<Record<Cause["causeClass"], string>> = {
  population_shift: "what is seen has changed",
  missing: "values are missing or broken",
  wrong_type: "values are of the wrong type",
  out_of_range: "values are out of range",
  new_category: "words come that were never seen",
  clock_fault: "readings are not in order of time",
  unit_change: "a unit seems to have changed",
  stuck: "a sensor seems stuck",
  saturation: "a sensor seems saturated",
  camera_moved: "the camera moved",
  lens: "the lens is not clear",
  light: "the light changed",
  inverted: "the picture is inverted",
  model_change: "the model changed",
  seasonal: "it is the season",
  unknown: "the kind is not known",
};

/** Against what it differs, in a few words. */
export const changeWords: Readonly<Record<Cause["change"], string>> = {
  skew: "unlike the training reference from the first windows on",
  drift: "unlike what was seen before",
};

/** To the minute, UTC: `2026-03-02 07:10 UTC`. */
const moment = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;

/** The bins or words that moved most, a tenth of the first one's way at the least. */
function movedWords({ topBins, rule }: Cause["features"][number]): string {
  const way = (b: MovedBin): number => Math.abs(b.current - b.reference);
  const [first] = topBins;
  // A rule that is broken says itself what moved.
  if (first === undefined || rule !== undefined) return "";
  const told = topBins.filter((b) => way(b) >= way(first) / 10).map((b) => `"${b.label}" from ${percent(b.reference)} to ${percent(b.current)}`);
  return ` Most of it: ${told.join(", ")}.`;
}

/** One paragraph in plain words: who, since when, what moved most and by how much, how sure, what it looks like, what to do. */
export function explainCause(cause: Cause): string {
  const [first, ...rest] = cause.features;
  if (first === undefined) return `${scopeName(cause.scope)}: nothing moved.`;
  const since = cause.onsetMs === null ? "" : `, since ${moment(cause.onsetMs)}`;
  const others = rest.length === 0 ? "" : ` Also moved: ${rest.map((f) => f.feature).join(", ")}.`;
  const did = first.rule === undefined ? "moved for" : `breaks the schema (${anomalyWords[first.rule]}) in`;
  const where = cause.scope.kind === "device" ? scopeName(cause.scope) : `${scopeName(cause.scope)} (${cause.deviceIds.length} devices)`;
  return (
    `${cause.change === "skew" ? "Skew" : "Drift"} at ${where}: ${changeWords[cause.change]}${since}; ${classWords[cause.causeClass]}. ${first.feature} ${did} ${percent(first.score)} of the readings ` +
    `(limit ${percent(first.limit)}, 95 % interval ${percent(first.interval[0])} to ${percent(first.interval[1])}, n = ${Math.round(first.rows)} against ${Math.round(first.referenceRows)}).` +
    `${movedWords(first)}${others} ${cause.reason}`
  );
}
