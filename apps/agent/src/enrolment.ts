import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { type Clock, KedgeError, type Log, messageOf, parseDeviceId, type Random, retryDelayMs } from "@kedge/core";
import { enrolClientId, enrolUsername, parseEnrolmentToken } from "@kedge/identity";
import { type DeviceIdentity, enrol, fetchAuthority, loadDeviceKey, loadIdentity, newEnrolNonce, saveIdentity } from "@kedge/identity/adapters";
import type { Link } from "@kedge/wire";
import { openMqttLink } from "@kedge/wire/adapters";
import type { AgentConfig } from "./config.js";

/** How long one try waits for its connection. */
const connectMs = 15_000;

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

async function isConnectedSoon(link: Link): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), connectMs);
  });
  try {
    return await Promise.race([link.connect().then(() => true), tooLate]);
  } finally {
    clearTimeout(timer);
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
    if (!(await isConnectedSoon(link))) return `the collector at ${config.server} did not accept the connection${fault === "" ? "" : `: ${fault}`}`;
    const privateKeyPem = await loadDeviceKey(deps.directory);
    const requestedId = config.deviceId === null ? null : (parseDeviceId(config.deviceId) ?? null);
    const { labels } = config;
    const outcome = await enrol(link, {
      nonce,
      token: text,
      authorityPin: token.authorityPin,
      privateKeyPem,
      requestedId,
      labels,
      agentVersion: deps.agentVersion,
      platform: `${process.platform}-${process.arch}`,
    });
    if (outcome.kind === "granted") return await saveIdentity(deps.directory, outcome.identity);
    if (outcome.kind === "retryable" || outcome.retryAfterMs !== null) return outcome.message;
    throw new KedgeError(outcome.code, `the collector refused to enrol this device: ${outcome.message}`, {
      hint: "Make a new token with `kedge token create`.",
      context: { exit: "auth" },
    });
  } finally {
    await link.close();
  }
}

/** One try, whose faults that may pass are told as text. */
async function tryCalmly(config: AgentConfig, deps: EnrolmentDeps): Promise<DeviceIdentity | string> {
  try {
    return await tryOnce(config, deps);
  } catch (error) {
    if (error instanceof KedgeError && error.retryable) return `${error.message} (${error.code})`;
    throw error;
  }
}

/**
 * The identity in the state directory, or a new one by the token. Waits for a collector that is away; ends on a refusal, and at once, with
 * `undefined`, when `signal` asks for it. What a try under way still brings is then left to the next start: the same key is granted again.
 */
export async function obtainIdentity(config: AgentConfig, deps: EnrolmentDeps, signal: AbortSignal): Promise<DeviceIdentity | undefined> {
  const known = await loadIdentity(deps.directory);
  if (known !== undefined) return known;
  const stopped = new Promise<undefined>((resolve) => signal.addEventListener("abort", () => resolve(undefined), { once: true }));
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    const result = await Promise.race([tryCalmly(config, deps), stopped]);
    if (typeof result !== "string") return result;
    deps.log.warn({ attempt }, `not enrolled yet: ${result}`);
    await sleep(500 + retryDelayMs({ firstMs: 1_000, maxMs: 60_000 }, attempt, deps.random), undefined, { signal }).catch(() => {});
  }
  return undefined;
}
