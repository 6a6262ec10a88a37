import type { Rollout, RolloutSummary } from "@kedge/api";
import { badge } from "../parts/badge.js";
import { type Child, h } from "../parts/element.js";
import { clockTime, count, duration, figure } from "../parts/format.js";
import { table } from "../parts/table.js";
import type { Shown, State } from "../state.js";

const details = new Map<string, { rollout: Rollout; at: number }>();

function ladder(rollout: RolloutSummary): HTMLElement {
  return h(
    "div",
    { class: "card" },
    rollout.waves.map((w) =>
      h(
        "div",
        { class: "wave" },
        h("span", {}, w.name),
        h("progress", { max: w.devices, value: w.observed, "aria-label": `${w.name}: ${w.observed} of ${w.devices} devices observed` }),
        h("span", {}, badge(w.state), ` ${w.observed} of ${w.devices} observed`),
      ),
    ),
  );
}

function gates(rollout: Rollout): Child {
  const rows = rollout.waves.flatMap((w) => w.gates.map((g) => [w.name, g.name, badge(g.verdict), figure(g.value), figure(g.limit), count(g.rows), g.detail]));
  return table(
    [
      { title: "Wave" },
      { title: "Gate" },
      { title: "Verdict" },
      { title: "Value", kind: "number" },
      { title: "Limit", kind: "number" },
      { title: "n", kind: "number" },
      { title: "", kind: "wide" },
    ],
    rows,
    "No gate was judged yet.",
  );
}

function detail(rollout: Rollout): Child {
  const devices = rollout.waves.flatMap((w) => w.devices.map((d) => [w.name, d.deviceId, badge(d.state), d.reason]));
  return [
    h("h2", {}, "Gates"),
    gates(rollout),
    h("h2", {}, "Devices"),
    table([{ title: "Wave" }, { title: "Device" }, { title: "State, by its own word" }, { title: "Reason", kind: "wide" }], devices.slice(0, 1_000), "None."),
    rollout.excluded.length > 0
      ? [
          h("h2", {}, "Left out"),
          table(
            [{ title: "Device" }, { title: "Reason", kind: "wide" }],
            rollout.excluded.slice(0, 200).map((e) => [e.deviceId, e.reason]),
            "",
          ),
        ]
      : null,
  ];
}

/** Who gets which model, when, and what each wave had to show. */
export function rolloutsPage(shown: Shown, state: State, repaint: () => void, wanted: string | undefined): HTMLElement {
  const chosen = shown.rollouts.find((r) => r.rolloutId === wanted) ?? shown.rollouts[0];
  if (chosen !== undefined && details.get(chosen.rolloutId)?.at !== chosen.updatedAtMs) {
    const at = chosen.updatedAtMs;
    void state.client.rollouts.get({ rolloutId: chosen.rolloutId }).then(
      (rollout) => {
        details.set(chosen.rolloutId, { rollout, at });
        repaint();
      },
      () => undefined,
    );
  }
  const known = chosen === undefined ? undefined : details.get(chosen.rolloutId)?.rollout;
  return h(
    "div",
    {},
    h("h1", {}, "Rollouts"),
    table(
      [
        { title: "Rollout" },
        { title: "State" },
        { title: "Model" },
        { title: "Devices", kind: "number" },
        { title: "Observed", kind: "number" },
        { title: "Started" },
        { title: "Took" },
        { title: "By" },
      ],
      shown.rollouts.map((r) => [
        h("a", { href: `#/rollouts/${r.rolloutId}`, "aria-current": r === chosen ? "true" : undefined }, r.rolloutId),
        badge(r.state),
        `${r.bundle.name}@${r.bundle.version}`,
        count(r.devices),
        count(r.observed),
        clockTime(r.createdAtMs),
        r.endedAtMs === null ? "" : duration(r.endedAtMs - r.createdAtMs),
        r.createdBy,
      ]),
      "No rollout yet: kedge rollout plan MODEL",
    ),
    chosen === undefined
      ? null
      : [h("h2", {}, `${chosen.bundle.name}@${chosen.bundle.version}: ${chosen.reason}`), ladder(chosen), known === undefined ? null : detail(known)],
  );
}
