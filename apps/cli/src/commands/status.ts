import { readFileSync } from "node:fs";
import type { ApiEvent, Overview } from "@kedge/api";
import { KedgeError, messageOf } from "@kedge/core";
import type { AddCommands } from "../action.js";
import { age, moment, oneLine, plain } from "../output/plain.js";
import { fields, printLines } from "../output/print.js";
import type { Session } from "../session.js";

/** The version in this package's own manifest. */
export function ownVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { readonly version: string };
  return manifest.version;
}

function clusterFields({ cluster }: Overview): [string, string][] {
  if (cluster === undefined) return [];
  const { members, shards, unowned, evaluator } = cluster;
  const shares = members.map((m) => `${m.collectorId} ${m.shards}${m.collectorId === evaluator ? " (evaluates)" : ""}`).join(", ");
  const missing = `${unowned > 0 ? `; ${unowned} of ${shards} owned by nobody` : ""}${evaluator === null ? "; nobody evaluates" : ""}`;
  return [["shards", `${shares || "none owned"}${missing}`]];
}

/** Numbers of windows that never came: what may still come, and what no device has any more. */
export function gapWords({ awaited, lost }: Overview["counters"]["windows"]): string {
  return awaited + lost === 0 ? "none" : `${awaited} awaited, ${lost} lost`;
}

function overviewLines(o: Overview): string[] {
  const { windows, samples } = o.counters;
  const refused = Object.entries(windows.refused).filter(([, n]) => n > 0);
  const reasons = refused.map(([reason, n]) => `${reason} ${n}`).join(", ");
  return fields([
    ["collector", `${o.collector.id} ${o.collector.version}, up ${age(o.collector.startedAtMs, o.collector.nowMs)}`],
    ...clusterFields(o),
    ["devices", `${o.devices.total}: ${o.devices.online} online, ${o.devices.offline} offline, ${o.devices.retired} retired; ${o.devices.drifted} drifted`],
    ["models", o.models.map((m) => `${m.name}@${m.version} on ${m.devices}`).join(", ") || "none runs"],
    ["incidents", `${o.incidents.open} open, ${o.incidents.acknowledged} acknowledged, ${o.incidents.pending} pending`],
    ["rollouts", `${o.rollouts.running} running, ${o.rollouts.paused} paused`],
    ["retraining", `${o.retrainJobs.running} running`],
    ["windows", `${windows.stored} stored (${windows.rows} predictions), ${windows.repeated} repeats left out`],
    ["gaps", gapWords(windows)],
    [
      "refused",
      `${reasons === "" ? "nothing" : reasons} since the collector started${windows.deadLetters === 0 ? "" : `; ${windows.deadLetters} kept: kedge dead-letters ls`}`,
    ],
    ["samples", `${samples.stored} stored, ${samples.labelled} labelled`],
  ]);
}

/** One line of an event, and where to look further. */
export function eventLine(event: ApiEvent): string {
  switch (event.type) {
    case "device.changed":
      return `device ${event.device.deviceId} ${event.device.state}, runs ${event.device.running === null ? "nothing" : `${event.device.running.name}@${event.device.running.version}`}`;
    case "incident.changed":
      return `incident ${event.incident.incidentId} ${event.incident.state}: ${event.incident.title}`;
    case "rollout.changed":
      return `rollout ${event.rollout.rolloutId} ${event.rollout.state}: ${event.rollout.reason}`;
    case "retrain.changed":
      return `retrain job ${event.job.jobId} ${event.job.state}${event.job.reason === null ? "" : `: ${event.job.reason}`}`;
    case "model.registered":
      return `model ${event.model.name}@${event.model.version} registered`;
    case "drift.evaluated":
      return `fleet looked at: ${event.causes.length === 0 ? "no drift" : event.causes.map((c) => `${c.causeClass} at ${c.scope}`).join(", ")} (${Math.round(event.rows)} predictions)`;
    case "counters.changed":
      return `${event.counters.windows.stored} windows stored, ${event.counters.windows.rows} predictions`;
    case "resync":
      return "events were missed";
  }
}

/** How long to wait before a broken stream is opened again. */
const reopenMs = 1_000;

async function follow(session: Session): Promise<undefined> {
  const client = await session.client();
  let after: string | undefined;
  let isLost = false;
  while (!session.io.signal.aborted) {
    try {
      for await (const event of client.events.stream({ after })) {
        isLost = false;
        after = event.id;
        session.out(session.format === "json" ? `${JSON.stringify(event)}\n` : `${moment(event.atMs)} ${oneLine(eventLine(event))}\n`);
      }
    } catch (error) {
      if (session.io.signal.aborted) return undefined;
      if (!(error instanceof KedgeError) || !error.retryable) throw error;
      if (!isLost) session.say(`${error.message}; trying again`);
      isLost = true;
    }
    await session.io.sleep(reopenMs);
  }
  return undefined;
}

/** `kedge status`, `kedge events`, `kedge version` */
export const addStatus: AddCommands = (program, runner) => {
  program
    .command("status")
    .description("the state of everything, in a few lines")
    .action(
      runner.does(async (session) => {
        const overview = await (await session.client()).overview.get();
        printLines(session, overview, overviewLines(overview));
        return undefined;
      }),
    );
  program
    .command("events")
    .description("what happens, as it happens, until Ctrl-C")
    .action(runner.does((session) => follow(session)));
  program
    .command("version")
    .description("the version of this command, and of the collector where one answers")
    .action(
      runner.does(async (session) => {
        const own = ownVersion();
        const collector = await session
          .client()
          .then((c) => c.overview.get())
          .then((o) => ({ version: o.collector.version, fault: null }))
          .catch((error: unknown) => ({ version: null, fault: messageOf(error) }));
        const said = collector.version ?? `not known: ${collector.fault ?? ""}`;
        printLines(session, { kedge: own, collector: collector.version }, [`kedge ${own}`, `collector ${plain(said)}`]);
        return undefined;
      }),
    );
};
