import { resolve } from "node:path";
import { KedgeError } from "@kedge/core";
import type { AddCommands } from "../action.js";
import { type Contexts, readContexts, writeContexts } from "../context/contexts.js";
import { cliCodes } from "../errors.js";
import { printList, type View } from "../output/print.js";
import type { Session } from "../session.js";

interface Row {
  readonly name: string;
  readonly isCurrent: boolean;
  readonly url: string;
  readonly tokenFile: string | null;
  readonly caFile: string | null;
}

const view: View<Row> = {
  name: (r) => r.name,
  columns: [
    { title: "CURRENT", value: (r) => (r.isCurrent ? "*" : " ") },
    { title: "NAME", value: (r) => r.name },
    { title: "URL", value: (r) => r.url },
    { title: "TOKEN FILE", value: (r) => r.tokenFile ?? "-" },
    { title: "CA FILE", value: (r) => r.caFile ?? "-", isWide: true },
  ],
};

function known(contexts: Contexts, name: string): void {
  if (Object.hasOwn(contexts.contexts, name)) return;
  throw new KedgeError(cliCodes.unknownContext, `there is no context ${name}`, { hint: "kedge context ls lists them.", context: { exit: "not-found" } });
}

async function change(session: Session, edit: (before: Contexts) => Contexts, said: string): Promise<undefined> {
  const path = await writeContexts(session.io, edit(await readContexts(session.io)));
  session.say(`${said} (${path})`);
  return undefined;
}

/** `kedge context …` */
export const addContexts: AddCommands = (program, runner) => {
  const context = program.command("context").description("collectors that you know by name");
  context
    .command("add <name>")
    .description("keep a collector's address (--url), token file and authority (--ca-file) under a name, and use it")
    .action(
      runner.does<{ url?: string; tokenFile?: string; caFile?: string }>(async (session, { url, tokenFile, caFile }, [name = ""]) => {
        if (url === undefined || !URL.canParse(url) || !/^https?:/.test(url)) {
          throw new KedgeError(cliCodes.usage, `the context ${name} needs an address`, {
            hint: `kedge context add ${name} --url https://kedge.example.org:8787 --token-file FILE`,
            context: { exit: "usage" },
          });
        }
        if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) {
          throw new KedgeError(cliCodes.usage, `${name} is no name for a context`, { hint: "Use letters, digits, . _ and -.", context: { exit: "usage" } });
        }
        const entry = {
          url,
          ...(tokenFile === undefined ? {} : { tokenFile: resolve(tokenFile) }),
          ...(caFile === undefined ? {} : { caFile: resolve(caFile) }),
        };
        return change(session, (before) => ({ ...before, current: name, contexts: { ...before.contexts, [name]: entry } }), `using ${name}`);
      }),
    );
  context
    .command("use <name>")
    .description("talk to this one when no other is named")
    .action(
      runner.does(async (session, _, [name = ""]) => {
        known(await readContexts(session.io), name);
        return change(session, (before) => ({ ...before, current: name }), `using ${name}`);
      }),
    );
  context
    .command("rm <name>")
    .description("forget one")
    .action(
      runner.does(async (session, _, [name = ""]) => {
        known(await readContexts(session.io), name);
        const without = (before: Contexts): Contexts => {
          const { current, ...rest } = before;
          const contexts = Object.fromEntries(Object.entries(before.contexts).filter(([n]) => n !== name));
          return { ...rest, contexts, ...(current === undefined || current === name ? {} : { current }) };
        };
        return change(session, without, `forgot ${name}`);
      }),
    );
  context
    .command("ls")
    .description("list them")
    .action(
      runner.does(async (session) => {
        const { current, contexts } = await readContexts(session.io);
        const rows = Object.entries(contexts).map(
          ([name, c]): Row => ({ name, isCurrent: name === current, url: c.url, tokenFile: c.tokenFile ?? null, caFile: c.caFile ?? null }),
        );
        printList(session, rows, view, "no contexts; keep one with: kedge context add NAME --url URL --token-file FILE");
        return undefined;
      }),
    );
};
