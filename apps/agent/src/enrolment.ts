import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { type Clock, KedgeError, type Log, messageOf, parseDeviceId, type Random, retryDelayMs } from "@kedge/core";
import { enrolClientId, enrolUsername, parseEnrolmentToken } from "@kedge/identity";
import { type DeviceIdentity, enrol, fetchAuthority, loadDeviceKey, loadIdentity, newEnrolNonce, saveIdentity } from "@kedge/identity/adapters";
import { openMqttLink } from "@kedge/wire/adapters";
import type { AgentConfig } from "./config.js";

/** What enrolment needs of the program. */
export interface EnrolmentDeps {
  readonly directory: string;
  readonly agentVersion: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

async function tokenOf(config: AgentConfig): Promise<string> {
  if (config.tokenFile === null) {
    throw new KedgeError("agent/not-enrolled", "this device is not enrolled, and no enrolment token was given", {
      hint: "Make one with `kedge token create` and give its file with --token-file.",
      context: { exit: "auth" },
    });
  }
  try {
    return (await readFile(config.tokenFile, "utf8")).trim();
  } catch (error) {
    throw new KedgeError("agent/token-unreadable", `reading the enrolment token ${config.tokenFile} failed: ${messageOf(error)}`, {
      hint: "Check the path and its permissions.",
      context: { exit: "auth" },
      cause: error,
    });
  }
}

/** One try to enrol, over a connection of its own; the identity, or why it should be tried again. Refusals throw. */
async function tryOnce(config: AgentConfig, deps: EnrolmentDeps): Promise<DeviceIdentity | string> {
  const text = await tokenOf(config);
  const token = parseEnrolmentToken(text);
  if (token === undefined)
    throw new KedgeError("agent/token-invalid", `the file ${config.tokenFile ?? ""} holds no enrolment token`, {
      hint: "A token begins with kedge1. and is one line.",
      context: { exit: "auth" },
    });
  const url = new URL(config.server);
  const authority = await fetchAuthority(url.hostname, Number(url.port || 8883), token.authorityPin, { nowMs: deps.clock.nowMs() });
  const nonce = newEnrolNonce();
  const link = openMqttLink({
    url: config.server,
    clientId: enrolClientId(nonce),
    ca: authority.certificatePem,
    username: enrolUsername,
    password: text,
    random: deps.random,
    retry: { firstMs: 500, maxMs: 5_000 },
  });
  let fault = "";
  link.onFault((error) => {
    fault = error.message;
  });
  try {
    const connected = await Promise.race([link.connect().then(() => true), new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 15_000))]);
    if (!connected) return `the collector at ${config.server} did not accept the connection${fault === "" ? "" : `: ${fault}`}`;
    const privateKeyPem = await loadDeviceKey(deps.directory);
    const requestedId = parseDeviceId(config.deviceId ?? hostname()) ?? null;
    const { labels } = config;
    const outcome = await enrol(link, {
      nonce,
      token: text,
      authorityPin: token.authorityPin,
      privateKeyPem,
      requestedId: config.deviceId === null ? null : requestedId,
      labels,
      agentVersion: deps.agentVersion,
      platform: `${process.platform}-${process.arch}`,
    });
    if (outcome.kind === "granted") return await saveIdentity(deps.directory, outcome.identity);
    if (outcome.kind === "retryable") return outcome.message;
    throw new KedgeError(outcome.code, `the collector refused to enrol this device: ${outcome.message}`, {
      hint: "Make a new token with `kedge token create`.",
      context: { exit: "auth" },
    });
  } finally {
    await link.close();
  }
}

/** The identity in the state directory, or a new one by the token. Waits for a collector that is away; ends on a refusal. */
export async function obtainIdentity(config: AgentConfig, deps: EnrolmentDeps, signal: { readonly aborted: boolean }): Promise<DeviceIdentity | undefined> {
  const known = await loadIdentity(deps.directory);
  if (known !== undefined) return known;
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    try {
      const result = await tryOnce(config, deps);
      if (typeof result !== "string") return result;
      deps.log.warn({ attempt }, `not enrolled yet: ${result}`);
    } catch (error) {
      if (!(error instanceof KedgeError && error.retryable)) throw error;
      deps.log.warn({ attempt, code: error.code }, `not enrolled yet: ${error.message}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 500 + retryDelayMs({ firstMs: 1_000, maxMs: 60_000 }, attempt, deps.random)));
  }
  return undefined;
}
