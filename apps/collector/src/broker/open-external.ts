import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { type Clock, KedgeError, type Log, messageOf, type Random } from "@kedge/core";
import { hostTopic, type DeviceBroker, type SelectiveLink } from "@kedge/wire";
import { openMqttLink } from "@kedge/wire/adapters";
import { admitsStrangers, newNonce } from "@kedge/wire/probe";
import type { CollectorConfig } from "../config.js";
import type { FaultBoard } from "../fault-board.js";
import type { Fleet } from "../fleet/fleet.js";
import type { Keys } from "../keys.js";
import { ExternalBroker, hostGone } from "./external-broker.js";
import { SealBook } from "./seal-book.js";

type BrokerConfig = CollectorConfig["broker"];

async function textOf(path: string, key: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new KedgeError("collector/config", `reading ${key} ${path} failed: ${messageOf(error)}`, {
      hint: `Give the path of a readable file in ${key}.`,
      context: { exit: "config" },
      cause: error,
    });
  }
}

/** Authorities in PEM by a key of the configuration: a file, `system` (those that Node trusts: `undefined`), or the collector's own. */
async function authoritiesOf(setting: string | null, key: string, own: string): Promise<string | undefined> {
  if (setting === null) return own;
  return setting === "system" ? undefined : await textOf(setting, key);
}

function certificatesIn(pem: string, key: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  try {
    if (blocks.length > 0) return blocks.map((block) => new X509Certificate(block));
  } catch {
    // Told below, as for a file without any.
  }
  throw new KedgeError("collector/config", `${key} holds no certificates in PEM`, {
    hint: "Give the authority that signed the broker's certificate.",
    context: { exit: "config" },
  });
}

/** Who the collector is at an external broker, and how it gets there. */
export interface BrokerEntry {
  readonly url: string;
  readonly ca?: string;
  readonly certificate?: string;
  readonly key?: string;
  readonly username?: string;
  readonly password?: string;
}

/** Reads what the configuration names. Without any credentials, the collector's authority vouches for the collector. */
export async function brokerEntry(config: BrokerConfig & { readonly url: string }, { authority }: Keys, nowMs: number): Promise<BrokerEntry> {
  const { url, username, certificateFile, keyFile, passwordFile } = config;
  const ca = await authoritiesOf(config.caFile, "broker.caFile", authority.certificatePem);
  const password = passwordFile === null ? undefined : (await textOf(passwordFile, "broker.passwordFile")).trim();
  const files =
    certificateFile === null || keyFile === null
      ? undefined
      : { certificate: await textOf(certificateFile, "broker.certificateFile"), key: await textOf(keyFile, "broker.keyFile") };
  const own = files === undefined && url.startsWith("mqtts:") ? await authority.collectorCredentials(nowMs) : undefined;
  return {
    url,
    ...(ca === undefined ? {} : { ca }),
    ...(files ?? (own === undefined ? {} : { certificate: own.certificatePem, key: own.keyPem })),
    ...(username === null ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  };
}

/** The collector's connection. Nothing happens before `connect`. */
export function collectorLink(entry: BrokerEntry, config: BrokerConfig, collectorId: string, random: Random): SelectiveLink {
  return openMqttLink({
    ...entry,
    clientId: config.clientId ?? `kedge-${collectorId}`.slice(0, 64),
    will: { topic: hostTopic(collectorId), payload: hostGone, qos: 1, retain: true },
    keepAliveSeconds: config.keepAliveSeconds,
    // One connection that the whole fleet waits for: it comes back sooner than a device would.
    retry: { firstMs: 500, maxMs: 15_000 },
    stableMs: 10_000,
    maxInFlight: 1_024,
    random,
  });
}

/** What devices are told of the broker when they get their certificates. */
export async function deviceBrokerOf(config: BrokerConfig & { readonly url: string }, keys: Keys): Promise<DeviceBroker> {
  const setting = config.deviceCaFile ?? config.caFile;
  // What this machine trusts is not what a device has.
  if (setting === "system") {
    throw new KedgeError("collector/config", "broker.deviceCaFile: devices must be told whom to trust", {
      hint: "Give the authority of the broker's certificate as a PEM file in broker.deviceCaFile.",
      context: { exit: "config" },
    });
  }
  const pem = setting === null ? undefined : await authoritiesOf(setting, "broker.deviceCaFile", "");
  const authorities = pem === undefined ? [] : certificatesIn(pem, "broker.deviceCaFile").map((certificate) => new Uint8Array(certificate.raw));
  return { url: config.deviceUrl ?? config.url, authorities, sealKey: keys.sealKeyDer };
}

/** An external broker that the configuration names, and what devices are told of it. */
export interface OpenedExternal {
  readonly broker: ExternalBroker;
  readonly entry: BrokerEntry;
  readonly deviceBroker: DeviceBroker;
}

/** What opening it needs of the program. */
export interface ExternalParts {
  readonly config: BrokerConfig;
  readonly keys: Keys;
  readonly fleet: Fleet;
  readonly collectorId: string;
  readonly faults: FaultBoard;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Throws `collector/unsafe-broker` (exit: config) when the broker answers and lets in whoever comes. */
async function refuseOpenBroker(config: BrokerConfig & { readonly url: string }, ca: string | undefined): Promise<void> {
  if (config.acceptUnsafe.includes("anonymous-access")) return;
  const { url } = config;
  if (!(await admitsStrangers({ target: { url, limitMs: 3_000, ...(ca === undefined ? {} : { ca }) }, nonce: newNonce() }))) return;
  throw new KedgeError(
    "collector/unsafe-broker",
    `the broker at ${url} lets in clients without name, password and certificate: anybody could read the fleet's statistics`,
    {
      hint: `Run \`kedge broker probe ${url}\`: it prints the lines that mend it. Or accept it with broker.acceptUnsafe: [anonymous-access].`,
      context: { exit: "config" },
    },
  );
}

/** Makes the collector's end of an external broker; `undefined` when the configuration names none. Throws `collector/config`, `collector/unsafe-broker`. */
export async function openExternal({ config, keys, fleet, collectorId, faults, clock, random, log }: ExternalParts): Promise<OpenedExternal | undefined> {
  const { kind, url } = config;
  if (kind !== "external" || url === null) return undefined;
  const entry = await brokerEntry({ ...config, url }, keys, clock.nowMs());
  await refuseOpenBroker({ ...config, url }, entry.ca);
  const seals = new SealBook(keys.seal, (deviceId) => {
    const device = fleet.get(deviceId);
    return device === undefined || device.isRetired ? undefined : device.keySpki;
  });
  const link = collectorLink(entry, config, collectorId, random);
  const broker = new ExternalBroker({ link, seals, collectorId, clock, log, faults });
  return { broker, entry, deviceBroker: await deviceBrokerOf({ ...config, url }, keys) };
}
