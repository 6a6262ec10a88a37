import { type AccessToken, type EnrolmentToken, roles } from "@kedge/api";
import { type Command, Option } from "commander";
import type { AddCommands, Runner } from "../action.js";
import { durationArgument, labelsArgument, listArgument, wholeArgument } from "../arguments.js";
import { writePrivate } from "../context/files.js";
import { labelText, moment } from "../output/plain.js";
import { printLines, printList, printOne, type View } from "../output/print.js";
import { allOf } from "../pages.js";
import type { Session } from "../session.js";

const enrolmentView: View<EnrolmentToken> = {
  name: (t) => t.tokenId,
  columns: [
    { title: "TOKEN", value: (t) => t.tokenId },
    { title: "STATE", value: (t) => t.state, isState: true },
    { title: "USED", value: (t) => `${t.used}/${t.uses}`, isNumber: true },
    { title: "LABELS", value: (t) => labelText(t.labels) },
    { title: "EXPIRES", value: (t) => moment(t.expiresAtMs) },
    { title: "NOTE", value: (t) => t.note },
    { title: "DEVICES", value: (t) => t.deviceIds?.join(",") ?? "any", isWide: true },
    { title: "BY", value: (t) => t.createdBy, isWide: true },
  ],
};

const accessView: View<AccessToken> = {
  name: (t) => t.tokenId,
  columns: [
    { title: "TOKEN", value: (t) => t.tokenId },
    { title: "NAME", value: (t) => t.name },
    { title: "ROLE", value: (t) => t.role },
    { title: "STATE", value: (t) => t.state, isState: true },
    { title: "EXPIRES", value: (t) => (t.expiresAtMs === null ? "never" : moment(t.expiresAtMs)) },
  ],
};

/** The secret alone on standard output, so that `> file` keeps it; or into a file of the user's own. */
async function giveSecret(session: Session, made: { readonly secret: string }, file: string | undefined): Promise<void> {
  if (file === undefined) printLines(session, made, [made.secret]);
  else {
    await writePrivate(file, `${made.secret}\n`, "the token");
    session.say(`the token is in ${file}, and nowhere else`);
  }
}

interface NewToken {
  readonly uses: number;
  readonly ttl: number;
  readonly label?: Record<string, string>;
  readonly device?: string[];
  readonly note: string;
  readonly out?: string;
}

function addEnrolment(program: Command, runner: Runner): void {
  const token = program.command("token").description("let new devices in");
  token
    .command("create")
    .description("make an enrolment token; its secret is shown once, on standard output")
    .option("--uses <n>", "how many devices may enrol with it", wholeArgument(1, 100_000), 1)
    .option("--ttl <duration>", "how long it lives", durationArgument, 86_400_000)
    .option("--label <key=value>", "a label that its devices get (repeat)", labelsArgument)
    .option("--device <id>", "the only names that may enrol with it (repeat)", listArgument)
    .option("--note <words>", "what it is for", "")
    .option("--out <file>", "write the secret to this file (mode 600) instead")
    .action(
      runner.does<NewToken>(async (session, { uses, ttl, label, device, note, out }) => {
        const client = await session.client();
        const made = await client.tokens.create({ uses, ttlMs: ttl, labels: label ?? {}, note, ...(device === undefined ? {} : { deviceIds: device }) });
        await giveSecret(session, made, out);
        session.say(`token ${made.token.tokenId} lets ${uses === 1 ? "one device" : `${uses} devices`} in until ${moment(made.token.expiresAtMs)}`);
        session.say(`on the device: kedge-agent --server ${(await session.target()).mqttUrl ?? "mqtts://COLLECTOR:8883"} --token-file FILE`);
        return undefined;
      }),
    );
  token
    .command("ls")
    .description("list enrolment tokens")
    .action(
      runner.does(async (session) => {
        const client = await session.client();
        printList(session, await allOf(100_000, (page) => client.tokens.list(page)), enrolmentView, "no tokens; make one with: kedge token create");
        return undefined;
      }),
    );
  token
    .command("revoke <token>")
    .description("let nobody in by it any more; devices that are in stay")
    .action(
      runner.does(async (session, _, [tokenId = ""]) => {
        printOne(session, await (await session.client()).tokens.revoke({ tokenId }), enrolmentView);
        return undefined;
      }),
    );
}

/** `kedge token …`, `kedge access …` */
export const addTokens: AddCommands = (program, runner) => {
  addEnrolment(program, runner);
  const access = program.command("access").description("let people and programs use this collector");
  access
    .command("create")
    .description("make a token for the API; its secret is shown once, on standard output")
    .requiredOption("--name <name>", "who it is for")
    .addOption(new Option("--role <role>", "what it allows").choices(roles).default("viewer"))
    .option("--ttl <duration>", "how long it lives; for ever when left out", durationArgument)
    .option("--out <file>", "write the secret to this file (mode 600) instead")
    .action(
      runner.does<{ name: string; role: AccessToken["role"]; ttl?: number; out?: string }>(async (session, { name, role, ttl, out }) => {
        const made = await (await session.client()).access.create({ name, role, ttlMs: ttl });
        await giveSecret(session, made, out);
        session.say(`token ${made.token.tokenId} lets ${name} in as ${role}`);
        return undefined;
      }),
    );
  access
    .command("ls")
    .description("list tokens for the API")
    .action(
      runner.does(async (session) => {
        const client = await session.client();
        printList(session, await allOf(100_000, (page) => client.access.list(page)), accessView);
        return undefined;
      }),
    );
  access
    .command("revoke <token>")
    .description("let nobody in by it any more")
    .action(
      runner.does(async (session, _, [tokenId = ""]) => {
        printOne(session, await (await session.client()).access.revoke({ tokenId }), accessView);
        return undefined;
      }),
    );
};
