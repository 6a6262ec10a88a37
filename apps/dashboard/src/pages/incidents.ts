import type { Accuracy, IncidentDetail } from "@kedge/api";
import { badge } from "../parts/badge.js";
import { type Child, h, s } from "../parts/element.js";
import { clockTime, count, percent } from "../parts/format.js";
import { table } from "../parts/table.js";
import type { Shown, State } from "../state.js";

const details = new Map<string, { incident: IncidentDetail; at: number }>();

function scopeName(scope: IncidentDetail["scope"]): string {
  return scope.kind === "device" ? scope.deviceId : scope.kind === "cohort" ? scope.selector : "fleet";
}

function bar(label: string, accuracy: Accuracy | null): HTMLElement {
  if (accuracy === null) return h("div", { class: "bar" }, h("span", {}, label), h("span", { class: "muted" }, "nothing labelled"), h("span", {}));
  const x = (share: number): string => (200 * share).toFixed(1);
  return h(
    "div",
    { class: "bar" },
    h("span", {}, label),
    s(
      "svg",
      { viewBox: "0 0 200 16", preserveAspectRatio: "none", role: "img", "aria-label": `${label}: ${percent(accuracy.share)}` },
      s("rect", { class: "track", x: 0, y: 2, width: 200, height: 12 }),
      s("rect", { class: "value", x: 0, y: 2, width: x(accuracy.share), height: 12 }),
      s("line", { x1: x(accuracy.low), x2: x(accuracy.high), y1: 8, y2: 8 }),
    ),
    h("span", {}, `${percent(accuracy.share)} (${percent(accuracy.low)} to ${percent(accuracy.high)}), n = ${count(accuracy.total)}`),
  );
}

function detail(incident: IncidentDetail, shown: Shown): Child {
  const job = shown.jobs.find((j) => j.jobId === incident.jobId);
  return [
    h("p", { class: "story" }, incident.explanation),
    h("div", { class: "two" }, [
      h(
        "div",
        { class: "card" },
        h("h3", {}, "Accuracy on labelled readings of its devices"),
        h("div", { class: "bars" }, bar("before", incident.accuracy.before), bar("during", incident.accuracy.during), bar("after", incident.accuracy.after)),
      ),
      h(
        "div",
        { class: "card" },
        h("h3", {}, "What is done about it"),
        job === undefined
          ? h("p", { class: "muted" }, "Nothing yet.")
          : h("p", {}, "Retraining ", badge(job.state), ` with ${count(job.labelledFrames)} labelled readings. ${job.gate?.sentence ?? job.reason ?? ""}`),
        incident.rolloutId === null ? null : h("p", {}, h("a", { href: `#/rollouts/${incident.rolloutId}` }, `Rollout ${incident.rolloutId}`)),
      ),
    ]),
    h("h2", {}, "Evidence, of the clearest look"),
    table(
      [
        { title: "Feature" },
        { title: "Role" },
        { title: "Moved", kind: "number" },
        { title: "Limit", kind: "number" },
        { title: "95 % interval" },
        { title: "n", kind: "number" },
        { title: "Most moved", kind: "wide" },
      ],
      incident.evidence.map((v) => [
        v.feature,
        v.role,
        percent(v.score),
        percent(v.limit),
        `${percent(v.interval[0])} to ${percent(v.interval[1])}`,
        count(Math.round(v.rows)),
        v.topBins.map((b) => `${b.label}: ${percent(b.reference)} → ${percent(b.current)}`).join(" · "),
      ]),
      "None.",
    ),
    h("h2", {}, "History"),
    table(
      [{ title: "Time (UTC)" }, { title: "What" }, { title: "", kind: "wide" }, { title: "By" }],
      incident.events.map((e) => [clockTime(e.atMs), e.kind, e.message, e.actor ?? ""]),
      "None.",
    ),
  ];
}

/** What drifted, and what was done about it. */
export function incidentsPage(shown: Shown, state: State, repaint: () => void, wanted: string | undefined): HTMLElement {
  const chosen = shown.incidents.find((i) => i.incidentId === wanted) ?? shown.incidents[0];
  // Labels arrive after the incident last changed, so its accuracy is asked for anew at each look.
  const at = Math.max(chosen?.updatedAtMs ?? 0, shown.drift.atMs ?? 0);
  if (chosen !== undefined && details.get(chosen.incidentId)?.at !== at) {
    const before = details.get(chosen.incidentId);
    if (before !== undefined) before.at = at;
    void state.client.incidents.get({ incidentId: chosen.incidentId }).then(
      (incident) => {
        details.set(chosen.incidentId, { incident, at });
        repaint();
      },
      () => undefined,
    );
  }
  const known = chosen === undefined ? undefined : details.get(chosen.incidentId)?.incident;
  return h(
    "div",
    {},
    h("h1", {}, "Incidents"),
    table(
      [
        { title: "Incident" },
        { title: "State" },
        { title: "Severity" },
        { title: "Where" },
        { title: "Kind" },
        { title: "Features", kind: "wide" },
        { title: "Opened" },
        { title: "Resolved" },
      ],
      shown.incidents.map((i) => [
        h("a", { href: `#/incidents/${i.incidentId}`, "aria-current": i === chosen ? "true" : undefined }, i.incidentId),
        badge(i.state),
        badge(i.severity),
        scopeName(i.scope),
        `${i.change}: ${i.causeClass.replaceAll("_", " ")}`,
        i.features.join(", "),
        i.openedAtMs === null ? "" : clockTime(i.openedAtMs),
        i.resolvedAtMs === null ? "" : clockTime(i.resolvedAtMs),
      ]),
      "No incident so far.",
    ),
    chosen === undefined ? null : [h("h2", {}, chosen.title), known === undefined ? null : detail(known, shown)],
  );
}
