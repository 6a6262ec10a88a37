import type { Accuracy, Incident, IncidentDetail, Scope } from "@kedge/api";
import { type Severity, severities } from "@kedge/core";
import { Option } from "commander";
import type { AddCommands } from "../action.js";
import { selectorArgument, wholeArgument } from "../arguments.js";
import { age, figure, moment, oneLine, percent, plain } from "../output/plain.js";
import { fields, printList, printOne, type View } from "../output/print.js";
import { allOf } from "../pages.js";
import type { Session } from "../session.js";

/** `site=oslo`, `oslo-1`, `fleet`. */
export function scopeText(scope: Scope): string {
  if (scope.kind === "fleet") return "fleet";
  return scope.kind === "cohort" ? scope.selector : scope.deviceId;
}

function viewOf(session: Session): View<Incident> {
  return {
    name: (i) => i.incidentId,
    columns: [
      { title: "INCIDENT", value: (i) => i.incidentId },
      { title: "STATE", value: (i) => i.state, isState: true },
      { title: "SEVERITY", value: (i) => i.severity, isState: true },
      { title: "SCOPE", value: (i) => scopeText(i.scope) },
      { title: "MODEL", value: (i) => `${i.bundle.name}@${i.bundle.version}` },
      { title: "CAUSE", value: (i) => i.causeClass },
      { title: "DEVICES", value: (i) => String(i.deviceIds.length), isNumber: true },
      { title: "AGE", value: (i) => age(i.openedAtMs ?? i.createdAtMs, session.nowMs), isNumber: true },
      { title: "FEATURES", value: (i) => i.features.slice(0, 4).join(","), isWide: true },
      { title: "SILENCED", value: (i) => (i.isSilenced ? "yes" : "no"), isWide: true },
      { title: "RESOLVED", value: (i) => moment(i.resolvedAtMs), isWide: true },
    ],
  };
}

const accuracyText = (a: Accuracy | null): string =>
  a === null ? "nothing labelled" : `${percent(a.share)} (${percent(a.low)} to ${percent(a.high)}, n = ${a.total})`;

function detailOf(i: IncidentDetail): string[] {
  const { before, during, after } = i.accuracy;
  const head = fields([
    ["incident", `${i.incidentId}  ${i.title}`],
    ["state", `${i.state}${i.resolution === null ? "" : ` (${i.resolution})`}${i.isSilenced ? ", silenced" : ""}`],
    ["severity", i.severity],
    ["scope", scopeText(i.scope)],
    ["devices", i.deviceIds.join(", ")],
    ["model", `${i.bundle.name}@${i.bundle.version}`],
    ["cause", `${i.causeClass}; ${i.retrainAdvised ? "retraining may help" : "retraining would not help"}`],
    ["shows since", moment(i.onsetMs)],
    ["opened", moment(i.openedAtMs)],
    ["acknowledged", i.acknowledgedBy === null ? "-" : `${moment(i.acknowledgedAtMs)} by ${i.acknowledgedBy}`],
    ["resolved", moment(i.resolvedAtMs)],
    ["retrain job", i.jobId ?? "-"],
    ["rollout", i.rolloutId ?? "-"],
    ["accuracy before", accuracyText(before)],
    ["accuracy during", accuracyText(during)],
    ["accuracy after", accuracyText(after)],
  ]);
  const evidence = i.evidence.map(
    (v) =>
      `  ${v.feature.padEnd(16)} moved for ${percent(v.score)} of readings (limit ${percent(v.limit)}, 95 % ${percent(v.interval[0])} to ${percent(v.interval[1])}, ${v.pValue === null ? "" : `p = ${figure(v.pValue)}, `}${v.eValue === null ? "" : `e = ${figure(v.eValue)}, `}n = ${Math.round(v.rows)})`,
  );
  const events = i.events.map((e) => `  ${moment(e.atMs)}  ${e.kind}${e.actor === null ? "" : ` by ${e.actor}`}: ${e.message}`);
  return [...head, "", plain(i.explanation), "", "evidence", ...evidence.map(oneLine), "", "history", ...events.map(oneLine)];
}

const detailView = (session: Session): View<IncidentDetail> => ({ ...viewOf(session), detail: detailOf });

interface ListOptions {
  readonly all?: boolean;
  readonly minSeverity?: Severity;
  readonly selector?: string;
  readonly limit: number;
}

/** `kedge incidents …` */
export const addIncidents: AddCommands = (program, runner) => {
  const incidents = program.command("incidents").description("what drifted, and what was done about it");
  incidents
    .command("ls")
    .description("list incidents that are not resolved")
    .option("-a, --all", "resolved ones too")
    .addOption(new Option("--min-severity <severity>", "only from this severity on").choices(severities))
    .option("-l, --selector <selector>", "only where a device with these labels is part of it", selectorArgument)
    .option("--limit <n>", "at most so many", wholeArgument(1), 1_000)
    .action(
      runner.does<ListOptions>(async (session, { all, minSeverity, selector, limit }) => {
        const client = await session.client();
        const found = await allOf(limit, (page) =>
          client.incidents.list({ ...page, minSeverity, selector, ...(all === true ? {} : { state: "active" as const }) }),
        );
        printList(session, found, viewOf(session), all === true ? "no incidents" : "no incidents that are not resolved");
        return undefined;
      }),
    );
  incidents
    .command("get <incident>")
    .description("show one with its evidence, its history and what it did to accuracy")
    .action(
      runner.does(async (session, _, [incidentId = ""]) => {
        printOne(session, await (await session.client()).incidents.get({ incidentId }), detailView(session));
        return undefined;
      }),
    );
  incidents
    .command("ack <incident>")
    .description("take it on: nobody is told again until it changes")
    .option("--note <words>", "for those who look later", "")
    .action(
      runner.does<{ note: string }>(async (session, { note }, [incidentId = ""]) => {
        printList(session, [await (await session.client()).incidents.ack({ incidentId, note })], viewOf(session));
        return undefined;
      }),
    );
  incidents
    .command("resolve <incident>")
    .description("end it by hand; if its cause is still there, a new one opens")
    .option("--reason <words>", "for those who look later", "")
    .action(
      runner.does<{ reason: string }>(async (session, { reason }, [incidentId = ""]) => {
        printList(session, [await (await session.client()).incidents.resolve({ incidentId, reason })], viewOf(session));
        return undefined;
      }),
    );
};
