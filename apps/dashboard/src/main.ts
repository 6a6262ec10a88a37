import "uplot/dist/uPlot.min.css";
import "./style.css";
import { driftPage } from "./pages/drift.js";
import { fleetPage } from "./pages/fleet.js";
import { incidentsPage } from "./pages/incidents.js";
import { rolloutsPage } from "./pages/rollouts.js";
import { badge } from "./parts/badge.js";
import { type Child, h } from "./parts/element.js";
import { clockTime } from "./parts/format.js";
import { keepToken, type Shown, State, takeToken } from "./state.js";

const links = [
  ["", "Fleet"],
  ["drift", "Drift"],
  ["rollouts", "Rollouts"],
  ["incidents", "Incidents"],
] as const;

function place(): { readonly page: string; readonly id: string | undefined } {
  const [page = "", id] = location.hash.replace(/^#\/?/, "").split("/");
  return { page, id };
}

/** The story in a line or two, on top of every page. */
function strip({ incidents, rollouts, jobs }: Shown): Child {
  const incident = incidents.find((i) => i.state === "OPEN" || i.state === "ACKNOWLEDGED");
  const rollout = rollouts.find((r) => r.state === "RUNNING" || r.state === "PAUSED" || r.state === "ROLLING_BACK");
  const job = jobs.find((j) => ["COLLECTING", "TRAINING", "GATING", "PASSED"].includes(j.state));
  const lines: Child[] = [];
  if (incident !== undefined) lines.push(h("p", {}, badge(incident.severity), " ", h("a", { href: `#/incidents/${incident.incidentId}` }, incident.title)));
  if (job !== undefined)
    lines.push(h("p", {}, badge(job.state), ` retraining of ${job.modelName}: ${job.labelledFrames} of ${job.wantedFrames} readings labelled`));
  if (rollout !== undefined)
    lines.push(
      h(
        "p",
        {},
        badge(rollout.state),
        " ",
        h("a", { href: `#/rollouts/${rollout.rolloutId}` }, `${rollout.bundle.name}@${rollout.bundle.version}`),
        `: ${rollout.observed} of ${rollout.devices} devices, ${rollout.reason}`,
      ),
    );
  if (lines.length === 0) lines.push(h("p", { class: "muted" }, "No open incident, no rollout under way."));
  return h("div", { class: "strip", role: "status" }, lines);
}

function top(state: State): Child[] {
  const { page } = place();
  const { shown, fault } = state;
  return [
    h(
      "nav",
      { "aria-label": "Pages" },
      h("span", { class: "brand" }, "Kedge"),
      links.map(([path, name]) => h("a", { href: `#/${path}`, "aria-current": page === path ? "page" : undefined }, name)),
      h("span", { class: "when" }, shown === null ? "" : `${clockTime(shown.overview.collector.nowMs)} · ${shown.overview.collector.id}`),
    ),
    shown === null ? null : strip(shown),
    fault === null ? null : h("p", { class: "banner", role: "alert" }, `Not connected to the collector: ${fault} What is shown is from before; trying again.`),
  ];
}

function pageOf(shown: Shown, state: State, repaint: () => void): HTMLElement {
  const { page, id } = place();
  if (page === "drift") return driftPage(shown, state, repaint);
  if (page === "rollouts") return rolloutsPage(shown, state, repaint, id);
  if (page === "incidents") return incidentsPage(shown, state, repaint, id);
  return fleetPage(shown);
}

function login(onToken: () => void): HTMLElement {
  const field = h("input", { type: "password", name: "token", autocomplete: "off", "aria-label": "API token", required: true });
  const send = (event: Event): void => {
    event.preventDefault();
    keepToken(field.value);
    onToken();
  };
  return h(
    "form",
    { class: "login", submit: send },
    h("h1", {}, "Kedge"),
    h("label", {}, "An API token of this collector, such as the one in its file admin-token, or one made with kedge access create --role viewer:"),
    field,
    h("button", { type: "submit" }, "Show the fleet"),
  );
}

/** Replaces what is inside, keeping the focus on the control that had it, so that a repaint does not throw keyboard users back. */
function replace(parent: HTMLElement, children: readonly Child[]): void {
  const focused = document.activeElement;
  const label = focused instanceof HTMLElement && parent.contains(focused) ? (focused.getAttribute("aria-label") ?? focused.textContent) : null;
  parent.replaceChildren(h("div", {}, children));
  if (label === null) return;
  for (const candidate of parent.querySelectorAll<HTMLElement>("a, button")) {
    if ((candidate.getAttribute("aria-label") ?? candidate.textContent) === label) {
      candidate.focus({ preventScroll: true });
      return;
    }
  }
}

function begin(): void {
  const header = document.querySelector<HTMLElement>("#top");
  const main = document.querySelector<HTMLElement>("#page");
  if (header === null || main === null) return;
  const token = takeToken();
  const ask = (): void => replace(main, [login(begin)]);
  if (token === null) {
    ask();
    return;
  }
  const paint = (): void => {
    if (state.isRefused) {
      ask();
      return;
    }
    replace(header, top(state));
    if (state.shown !== null) replace(main, [pageOf(state.shown, state, paint)]);
  };
  const state: State = new State(token, paint);
  window.addEventListener("hashchange", () => {
    paint();
    main.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  });
  paint();
  state.start();
}

begin();
