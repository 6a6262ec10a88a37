import type { DriftLook, FeatureHistogram, Series, Verdict } from "@kedge/api";
import { type Child, h } from "../parts/element.js";
import { clockTime, count, figure, percent } from "../parts/format.js";
import { histogram } from "../parts/histogram.js";
import { type Mark, seriesChart } from "../parts/series.js";
import type { Shown, State } from "../state.js";

/** What is looked at closely: a feature at a scope of the fleet. It outlives repaints. */
export interface Closer {
  feature: string;
  scope: string;
  histogram: FeatureHistogram | null;
  series: Series | null;
  key: string;
}

export const closer: Closer = { feature: "", scope: "fleet", histogram: null, series: null, key: "" };

function scopeText(scope: Verdict["scope"]): string {
  return scope.kind === "device" ? `device:${scope.deviceId}` : scope.kind === "cohort" ? `cohort:${scope.selector}` : "fleet";
}

function marksOf(shown: Shown): Mark[] {
  const incidents = shown.incidents.flatMap((i): Mark[] => [
    ...(i.openedAtMs === null ? [] : [{ atMs: i.openedAtMs, label: "incident", kind: "alert" as const }]),
    ...(i.resolvedAtMs === null || i.openedAtMs === null ? [] : [{ atMs: i.resolvedAtMs, label: "resolved", kind: "resolved" as const }]),
  ]);
  return [...incidents, ...shown.rollouts.map((r): Mark => ({ atMs: r.createdAtMs, label: `rollout ${r.bundle.version}`, kind: "rollout" }))];
}

async function fetchCloser(state: State, onDone: () => void): Promise<void> {
  const { feature, scope } = closer;
  const nowMs = state.shown?.overview.collector.nowMs ?? 0;
  const role = state.shown?.drift.looks[0]?.verdicts.find((v) => v.feature === feature);
  const from = Math.max(state.shown?.overview.collector.startedAtMs ?? 0, nowMs - 3_600_000);
  const bucketMs = Math.max(5_000, Math.ceil((nowMs - from) / 120 / 1_000) * 1_000);
  const category = role?.topBins[0]?.label;
  const found = await state.client.drift.feature({ feature, scope }).catch(() => null);
  const question =
    found?.kind === "categorical" && category !== undefined
      ? { stat: "share" as const, category }
      : { stat: found?.kind === "embedding" ? ("missing_share" as const) : ("mean" as const) };
  const series = await state.client.series.get({ feature, groupBy: "site", bucketMs, from, to: nowMs, ...question }).catch(() => null);
  closer.histogram = found;
  closer.series = series;
  onDone();
}

function heat(look: DriftLook, choose: (feature: string, scope: string) => void): HTMLElement {
  const features = [...new Set(look.verdicts.map((v) => v.feature))];
  const scopes = [...new Set(look.verdicts.map((v) => scopeText(v.scope)))].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1)).slice(0, 60);
  const by = new Map(look.verdicts.map((v) => [`${v.feature}/${scopeText(v.scope)}`, v]));
  const cell = (feature: string, scope: string): Child => {
    const v = by.get(`${feature}/${scope}`);
    if (v === undefined) return h("td", {}, "");
    const level = Math.min(4, Math.floor((v.score / v.limit) * 1.34));
    const title = `${feature} at ${scope}: ${percent(v.score)} of readings moved (limit ${percent(v.limit)}), n = ${count(Math.round(v.rows))}${v.drifted ? (v.change === "skew" ? ", skew: unlike training from its first windows on" : ", drifted") : ""}`;
    return h(
      "td",
      {},
      h(
        "button",
        {
          type: "button",
          class: `h${level} ${v.drifted ? "drifted" : ""}`,
          title,
          "aria-label": title,
          "aria-pressed": String(closer.feature === feature && closer.scope === scope),
          click: () => choose(feature, scope),
        },
        v.score.toFixed(2),
      ),
    );
  };
  return h(
    "div",
    { class: "table heat" },
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", {}, ""),
          scopes.map((s) => h("th", { scope: "col" }, s.replace("cohort:", "").replace("device:", ""))),
        ),
      ),
      h(
        "tbody",
        {},
        features.map((f) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, f),
            scopes.map((s) => cell(f, s)),
          ),
        ),
      ),
    ),
  );
}

function rank(scope: string): number {
  return scope === "fleet" ? 0 : scope.startsWith("cohort:") ? 1 : 2;
}

/** Of vectors only a sketch is kept: how far they moved is all that there is to draw. */
function sketchBand(verdict: Verdict | null): Child {
  if (verdict === null) return h("p", { class: "muted" }, "Vectors, not judged yet.");
  const [from, to] = verdict.interval;
  const words = `Vectors: ${percent(verdict.score)} of readings moved at least, 95 % from ${percent(from)} to ${percent(to)}; the limit is ${percent(verdict.limit)}.`;
  return h("p", {}, words);
}

function closeUp(shown: Shown): Child {
  const { histogram: found, series } = closer;
  if (closer.feature === "") return h("p", { class: "muted" }, "Choose a cell to see the reference against now.");
  const moved = found?.verdict?.topBins.map((b) => `${b.label}: ${percent(b.reference)} → ${percent(b.current)}`).join(" · ");
  return h(
    "div",
    { class: "two" },
    h(
      "div",
      { class: "card" },
      h("h3", {}, `${closer.feature} at ${closer.scope}: reference (line) against now (bars)`),
      found === null
        ? h("p", { class: "muted" }, "Nothing was seen here lately.")
        : [
            found.kind === "embedding" ? sketchBand(found.verdict) : histogram(found.bins, closer.feature),
            h("p", { class: "muted" }, `n = ${count(found.rows)} against ${count(found.referenceRows)}. ${moved ?? ""}`),
          ],
    ),
    h(
      "div",
      { class: "card" },
      h("h3", {}, `${closer.feature} over time by site (${series?.stat ?? "mean"}), UTC`),
      series === null || series.times.length === 0
        ? h("p", { class: "muted" }, "No series yet.")
        : seriesChart(
            series.times,
            series.lines.map((l) => ({ label: l.label, values: l.values })),
            { unit: "", marks: marksOf(shown) },
          ),
    ),
  );
}

/** What moved, where, by how much. */
export function driftPage(shown: Shown, state: State, repaint: () => void): HTMLElement {
  const { drift } = shown;
  const look = drift.looks[0];
  if (closer.feature === "" && look !== undefined) {
    const worst = look.verdicts.slice().sort((a, b) => b.score / b.limit - a.score / a.limit)[0];
    closer.feature = worst?.feature ?? "";
    closer.scope = worst === undefined ? "fleet" : scopeText(worst.scope);
  }
  const key = `${closer.feature}/${closer.scope}/${drift.atMs ?? 0}`;
  if (closer.feature !== "" && key !== closer.key) {
    closer.key = key;
    void fetchCloser(state, repaint);
  }
  const choose = (feature: string, scope: string): void => {
    closer.feature = feature;
    closer.scope = scope;
    closer.key = "";
    repaint();
  };
  const causes = drift.looks.flatMap((l) => l.causes);
  return h(
    "div",
    {},
    h("h1", {}, "Drift"),
    drift.atMs === null
      ? h("p", { class: "muted" }, "The fleet has not been looked at yet.")
      : h("p", { class: "muted" }, `Last look at ${clockTime(drift.atMs)}, ${count(look?.rows ?? 0)} predictions of ${look?.devices ?? 0} devices.`),
    causes.length === 0
      ? h("p", { class: "good" }, "✓ Nothing moved beyond what is normal.")
      : causes.map((c) => h("p", { class: "story" }, h("span", { class: "bad" }, "✗ "), c.explanation)),
    drift.looks.map((l) => [h("h2", {}, `${l.bundle.name}@${l.bundle.version}: share of readings that moved, by feature and place`), heat(l, choose)]),
    h("h2", {}, "A closer look"),
    closeUp(shown),
    causes.length > 0
      ? h(
          "p",
          { class: "muted" },
          `Cells with a border count as drift: evidence and effect both. A score of ${figure(0.1)} means that a tenth of the readings would have to move.`,
        )
      : null,
  );
}
