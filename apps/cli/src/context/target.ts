import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { KedgeError } from "@kedge/core";
import { z } from "zod";
import { cliCodes } from "../errors.js";
import type { Io } from "../io.js";
import { readContexts } from "./contexts.js";
import { readText } from "./files.js";

/** Which collector a command talks to, how, and why that one. */
export interface Target {
  readonly url: string;
  readonly token: string | null;
  readonly ca: string | undefined;
  /** Where devices reach it, when it is this machine's. */
  readonly mqttUrl: string | undefined;
  /** `context office`, `--url`, `the collector of this machine`. */
  readonly chosenBy: string;
}

/** What the command line says of the collector. */
export interface TargetFlags {
  readonly url?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly caFile?: string | undefined;
  readonly context?: string | undefined;
}

/** A collector, and the files to talk to it with. */
export interface Files {
  readonly url: string;
  readonly tokenFile?: string | undefined;
  readonly caFile?: string | undefined;
  readonly mqttUrl?: string | undefined;
  readonly chosenBy: string;
}

/** What a running collector writes to `endpoint.json` in its data directory. */
const endpoint = z.object({ url: z.url({ protocol: /^https?$/ }), caFile: z.string().nullish(), mqttUrl: z.string().nullish() });

/** Where a collector of this machine keeps its files, when nothing else was said to it. */
export function localDataDir(io: Pick<Io, "env" | "home">): string {
  return io.env["KEDGE_DATA_DIR"] || join(io.env["XDG_DATA_HOME"] || join(io.home, ".local", "share"), "kedge");
}

async function local(io: Io): Promise<Files | undefined> {
  const directory = localDataDir(io);
  const path = join(directory, "endpoint.json");
  if (!existsSync(path)) return undefined;
  const text = await readText(path, "the address of this machine's collector,", "Start the collector again, or name another with --url.");
  const parsed = endpoint.safeParse(safeJson(text));
  if (!parsed.success) {
    throw new KedgeError(cliCodes.badConfig, `the address of this machine's collector, ${path}, cannot be understood`, {
      hint: "Start the collector again: it writes the file anew. Or name a collector with --url.",
      context: { exit: "config", path },
    });
  }
  const { url, caFile, mqttUrl } = parsed.data;
  const tokenFile = join(directory, "admin-token");
  return {
    url,
    caFile: caFile ?? undefined,
    mqttUrl: mqttUrl ?? undefined,
    ...(existsSync(tokenFile) ? { tokenFile } : {}),
    chosenBy: "the collector of this machine",
  };
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function named(io: Io, name: string, chosenBy: string): Promise<Files> {
  const { contexts } = await readContexts(io);
  const found = Object.hasOwn(contexts, name) ? contexts[name] : undefined;
  if (found !== undefined) return { ...found, chosenBy };
  throw new KedgeError(cliCodes.unknownContext, `there is no context ${name}`, {
    hint: `${Object.keys(contexts).length === 0 ? "There are none yet" : `There are ${Object.keys(contexts).join(", ")}`}; add one with: kedge context add ${name} --url URL --token-file FILE`,
    context: { exit: "config" },
  });
}

/** Flags go before environment, that before the current context, that before a collector of this machine. */
export async function chooseFiles(io: Io, flags: TargetFlags): Promise<Files> {
  const url = flags.url ?? io.env["KEDGE_URL"];
  const tokenFile = flags.tokenFile ?? io.env["KEDGE_TOKEN_FILE"];
  const caFile = flags.caFile ?? io.env["KEDGE_CA_FILE"];
  const more = { ...(tokenFile ? { tokenFile } : {}), ...(caFile ? { caFile } : {}) };
  if (url) {
    // The admin token of this machine's collector goes to that collector alone.
    const own = tokenFile ? undefined : await local(io).catch(() => undefined);
    const isOwn = own !== undefined && sameOrigin(own.url, url);
    return { ...(isOwn ? own : {}), url, ...more, chosenBy: flags.url === undefined ? "KEDGE_URL" : "--url" };
  }
  const context = flags.context ?? io.env["KEDGE_CONTEXT"];
  if (context) return { ...(await named(io, context, `context ${context}`)), ...more };
  const { current } = await readContexts(io);
  if (current !== undefined) return { ...(await named(io, current, `context ${current}`)), ...more };
  const own = await local(io);
  if (own !== undefined) return { ...own, ...more };
  throw new KedgeError(cliCodes.noCollector, "no collector was named, and none has run on this machine", {
    hint: "Start one with `kedge collector`, name one with --url and --token-file, or keep one with: kedge context add NAME --url URL --token-file FILE",
    context: { exit: "config" },
  });
}

function sameOrigin(a: string, b: string): boolean {
  return URL.canParse(b) && new URL(a).origin === new URL(b).origin;
}

async function readToken(path: string, warn: (text: string) => void): Promise<string> {
  const token = (await readText(path, "the token file", "Name a file that holds a token: --token-file FILE")).trim();
  if (!/^[\x21-\x7e]{1,512}$/.test(token)) {
    throw new KedgeError(cliCodes.emptyToken, `the token file ${path} holds no token`, {
      hint: "It must hold one line, the secret that `kedge access create` showed.",
      context: { exit: "auth", path },
    });
  }
  if (process.platform !== "win32" && ((await stat(path)).mode & 0o077) !== 0) warn(`the token file ${path} may be read by others; run: chmod 600 ${path}`);
  return token;
}

/** The collector to talk to, with its token and authority read from their files. `warn` is told what is unsafe. */
export async function resolveTarget(io: Io, flags: TargetFlags, warn: (text: string) => void): Promise<Target> {
  const files = await chooseFiles(io, flags);
  if (!URL.canParse(files.url) || !/^https?:$/.test(new URL(files.url).protocol)) {
    throw new KedgeError(cliCodes.usage, `${files.url} is no address of a collector`, {
      hint: "An address looks like https://kedge.example.org:8787",
      context: { exit: "usage" },
    });
  }
  const token = files.tokenFile === undefined ? null : await readToken(files.tokenFile, warn);
  const ca =
    files.caFile === undefined
      ? undefined
      : await readText(files.caFile, "the authority's certificate", "Name the collector's authority in PEM: --ca-file FILE");
  return { url: files.url, token, ca, mqttUrl: files.mqttUrl, chosenBy: files.chosenBy };
}
