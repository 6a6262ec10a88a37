import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { createClient, type KedgeClient } from "@kedge/api";
import { KedgeError, messageOf } from "@kedge/core";
import { simulatorCodes } from "../errors.js";

/** What the command line and the environment say of the collector. */
export interface CollectorFlags {
  readonly url?: string;
  readonly apiTokenFile?: string;
  readonly server?: string;
}

/** Where the collector is: for devices, and for questions. */
export interface FoundCollector {
  readonly server: string;
  /** `undefined`: nothing is known of an API, so nothing can be asked or arranged there. */
  readonly client: KedgeClient | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The collector of this machine, by the file that it writes. */
function localEndpoint(env: Environment): { readonly url: string; readonly mqttUrl: string | undefined; readonly tokenFile: string } | undefined {
  const directory = env["KEDGE_DATA_DIR"] || join(env["XDG_DATA_HOME"] || join(homedir(), ".local", "share"), "kedge");
  const path = join(directory, "endpoint.json");
  if (!existsSync(path)) return undefined;
  try {
    const { url, mqttUrl } = JSON.parse(readFileSync(path, "utf8")) as { url?: unknown; mqttUrl?: unknown };
    return typeof url === "string" ? { url, mqttUrl: typeof mqttUrl === "string" ? mqttUrl : undefined, tokenFile: join(directory, "admin-token") } : undefined;
  } catch {
    return undefined;
  }
}

function readToken(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    throw new KedgeError(simulatorCodes.noCollector, `reading the API token ${path} failed: ${messageOf(error)}`, {
      hint: "Name a file that holds the secret of `kedge access create`: --api-token-file FILE.",
      context: { exit: "storage" },
      cause: error,
    });
  }
}

/** Flags go before the environment, that before a collector of this machine. The admin token of this machine's collector goes to it alone. */
export function findCollector(flags: CollectorFlags, env: Environment): FoundCollector {
  const local = localEndpoint(env);
  const url = flags.url ?? env["KEDGE_URL"] ?? local?.url;
  const isLocal = local !== undefined && url === local.url;
  const server = flags.server ?? env["KEDGE_SERVER"] ?? (isLocal ? local.mqttUrl : undefined);
  if (server === undefined)
    throw new KedgeError(simulatorCodes.noCollector, "nobody said where the collector takes devices, and none has run on this machine", {
      hint: "Start one with `kedge collector`, or name one: --server mqtts://kedge.example.com:8883.",
      context: { exit: "config" },
    });
  if (!/^mqtts:\/\/[^/\s]+$/.test(server))
    throw new KedgeError(simulatorCodes.noCollector, `${server} is no address such as mqtts://collector.example:8883`, {
      hint: "Name the collector's own port: --server.",
      context: { exit: "usage" },
    });
  const tokenFile = flags.apiTokenFile ?? env["KEDGE_TOKEN_FILE"] ?? (isLocal ? local.tokenFile : undefined);
  if (url === undefined || tokenFile === undefined) return { server, client: undefined };
  return { server, client: createClient({ url, token: readToken(tokenFile), fetch: (to, request) => fetch(to, request) }) };
}
