import type { AuditEntry } from "@kedge/api";
import type { AddCommands } from "../action.js";
import { wholeArgument } from "../arguments.js";
import { moment } from "../output/plain.js";
import { printLines, printList, type View } from "../output/print.js";
import { allOf } from "../pages.js";

const view: View<AuditEntry> = {
  name: (e) => String(e.seq),
  columns: [
    { title: "SEQ", value: (e) => String(e.seq), isNumber: true },
    { title: "TIME", value: (e) => moment(e.atMs) },
    { title: "WHO", value: (e) => e.actor },
    { title: "DID", value: (e) => e.action },
    { title: "TO", value: (e) => e.subject },
    { title: "DETAILS", value: (e) => JSON.stringify(e.details), isWide: true },
    { title: "HASH", value: (e) => e.hash.slice(0, 12), isWide: true },
  ],
};

/** `kedge audit …` */
export const addAudit: AddCommands = (program, runner) => {
  const audit = program.command("audit").description("who did what");
  audit
    .command("ls")
    .description("list what was done, newest first")
    .option("--subject <id>", "only to this device, model, rollout, …")
    .option("--limit <n>", "at most so many", wholeArgument(1), 100)
    .action(
      runner.does<{ subject?: string; limit: number }>(async (session, { subject, limit }) => {
        const client = await session.client();
        printList(session, await allOf(limit, (page) => client.audit.list({ ...page, subject })), view, "nothing was done yet");
        return undefined;
      }),
    );
  audit
    .command("verify")
    .description("check that nothing was changed or taken out; exits with 1 when something was")
    .action(
      runner.does(async (session) => {
        const check = await (await session.client()).audit.verify();
        printLines(session, check, [
          check.isIntact ? "the log is whole" : `the log was tampered with: entry ${check.firstBrokenSeq ?? "?"} does not follow from the one before it`,
        ]);
        return check.isIntact ? undefined : 1;
      }),
    );
};
