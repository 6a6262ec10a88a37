import { wireLimits } from "../src/index.js";
import type { Capabilities } from "./capabilities.js";
import { type Mend, mendOf } from "./mends.js";

/** `unfit`: Kedge does not work over it. `unsafe`: a stranger or a device can do or read too much. `limit`: worth knowing. */
export type Severity = "unfit" | "unsafe" | "limit";

/** What can be found. Append only: scripts look for these. */
export const findingCodes = [
  "no-mqtt-311",
  "loses-messages",
  "no-retained",
  "no-wildcard",
  "no-will",
  "small-payloads",
  "device-shut-out",
  "plaintext",
  "old-tls",
  "anonymous-access",
  "device-speaks-for-others",
  "device-speaks-for-collector",
  "device-hears-others",
  "device-takes-client-id",
  "samples-too-large",
  "queue-drops-acknowledged",
  "crash-loses-retained",
  "reorders",
  "no-retained-by-wildcard",
  "shares-nothing",
  "rewrites-dots",
  "denies-silently",
  "sys-visible",
  "rules-not-measured",
] as const;

/** One of {@link findingCodes}. */
export type FindingCode = (typeof findingCodes)[number];

/** Something that was measured and should be known, with the lines that mend it. */
export interface Finding {
  readonly severity: Severity;
  readonly code: FindingCode;
  /** What was seen, and what it means. */
  readonly text: string;
  readonly mend: Mend | null;
}

interface Rule {
  readonly severity: Severity;
  readonly code: FindingCode;
  readonly applies: (seen: Capabilities) => boolean;
  readonly text: (seen: Capabilities) => string;
}

/** A window and a chunk with their seals: what no fleet can do without. */
const leastPayloadBytes = wireLimits.windowBytes;

const unfit: readonly Rule[] = [
  {
    severity: "unfit",
    code: "loses-messages",
    applies: ({ delivery: { qos1 } }) => qos1.received < qos1.sent,
    text: ({ delivery: { qos1 } }) =>
      `of ${qos1.sent} messages of QoS 1 only ${qos1.received} arrived at a client that was there. Is the user allowed kedge/1/#?`,
  },
  {
    severity: "unfit",
    code: "no-retained",
    applies: ({ delivery }) => !delivery.retained,
    text: () => "a retained message was not there for who subscribed to its topic later: a device that comes back would not learn what it is to run",
  },
  {
    severity: "unfit",
    code: "no-wildcard",
    applies: ({ sharing }) => !sharing.wildcard,
    text: () => "a subscription to kedge/1/+/+/… gave nothing: the collector would hear no device",
  },
  {
    severity: "unfit",
    code: "small-payloads",
    applies: ({ delivery }) => delivery.maxPayloadBytes < leastPayloadBytes,
    text: ({ delivery }) =>
      `no payload larger than ${delivery.maxPayloadBytes} bytes arrived; windows have up to ${leastPayloadBytes}, bundles come in chunks of 64 KiB`,
  },
  {
    severity: "unfit",
    code: "device-shut-out",
    applies: ({ rules }) => rules !== null && !(rules.speaksOwn && rules.hearsOwn),
    text: () => "the device could not use its own topics: the rules shut out whom they are for",
  },
];

const unsafe: readonly Rule[] = [
  {
    severity: "unsafe",
    code: "plaintext",
    applies: ({ connection }) => connection.tls === null,
    text: () => "there is no TLS: statistics and samples can be read on the way, passwords too",
  },
  {
    severity: "unsafe",
    code: "old-tls",
    applies: ({ connection }) => connection.oldTls === true,
    text: () => "TLS 1.1 or older is accepted",
  },
  {
    severity: "unsafe",
    code: "anonymous-access",
    applies: ({ connection }) => connection.anonymous !== "refused",
    text: ({ connection }) =>
      `a client without name, password and certificate is let in${connection.anonymous === "hears all" ? ", and hears what is meant for the collector" : ""}`,
  },
  {
    severity: "unsafe",
    code: "device-speaks-for-others",
    applies: ({ rules }) => rules?.speaksForOthers === true,
    text: () => "a device can publish on another's topics. Its seal keeps that from being believed; a flood of it is not kept off",
  },
  {
    severity: "unsafe",
    code: "device-speaks-for-collector",
    applies: ({ rules }) => rules?.speaksForCollector === true,
    text: () => "a device can publish on topics that only the collector speaks on. Seals keep that from being believed",
  },
  {
    severity: "unsafe",
    code: "device-hears-others",
    applies: ({ rules }) => rules !== null && (rules.hearsOthers || rules.hearsAll),
    text: ({ rules }) =>
      `a device can read ${rules?.hearsAll === true ? "everything" : "what is meant for, or comes from, another"}: statistics, and samples where they are taken`,
  },
  {
    severity: "unsafe",
    code: "device-takes-client-id",
    applies: ({ rules }) => rules?.takesClientId === true,
    text: () => "a device can connect under another's client id, and so keep it from ever being connected",
  },
];

const limits: readonly Rule[] = [
  {
    severity: "limit",
    code: "no-will",
    applies: ({ delivery }) => !delivery.will,
    text: () => "no will came: a device that loses its power is called offline after offlineAfterMs only",
  },
  {
    severity: "limit",
    code: "samples-too-large",
    applies: ({ delivery }) => delivery.maxPayloadBytes >= leastPayloadBytes && delivery.maxPayloadBytes < delivery.triedPayloadBytes,
    text: ({ delivery }) => `payloads up to ${delivery.maxPayloadBytes} bytes arrive; samples may have ${wireLimits.sampleBytes}`,
  },
  {
    severity: "limit",
    code: "queue-drops-acknowledged",
    applies: ({ delivery: { offlineQueue } }) => offlineQueue !== null && offlineQueue.kept < offlineQueue.acknowledged,
    text: ({ delivery: { offlineQueue } }) =>
      `of ${offlineQueue?.acknowledged ?? 0} messages that it acknowledged for a client that was away it kept ${offlineQueue?.kept ?? 0}. Kedge trusts no such acknowledgement; other programs may`,
  },
  {
    severity: "limit",
    code: "crash-loses-retained",
    applies: ({ product }) => product === "mosquitto",
    text: () =>
      "whether what is retained survives a crash cannot be seen from outside; as shipped it is written every 30 minutes. The collector says it again when it is back, other programs may not",
  },
  {
    severity: "limit",
    code: "reorders",
    applies: ({ delivery }) => !delivery.qos1.inOrder,
    text: () => "messages of one client on one topic came in another order; numbers put them right",
  },
  {
    severity: "limit",
    code: "no-retained-by-wildcard",
    applies: ({ delivery }) => delivery.retained && !delivery.retainedByWildcard,
    text: () => "retained messages come for exact topics only, not by wildcard. Kedge asks for exact ones",
  },
  {
    severity: "limit",
    code: "shares-nothing",
    applies: ({ sharing: { shared311, shared5 } }) => [shared311, shared5].some((s) => s !== null && s.received < 100),
    text: () => "a shared subscription is granted and gives nothing. Kedge uses none",
  },
  {
    severity: "limit",
    code: "rewrites-dots",
    applies: ({ delivery }) => delivery.dots !== "kept",
    text: ({ delivery }) => `a dot in a topic is ${delivery.dots}. Device ids have none`,
  },
  {
    severity: "limit",
    code: "denies-silently",
    applies: ({ rules }) => rules?.silentDenial === true,
    text: () => "what the rules deny is acknowledged or granted, and then dropped: a wrong rule shows only as silence",
  },
  {
    severity: "limit",
    code: "sys-visible",
    applies: ({ rules }) => rules?.hearsSys === true,
    text: () => "a device can read $SYS: versions, and how many clients there are",
  },
  {
    severity: "limit",
    code: "rules-not-measured",
    applies: ({ rules }) => rules === null,
    text: () => "what a device may do was not looked at: give the papers of one (--device-id, --device-certificate, --device-key)",
  },
];

/** What should be known of a broker, the worst first. */
export function findingsOf(seen: Capabilities): readonly Finding[] {
  return [...unfit, ...unsafe, ...limits]
    .filter((rule) => rule.applies(seen))
    .map((rule) => ({ severity: rule.severity, code: rule.code, text: rule.text(seen), mend: mendOf(rule.code, seen.product) }));
}
