import { X509Certificate } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type DeviceId, KedgeError, type Labels, messageOf, parseDeviceId, type Random, retryDelayMs } from "@kedge/core";
import { enrolClientId, enrolUsername, identityErrors, parseEnrolmentToken } from "@kedge/identity";
import { enrol, type EnrolOutcome, fetchAuthority, type GrantedIdentity, newDeviceKey, newEnrolNonce, pinOf } from "@kedge/identity/adapters";
import { openMqttLink } from "@kedge/wire/adapters";
import { simulatorCodes } from "../errors.js";
import type { IdentityFile } from "./identity-file.js";

/** Who is to be let in, and by what. */
export interface EnrolPlan {
  readonly server: string;
  /** The token's text; asked for when somebody is not in yet. */
  readonly token: (missing: number) => Promise<string>;
  readonly devices: readonly { readonly index: number; readonly deviceId: string; readonly labels: Labels }[];
  readonly random: Random;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, of: number) => void;
}

/** Enrolments at once: the collector takes one after the other. */
const atOnce = 16;
const maxTries = 8;
const connectMs = 15_000;

interface Door {
  readonly server: string;
  readonly token: string;
  readonly pin: ReturnType<typeof pinOf>;
  readonly ca: string;
}

async function findDoor(server: string, text: string): Promise<Door> {
  const token = parseEnrolmentToken(text.trim());
  if (token === undefined)
    throw new KedgeError(simulatorCodes.notEnrolled, "this is no enrolment token", {
      hint: "A token begins with kedge1. and is one line: kedge token create > token.txt",
      context: { exit: "auth" },
    });
  const url = new URL(server);
  const authority = await fetchAuthority(url.hostname, Number(url.port || 8883), token.authorityPin, { nowMs: Date.now() });
  return { server, token: text.trim(), pin: token.authorityPin, ca: authority.certificatePem };
}

async function knock(
  door: Door,
  wish: { readonly deviceId: DeviceId; readonly labels: Labels; readonly privateKeyPem: string },
  random: Random,
): Promise<EnrolOutcome> {
  const nonce = newEnrolNonce();
  const link = openMqttLink({ url: door.server, clientId: enrolClientId(nonce), ca: door.ca, username: enrolUsername, password: door.token, random });
  try {
    let fault = "";
    link.onFault((error) => {
      fault = error.message;
    });
    const late = sleep(connectMs, "late" as const, { ref: false });
    if ((await Promise.race([link.connect(), late])) === "late")
      return { kind: "retryable", code: identityErrors.unreachable, message: fault || "no connection" };
    const { privateKeyPem, deviceId: requestedId, labels } = wish;
    const platform = `${process.platform}-${process.arch}`;
    return await enrol(link, { nonce, token: door.token, authorityPin: door.pin, privateKeyPem, requestedId, labels, agentVersion: "simulator", platform });
  } finally {
    await link.close();
  }
}

function refused({ code, message }: Extract<EnrolOutcome, { kind: "refused" }>, deviceId: string, missing: number): KedgeError {
  const isUsedUp = code === identityErrors.tokenUsedUp;
  const isTaken = code === identityErrors.idTaken;
  return new KedgeError(simulatorCodes.notEnrolled, `the collector did not let ${deviceId} in: ${message} (${code})`, {
    hint: isUsedUp
      ? `A token lets one device in unless it is made for more: kedge token create --uses ${missing} > token.txt`
      : isTaken
        ? "Its key is not in the state directory: name another fleet (--name), or give the state directory that it was enrolled from (--state-dir)."
        : "Make a new token: kedge token create --uses N > token.txt",
    context: { exit: "auth", code },
  });
}

/** Lets one device in, with patience. */
async function letIn(door: Door, plan: EnrolPlan, wish: Parameters<typeof knock>[1], missing: () => number): Promise<GrantedIdentity> {
  let last = "";
  for (let tries = 0; tries < maxTries; tries += 1) {
    plan.signal.throwIfAborted();
    const outcome = await knock(door, wish, plan.random);
    if (outcome.kind === "granted") return outcome.identity;
    if (outcome.kind === "refused" && outcome.retryAfterMs === null) throw refused(outcome, wish.deviceId, missing());
    last = outcome.message;
    await sleep(200 + retryDelayMs({ firstMs: 500, maxMs: 10_000 }, tries, plan.random), undefined, { signal: plan.signal });
  }
  throw new KedgeError(simulatorCodes.notEnrolled, `${wish.deviceId} could not be enrolled in ${maxTries} tries: ${last}`, {
    hint: "Look at the collector's log.",
    context: { exit: "auth" },
  });
}

/** Devices that are in already are of this collector, or nothing else will be understood. */
async function checkKnown(plan: EnrolPlan, file: IdentityFile): Promise<void> {
  const known = plan.devices.map(({ index }) => file.identity(index)).find((identity) => identity !== undefined);
  if (known === undefined) return;
  const url = new URL(plan.server);
  const remove = `Remove ${file.path} when the collector that it is of is gone; or keep this fleet elsewhere: --state-dir.`;
  try {
    await fetchAuthority(url.hostname, Number(url.port || 8883), pinOf(new X509Certificate(known.authoritiesPem)), { nowMs: Date.now() });
  } catch (error) {
    if (!(error instanceof KedgeError) || error.code !== identityErrors.authorityMismatch) throw error;
    throw new KedgeError(simulatorCodes.state, `the devices in ${file.path} were enrolled by another collector than the one at ${plan.server}`, {
      hint: remove,
      context: { exit: "untrusted" },
      cause: error,
    });
  }
  const expired = plan.devices.find(({ index }) => (file.identity(index)?.notAfterMs ?? Number.POSITIVE_INFINITY) <= Date.now());
  if (expired !== undefined)
    throw new KedgeError(simulatorCodes.state, `the certificate of ${expired.deviceId} in ${file.path} has expired`, {
      hint: remove,
      context: { exit: "auth" },
    });
}

/** Sees to it that all devices are enrolled, those that are not yet by the token. The file has their identities afterwards. */
export async function enrolFleet(plan: EnrolPlan, file: IdentityFile): Promise<void> {
  await checkKnown(plan, file);
  const missing = plan.devices.filter(({ index }) => file.identity(index) === undefined);
  if (missing.length === 0) return;
  const door = await findDoor(plan.server, await plan.token(missing.length));
  const keyless = missing.filter(({ index }) => file.get(index) === undefined);
  await file.add(keyless.map(({ index }) => ({ index, privateKeyPem: newDeviceKey().export({ type: "pkcs8", format: "pem" }).toString() })));
  let [next, done] = [0, 0];
  const work = async (): Promise<void> => {
    for (let device = missing[next++]; device !== undefined; device = missing[next++]) {
      const deviceId = parseDeviceId(device.deviceId);
      const privateKeyPem = file.get(device.index)?.privateKeyPem;
      if (deviceId === undefined || privateKeyPem === undefined) throw new KedgeError(simulatorCodes.state, `${device.deviceId} has no key`, {});
      const granted = await letIn(door, plan, { deviceId, labels: device.labels, privateKeyPem }, () => missing.length - done);
      await file.add([{ index: device.index, granted }]);
      done += 1;
      plan.onProgress(done, missing.length);
    }
  };
  const results = await Promise.allSettled(Array.from({ length: Math.min(atOnce, missing.length) }, work));
  const failed = results.find((r) => r.status === "rejected");
  if (failed !== undefined)
    throw failed.reason instanceof KedgeError ? failed.reason : new KedgeError(simulatorCodes.notEnrolled, messageOf(failed.reason), { cause: failed.reason });
}
