import type { Gate, Rollout, RolloutPlan, RolloutSummary } from "@kedge/api";
import type { Paint } from "../output/paint.js";
import { toneOf } from "../output/paint.js";
import { age, byteSize, figure, moment, oneLine, plain } from "../output/plain.js";
import type { View } from "../output/print.js";
import type { Session } from "../session.js";

const icons: Readonly<Record<string, string>> = {
  SUCCEEDED: "✔",
  COMMITTED: "✔",
  FINISHED: "✔",
  passed: "✔",
  FAILED: "✖",
  failed: "✖",
  ABORTED: "✖",
  ROLLED_BACK: "↩",
  ROLLING_BACK: "↩",
  REVERTING: "↩",
  REVERTED: "↩",
  PAUSED: "‖",
  UNREACHABLE: "?",
  SCHEDULED: "·",
  PENDING: "·",
};

const iconOf = (state: string): string => icons[state] ?? "◌";

function gateLine(gate: Gate): string {
  return `${iconOf(gate.verdict)} ${gate.name}: ${figure(gate.value)} (limit ${figure(gate.limit)}, n = ${gate.rows}) ${gate.detail}`;
}

const progressWidth = 20;

function progress(done: number, all: number): string {
  const filled = all === 0 ? 0 : Math.round((done / all) * progressWidth);
  return `[${"#".repeat(filled)}${".".repeat(progressWidth - filled)}] ${done}/${all}`;
}

/** A rollout as a tree: waves, their gates, and the devices that are neither waiting nor done. */
export function rolloutTree(rollout: Rollout, paint: Paint, nowMs: number): string[] {
  const state = (word: string): string => paint(toneOf(word), `${iconOf(word)} ${word}`);
  const lines = [
    `${paint("strong", rollout.rolloutId)}  ${state(rollout.state)}  ${oneLine(rollout.bundle.name)}@${oneLine(rollout.bundle.version)}  ${oneLine(rollout.selector) || "the fleet"}  ${progress(rollout.observed, rollout.devices)} devices run it`,
    `  ${oneLine(rollout.reason)}`,
  ];
  rollout.waves.forEach((wave, i) => {
    const isLast = i === rollout.waves.length - 1;
    const rail = isLast ? "   " : "│  ";
    lines.push(
      `${isLast ? "└─" : "├─"} ${state(wave.state)}  ${oneLine(wave.name)}  ${progress(wave.observed, wave.devices.length)}${wave.startedAtMs === null ? "" : `  ${age(wave.startedAtMs, wave.endedAtMs ?? nowMs)}`}`,
    );
    if (wave.state !== "SCHEDULED") for (const gate of wave.gates) lines.push(`${rail} ${paint(toneOf(gate.verdict), oneLine(gateLine(gate)))}`);
    const telling = wave.devices.filter((d) => wave.state !== "SUCCEEDED" && d.state !== "PENDING");
    for (const d of telling.slice(0, 20))
      lines.push(`${rail} ${paint(toneOf(d.state), `${iconOf(d.state)} ${d.deviceId} ${d.state}`)}${d.reason === "" ? "" : `: ${oneLine(d.reason)}`}`);
    if (telling.length > 20) lines.push(`${rail} … and ${telling.length - 20} more devices`);
  });
  if (rollout.excluded.length > 0)
    lines.push(
      `${rollout.excluded.length} devices are left out: ${rollout.excluded
        .slice(0, 3)
        .map((e) => oneLine(`${e.deviceId} ${e.reason}`))
        .join("; ")}${rollout.excluded.length > 3 ? " …" : ""}`,
    );
  return lines;
}

export function planLines(plan: RolloutPlan): string[] {
  const devices = plan.waves.reduce((n, w) => n + w.devices.length, 0);
  return [
    `${plain(plan.bundle.name)}@${plain(plan.bundle.version)} to ${devices} devices (${plain(plan.selector) || "the fleet"}) in ${plan.waves.length} waves, ${byteSize(plan.bytes)} to download in all`,
    ...plan.waves
      .map((w, i) => `  ${i + 1}. ${w.name}: ${w.devices.length} devices: ${w.devices.slice(0, 8).join(", ")}${w.devices.length > 8 ? " …" : ""}`)
      .map(oneLine),
    ...(plan.excluded.length === 0
      ? []
      : [`left out: ${plan.excluded.length}`, ...plan.excluded.slice(0, 20).map((e) => oneLine(`  ${e.deviceId}: ${e.reason}`))]),
    ...(plan.gates.length === 0 ? [] : ["each wave must show", ...plan.gates.map((g) => oneLine(`  ${g.name}: ${g.limit}`))]),
    "nothing was changed; start it with: kedge rollout start",
  ];
}

export function rolloutView(session: Session): View<RolloutSummary> {
  return {
    name: (r) => r.rolloutId,
    columns: [
      { title: "ROLLOUT", value: (r) => r.rolloutId },
      { title: "STATE", value: (r) => r.state, isState: true },
      { title: "MODEL", value: (r) => `${r.bundle.name}@${r.bundle.version}` },
      { title: "SELECTOR", value: (r) => r.selector || "the fleet" },
      { title: "RUN IT", value: (r) => `${r.observed}/${r.devices}`, isNumber: true },
      { title: "WAVE", value: (r) => r.waves.find((w) => w.state === "RUNNING" || w.state === "SOAKING")?.name ?? "-" },
      { title: "AGE", value: (r) => age(r.createdAtMs, session.nowMs), isNumber: true },
      { title: "REASON", value: (r) => r.reason, isWide: true },
      { title: "BY", value: (r) => r.createdBy, isWide: true },
      { title: "CREATED", value: (r) => moment(r.createdAtMs), isWide: true },
    ],
  };
}

/** Everything of a rollout whose change is worth a line: key → what to say. */
export function landmarks(rollout: Rollout): Map<string, string> {
  const marks = new Map<string, string>([["rollout", `${rollout.rolloutId} ${rollout.state}: ${rollout.reason}`]]);
  for (const wave of rollout.waves) {
    marks.set(`wave ${wave.name}`, `${wave.name} ${wave.state} (${wave.observed}/${wave.devices.length} devices run it)`);
    for (const gate of wave.gates) marks.set(`gate ${wave.name} ${gate.name} ${gate.verdict}`, `${wave.name}: ${gateLine(gate)}`);
    for (const d of wave.devices)
      if (d.state !== "PENDING") marks.set(`device ${d.deviceId}`, `${d.deviceId} ${d.state}${d.reason === "" ? "" : `: ${d.reason}`}`);
  }
  return marks;
}
