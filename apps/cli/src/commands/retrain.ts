import type { RetrainJob } from "@kedge/api";
import { KedgeError } from "@kedge/core";
import type { AddCommands } from "../action.js";
import { selectorArgument, wholeArgument } from "../arguments.js";
import { cliCodes } from "../errors.js";
import { age, figure, moment, percent, shortDigest } from "../output/plain.js";
import { fields, printList, printOne, type View } from "../output/print.js";
import { allOf } from "../pages.js";
import type { Session } from "../session.js";

const gateText = (job: RetrainJob): string => (job.gate === null ? "-" : `${job.gate.passed ? "passed" : "failed"}: ${job.gate.sentence}`);

function viewOf(session: Session): View<RetrainJob> {
  return {
    name: (j) => j.jobId,
    columns: [
      { title: "JOB", value: (j) => j.jobId },
      { title: "STATE", value: (j) => j.state, isState: true },
      { title: "MODEL", value: (j) => j.modelName },
      { title: "SCOPE", value: (j) => j.selector || "fleet" },
      { title: "LABELLED", value: (j) => `${j.labelledFrames}/${j.wantedFrames}`, isNumber: true },
      { title: "INCIDENT", value: (j) => j.incidentId ?? "-" },
      { title: "CANDIDATE", value: (j) => shortDigest(j.candidateDigest) },
      { title: "AGE", value: (j) => age(j.createdAtMs, session.nowMs), isNumber: true },
      { title: "REASON", value: (j) => j.reason ?? "-", isWide: true },
    ],
    detail: (j) =>
      fields([
        ["job", j.jobId],
        ["state", `${j.state} for ${age(j.stateSinceMs, session.nowMs)}`],
        ["model", `${j.modelName} (${shortDigest(j.runningDigest)})`],
        ["scope", j.selector || "fleet"],
        ["incident", j.incidentId ?? "-"],
        ["labelled", `${j.labelledFrames} of ${j.wantedFrames}`],
        ["attempt", String(j.attempt)],
        [
          "metrics",
          Object.entries(j.metrics ?? {})
            .map(([k, v]) => `${k} ${figure(v)}`)
            .join(", ") || "-",
        ],
        ["gate", gateText(j)],
        ...(j.gate === null
          ? []
          : ([
              [
                "  drifted frames",
                `${percent(j.gate.drifted.running)} → ${percent(j.gate.drifted.candidate)} (n = ${j.gate.drifted.frames}, p = ${figure(j.gate.drifted.pValue)})`,
              ],
              ["  clean frames", `${percent(j.gate.clean.running)} → ${percent(j.gate.clean.candidate)} (n = ${j.gate.clean.frames})`],
            ] as const)),
        ["candidate", shortDigest(j.candidateDigest)],
        ["rollout", j.rolloutId ?? "-"],
        ["created", moment(j.createdAtMs)],
        ["reason", j.reason ?? "-"],
      ]),
  };
}

/** `kedge retrain …` */
export const addRetrain: AddCommands = (program, runner) => {
  const retrain = program.command("retrain").description("new models from what devices saw");
  retrain
    .command("ls")
    .description("list retrain jobs")
    .option("--limit <n>", "at most so many", wholeArgument(1), 1_000)
    .action(
      runner.does<{ limit: number }>(async (session, { limit }) => {
        const client = await session.client();
        printList(session, await allOf(limit, (page) => client.retrainJobs.list(page)), viewOf(session), "no retrain jobs");
        return undefined;
      }),
    );
  retrain
    .command("get <job>")
    .description("show one with what its gate found")
    .action(
      runner.does(async (session, _, [jobId = ""]) => {
        printOne(session, await (await session.client()).retrainJobs.get({ jobId }), viewOf(session));
        return undefined;
      }),
    );
  retrain
    .command("start")
    .description("start a job for an incident, or for a model and the devices whose readings to learn")
    .option("--incident <incident>", "the incident to mend")
    .option("--model <model>", "the model to improve")
    .option("-l, --selector <selector>", "with --model: whose readings", selectorArgument, "")
    .option("--reason <words>", "why, for the audit log", "")
    .action(
      runner.does<{ incident?: string; model?: string; selector: string; reason: string }>(async (session, { incident, model, selector, reason }) => {
        if ((incident === undefined) === (model === undefined)) {
          throw new KedgeError(cliCodes.usage, "starting a retrain job needs either --incident or --model", {
            hint: "For example: kedge retrain start --incident inc_…",
            context: { exit: "usage" },
          });
        }
        const request = incident === undefined ? { model: model ?? "", selector, reason } : { incidentId: incident, reason };
        printOne(session, await (await session.client()).retrainJobs.start(request), viewOf(session));
        return undefined;
      }),
    );
  retrain
    .command("cancel <job>")
    .description("end a job; what it learned is thrown away")
    .option("--reason <words>", "why", "")
    .action(
      runner.does<{ reason: string }>(async (session, { reason }, [jobId = ""]) => {
        printOne(session, await (await session.client()).retrainJobs.cancel({ jobId, reason }), viewOf(session));
        return undefined;
      }),
    );
};
