import { existsSync } from "node:fs";
import { join } from "node:path";
import { KedgeError, settingsTextFault } from "@kedge/core";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { cliCodes } from "../errors.js";
import type { Io } from "../io.js";
import { readText, writePrivate } from "./files.js";

const context = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  tokenFile: z.string().min(1).optional(),
  caFile: z.string().min(1).optional(),
});

const schema = z.strictObject({
  formatVersion: z.literal(1).default(1),
  current: z.string().optional(),
  contexts: z.record(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/), context).default({}),
});

/** Where one collector is, and the files to talk to it with. */
export type Context = z.infer<typeof context>;

/** The collectors that a user knows by name. */
export type Contexts = z.infer<typeof schema>;

/** `~/.config/kedge/config.yaml`, by the XDG rules. */
export function contextsPath(io: Pick<Io, "env" | "home">): string {
  return join(io.env["XDG_CONFIG_HOME"] || join(io.home, ".config"), "kedge", "config.yaml");
}

/** The user's contexts; none when there is no file. KedgeError `cli/bad-config` names every fault. */
export async function readContexts(io: Pick<Io, "env" | "home">): Promise<Contexts> {
  const path = contextsPath(io);
  if (!existsSync(path)) return schema.parse({});
  const text = await readText(path, "the configuration", "Make it readable, or remove it.");
  const refuse = (faults: readonly string[]): KedgeError =>
    new KedgeError(cliCodes.badConfig, `the configuration ${path} was refused:\n${faults.map((f) => `  - ${f}`).join("\n")}`, {
      hint: "Mend these keys, or remove the file and add your contexts again.",
      context: { exit: "config", path },
    });
  const fault = settingsTextFault(text);
  if (fault !== undefined) throw refuse([fault]);
  let tree: unknown;
  try {
    tree = parse(text, { uniqueKeys: true, maxAliasCount: 20 }) ?? {};
  } catch (error) {
    throw refuse([error instanceof Error ? (error.message.split("\n")[0] ?? "not YAML") : "not YAML"]);
  }
  const parsed = schema.safeParse(tree);
  if (!parsed.success) throw refuse(parsed.error.issues.map((i) => `${i.path.join(".") || "(top)"}: ${i.message}`));
  return parsed.data;
}

export async function writeContexts(io: Pick<Io, "env" | "home">, contexts: Contexts): Promise<string> {
  const path = contextsPath(io);
  await writePrivate(path, stringify(contexts), "the configuration");
  return path;
}
