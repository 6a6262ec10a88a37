import { readFile } from "node:fs/promises";
import { exitCodes, KedgeError, messageOf } from "@kedge/core";
import { type Capabilities, type Finding, newNonce, type Product, type ProbeReport, type ProbeUser, probeBroker, products } from "@kedge/wire/probe";
import { Option } from "commander";
import type { AddCommands } from "../action.js";
import { wholeArgument } from "../arguments.js";
import { cliCodes } from "../errors.js";
import { byteSize } from "../output/plain.js";
import { fields, printLines } from "../output/print.js";
import type { Session } from "../session.js";

interface ProbeFlags {
  readonly username?: string;
  readonly passwordFile?: string;
  readonly certificate?: string;
  readonly key?: string;
  readonly brokerCa?: string;
  readonly deviceId?: string;
  readonly deviceUrl?: string;
  readonly deviceCertificate?: string;
  readonly deviceKey?: string;
  readonly deviceUsername?: string;
  readonly devicePasswordFile?: string;
  readonly product?: Product;
  readonly queueDepth: number;
}

async function textOf(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new KedgeError(cliCodes.unreadable, `reading ${path} failed: ${messageOf(error)}`, { hint: "Check the path.", context: { exit: "usage" } });
  }
}

async function userOf(given: {
  username?: string | undefined;
  passwordFile?: string | undefined;
  certificate?: string | undefined;
  key?: string | undefined;
}): Promise<ProbeUser> {
  const [password, certificate, key] = [(await textOf(given.passwordFile))?.trim(), await textOf(given.certificate), await textOf(given.key)];
  return {
    ...(given.username === undefined ? {} : { username: given.username }),
    ...(password === undefined ? {} : { password }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(key === undefined ? {} : { key }),
  };
}

const yes = (value: boolean): string => (value ? "yes" : "no");

function sharedText(shared: Capabilities["sharing"]["shared311"]): string {
  if (shared === null) return "refused";
  return `${shared.received} of 100 arrived${shared.received > 0 && !shared.isSpread ? ", all at one subscriber" : ""}`;
}

/** The matrix, as rows of what was looked at and what was seen. */
function matrixOf({ product, productVersion, connection, delivery, sharing, rules }: Capabilities): [string, string][] {
  const { qos1, offlineQueue } = delivery;
  const puback = delivery.pubackMs === null ? "not measured" : `${delivery.pubackMs} ms: received, not stored; nothing here relies on it`;
  return [
    ["broker", `${product}${productVersion === null ? "" : ` ${productVersion}`}`],
    ["MQTT 3.1.1, 5", `${yes(connection.mqtt311)}, ${yes(connection.mqtt5)}`],
    [
      "TLS",
      connection.tls === null
        ? "none"
        : `${connection.tls.version} ${connection.tls.cipher}; 1.1 or older ${connection.oldTls === true ? "accepted" : "refused"}`,
    ],
    ["without credentials", connection.anonymous],
    ["client id taken over", connection.takeover ? "the newer connection ends the older" : "no"],
    ["$SYS", `${connection.sysTopics} topics`],
    [
      "QoS 1",
      `${qos1.received} of ${qos1.sent} in ${qos1.inOrder ? "order" : "another order"}, ${qos1.repeated} twice, ${qos1.medianMs} ms to the acknowledgement`,
    ],
    ["QoS 2", yes(delivery.qos2)],
    ["retained, by wildcard", `${yes(delivery.retained)}, ${yes(delivery.retainedByWildcard)}`],
    ["will", yes(delivery.will)],
    ["kept sessions", yes(delivery.persistentSession)],
    [
      "for a client away",
      offlineQueue === null ? "not measured" : `${offlineQueue.kept} kept of ${offlineQueue.acknowledged} acknowledged of ${offlineQueue.sent}`,
    ],
    ["PUBACK for it", puback],
    ["not acknowledged", delivery.unacknowledged ?? "not measured"],
    ["payload", `${byteSize(delivery.maxPayloadBytes)}${delivery.maxPayloadBytes === delivery.triedPayloadBytes ? " or more" : ""}`],
    ["a dot in a topic", delivery.dots],
    ["kedge/1/+/+/…", yes(sharing.wildcard)],
    ["$share, 3.1.1", sharedText(sharing.shared311)],
    ["$share, 5", connection.mqtt5 ? sharedText(sharing.shared5) : "no MQTT 5"],
    ...(rules === null
      ? [["a device may", "not looked at"] as [string, string]]
      : ([
          ["a device may use its own topics", yes(rules.speaksOwn && rules.hearsOwn)],
          ["… speak for another", yes(rules.speaksForOthers)],
          ["… speak for the collector", yes(rules.speaksForCollector)],
          ["… hear another", yes(rules.hearsOthers)],
          ["… hear everything", yes(rules.hearsAll)],
          ["… take another's client id", yes(rules.takesClientId)],
        ] as [string, string][])),
  ];
}

function findingLines({ severity, text, code, mend }: Finding): string[] {
  const head = `${severity.toUpperCase()} ${code}: ${text}.`;
  return mend === null ? [head] : [head, `  ${mend.where}`, ...mend.lines.map((line) => `    ${line}`)];
}

function reportLines({ capabilities, findings }: ProbeReport): string[] {
  const said = findings.flatMap((finding) => ["", ...findingLines(finding)]);
  const isGood = findings.every((f) => f.severity === "limit");
  return [...fields(matrixOf(capabilities)), ...said, "", isGood ? "Nothing unsafe was found." : "Mend what is unfit or unsafe, and probe again."];
}

async function probe(session: Session, url: string, flags: ProbeFlags): Promise<number | undefined> {
  if (!/^mqtts?:\/\/[^/@\s]+$/.test(url))
    throw new KedgeError(cliCodes.usage, `${url} is no broker's address`, { hint: "Write mqtts://broker.example:8883.", context: { exit: "usage" } });
  const ca = await textOf(flags.brokerCa);
  const { deviceId, deviceUrl } = flags;
  const device = { username: flags.deviceUsername, passwordFile: flags.devicePasswordFile, certificate: flags.deviceCertificate, key: flags.deviceKey };
  const report = await probeBroker({
    target: { url, limitMs: 5_000, ...(ca === undefined ? {} : { ca }) },
    collector: await userOf(flags),
    device: deviceId === undefined ? null : { ...(await userOf(device)), deviceId, ...(deviceUrl === undefined ? {} : { url: deviceUrl }) },
    product: flags.product ?? null,
    queueDepth: flags.queueDepth,
    nonce: newNonce(),
    quietMs: 700,
    onStep: (what) => session.say(`looking at ${what} …`),
  });
  printLines(session, report, reportLines(report));
  return report.findings.every((f) => f.severity === "limit") ? undefined : exitCodes.config;
}

/** `kedge broker …` */
export const addBroker: AddCommands = (program, runner) => {
  program
    .command("broker")
    .description("brokers other than the collector's own")
    .command("probe")
    .argument("<url>", "mqtts://broker.example:8883, as the collector reaches it")
    .description("measure what a broker does and whom it lets do what; exits with 9 when something is unsafe, and says what mends it")
    .option("--username <name>", "the collector's user")
    .option("--password-file <file>", "its password")
    .option("--certificate <file>", "the collector's certificate, PEM (kedge collector broker-files writes one)")
    .option("--key <file>", "its key")
    .option("--broker-ca <file>", "the authority of the broker's certificate, PEM")
    .option("--device-id <id>", "look at what this device may do; it is cut off meanwhile, so take a spare one")
    .option("--device-url <url>", "where devices connect, when that is another address")
    .option("--device-certificate <file>", "its certificate, PEM")
    .option("--device-key <file>", "its key")
    .option("--device-username <name>", "its user")
    .option("--device-password-file <file>", "its password")
    .addOption(new Option("--product <name>", "which broker it is, where that cannot be seen").choices(products))
    .option("--queue-depth <n>", "messages to leave for a client that is away", wholeArgument(1, 100_000), 3_000)
    .action(runner.does<ProbeFlags>((session, flags, [url = ""]) => probe(session, url, flags)));
};
