import { join } from "node:path";
import type { TrustedKey } from "@kedge/api";
import { KedgeError } from "@kedge/core";
import { createKeyFiles, publicPemOf, readTrustedKey } from "@kedge/registry/adapters";
import type { AddCommands } from "../action.js";
import { cliCodes } from "../errors.js";
import type { Io } from "../io.js";
import { moment } from "../output/plain.js";
import { printList, printOne, type View } from "../output/print.js";

const view: View<TrustedKey> = {
  name: (k) => k.keyId,
  columns: [
    { title: "KEY", value: (k) => k.keyId.slice(0, 16) },
    { title: "NAME", value: (k) => k.name },
    { title: "HELD BY", value: (k) => (k.isCollectors ? "the collector" : "its owner") },
    { title: "ADDED", value: (k) => moment(k.addedAtMs) },
    { title: "BY", value: (k) => k.addedBy },
  ],
};

/** Where the key is that `kedge model pack` signs with when none is named. */
export function defaultSigningKey(io: Pick<Io, "env" | "home">): string {
  return join(io.env["XDG_DATA_HOME"] || join(io.home, ".local", "share"), "kedge-cli", "signing.key");
}

/** `kedge key …` */
export const addKeys: AddCommands = (program, runner) => {
  const key = program.command("key").description("whose signatures on bundles count");
  key
    .command("create <file>")
    .description("make a key pair: FILE (private, mode 600) and FILE.pub")
    .action(
      runner.does(async (session, _, [file = ""]) => {
        const { trusted } = await createKeyFiles(file);
        session.out(`${trusted.keyId}\n`);
        session.say(`keep ${file} to yourself; have it trusted with: kedge key trust ${file}.pub`);
        return undefined;
      }),
    );
  key
    .command("trust <file>")
    .description("trust the public key in a file to sign bundles (admin)")
    .option("--name <name>", "whose it is", "unnamed")
    .action(
      runner.does<{ name: string }>(async (session, { name }, [file = ""]) => {
        // A private key has a public half: whichever was named, only that half leaves this machine.
        const publicKey = publicPemOf(await readTrustedKey(file));
        printOne(session, await (await session.client()).keys.trust({ publicKey, name }), view);
        return undefined;
      }),
    );
  key
    .command("ls")
    .description("list trusted keys")
    .action(
      runner.does(async (session) => {
        printList(session, (await (await session.client()).keys.list()).items, view);
        return undefined;
      }),
    );
  key
    .command("distrust <key>")
    .description("trust a key no more; bundles that are registered stay (admin)")
    .option("--yes", "do it")
    .action(
      runner.does<{ yes?: boolean }>(async (session, { yes }, [wanted = ""]) => {
        const client = await session.client();
        const found = (await client.keys.list()).items.filter((k) => k.keyId.startsWith(wanted));
        const [only] = found;
        if (only === undefined || found.length > 1) {
          throw new KedgeError(cliCodes.usage, `${found.length === 0 ? "no key's id begins" : `${found.length} keys' ids begin`} with ${wanted}`, {
            hint: "kedge key ls -o name lists them.",
            context: { exit: found.length === 0 ? "not-found" : "usage" },
          });
        }
        if (yes !== true)
          throw new KedgeError(cliCodes.notConfirmed, `distrusting ${only.keyId} was not confirmed`, { hint: "Add --yes", context: { exit: "usage" } });
        printOne(session, await client.keys.distrust({ keyId: only.keyId }), view);
        return undefined;
      }),
    );
};
