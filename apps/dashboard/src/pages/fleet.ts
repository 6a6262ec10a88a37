import { badge } from "../parts/badge.js";
import { h } from "../parts/element.js";
import { ago, count, shortDigest } from "../parts/format.js";
import { table } from "../parts/table.js";
import { maxDevices, type Shown } from "../state.js";

function card(value: number, label: string): HTMLElement {
  return h("div", { class: "card" }, h("b", {}, count(value)), h("span", {}, label));
}

/** Who is there, what runs where, and whether all that was sent has come. */
export function fleetPage({ overview, devices }: Shown): HTMLElement {
  const { counters, models } = overview;
  const nowMs = overview.collector.nowMs;
  return h(
    "div",
    {},
    h("h1", {}, "Fleet"),
    h(
      "div",
      { class: "cards" },
      card(overview.devices.online, "devices online"),
      card(overview.devices.offline, "offline"),
      card(overview.devices.drifted, "seen drifting now"),
      card(counters.windows.stored, "windows stored"),
      card(counters.windows.rows, "predictions counted"),
      card(counters.windows.lost, "messages lost"),
      card(counters.windows.stored - counters.windows.distinct, "counted twice"),
      card(counters.samples.labelled, "labelled samples"),
    ),
    h("h2", {}, "Models in the field"),
    table(
      [{ title: "Model" }, { title: "Digest" }, { title: "Devices", kind: "number" }],
      models.map((m) => [`${m.name}@${m.version}`, h("code", {}, shortDigest(m.digest)), count(m.devices)]),
      "No device runs a model yet.",
    ),
    h("h2", {}, `Devices${overview.devices.total > maxDevices ? ` (the first ${maxDevices} of ${count(overview.devices.total)})` : ""}`),
    table(
      [
        { title: "Device" },
        { title: "State" },
        { title: "Labels" },
        { title: "Model" },
        { title: "Update" },
        { title: "Seen" },
        { title: "Agent" },
        { title: "Incident" },
      ],
      devices.map((d) => [
        d.deviceId,
        badge(d.state),
        Object.entries(d.labels)
          .map(([k, v]) => `${k}=${v}`)
          .join(", "),
        d.running === null ? "none" : `${d.running.name}@${d.running.version}`,
        d.update === null ? "unknown" : h("span", { title: d.update.reason }, badge(d.update.state)),
        ago(d.lastSeenAtMs, nowMs),
        d.agentVersion ?? "",
        d.incidentIds.map((id) => h("a", { href: `#/incidents/${id}` }, "open")),
      ]),
      "No device is enrolled. Make a token: kedge token create",
    ),
  );
}
