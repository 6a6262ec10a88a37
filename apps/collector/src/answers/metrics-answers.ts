import type { Commands, Queries, Refusal } from "../commands.js";
import { backfill, hoursOf } from "../metrics/backfill.js";
import type { Services } from "../services.js";
import { usage } from "./refusals.js";

const hourMs = 3_600_000;
/** What one request writes again: more is asked for day by day, so that who asks sees how far it is. */
const longestMs = 24 * hourMs;
const longestView = 366 * longestMs;

const notThere: Refusal = {
  kind: "refused",
  reason: "conflict",
  code: "collector/no-metrics",
  message: "this collector writes to no database of metrics",
  hint: "Set store.metrics; apps/docs/guide/stores.md says how.",
};

/** Whole hours around a time, or why it is none. */
function rangeOf(from: number, to: number, mostMs: number): { readonly fromMs: number; readonly toMs: number } | Refusal {
  if (from >= to) return usage("the time ends before it begins", "Give the earlier moment first.");
  const range = { fromMs: Math.floor(from / hourMs) * hourMs, toMs: Math.ceil(to / hourMs) * hourMs };
  return range.toMs - range.fromMs <= mostMs + hourMs ? range : usage(`the time is longer than ${mostMs / hourMs} hours`, "Ask for a part of it at a time.");
}

/** What is known of the database of metrics, and filling its gaps. */
export function metricsAnswers(services: Services): Pick<Queries, "metricsStanding" | "metricsHours"> & Pick<Commands, "backfillMetrics"> {
  const { metrics, audit, clock } = services;
  return {
    async metricsStanding() {
      if (metrics === undefined) return notThere;
      const { kind, place, maxSeries, mirror } = metrics;
      return { kind: "done", value: { kind, place, maxSeries, ...mirror.standing } };
    },
    async metricsHours({ from, to }) {
      if (metrics === undefined) return notThere;
      const range = rangeOf(from, to, longestView);
      return "kind" in range ? range : { kind: "done", value: { items: await hoursOf(services, metrics, range) } };
    },
    async backfillMetrics({ from, to }, caller) {
      if (metrics === undefined) return notThere;
      const range = rangeOf(from, to, longestMs);
      if ("kind" in range) return range;
      await audit.append({ atMs: clock.nowMs(), actor: caller.name, action: "metrics.backfill", subject: metrics.place, details: { ...range } });
      return { kind: "done", value: await backfill(services, metrics, range) };
    },
  };
}
