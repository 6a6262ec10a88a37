import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Capabilities, RuleCapabilities } from "./capabilities.js";
import { type findingCodes, findingsOf } from "./findings.js";
import { mendOf } from "./mends.js";
import { type products, recognise } from "./products.js";

const rules: RuleCapabilities = {
  speaksOwn: true,
  hearsOwn: true,
  speaksForOthers: false,
  speaksForCollector: false,
  hearsOthers: false,
  hearsAll: false,
  hearsSys: false,
  takesClientId: false,
  silentDenial: false,
};

const good: Capabilities = {
  product: "unknown",
  productVersion: null,
  connection: { mqtt311: true, mqtt5: true, tls: { version: "TLSv1.3", cipher: "x" }, oldTls: false, anonymous: "refused", takeover: true, sysTopics: 3 },
  delivery: {
    qos1: { sent: 200, received: 200, inOrder: true, repeated: 0, medianMs: 1 },
    qos2: true,
    retained: true,
    retainedByWildcard: true,
    will: true,
    persistentSession: true,
    offlineQueue: { sent: 3_000, acknowledged: 3_000, kept: 3_000 },
    pubackMs: 1,
    unacknowledged: "sent again, marked",
    maxPayloadBytes: 4_194_816,
    triedPayloadBytes: 4_194_816,
    dots: "kept",
  },
  sharing: { wildcard: true, shared311: { received: 100, isSpread: true }, shared5: { received: 100, isSpread: true } },
  rules,
};

const codesOf = (seen: Capabilities) => findingsOf(seen).map((f) => `${f.severity} ${f.code}`);

describe("findings", () => {
  test("a broker that does everything and lets nobody do too much is not blamed", () => {
    expect(findingsOf(good)).toEqual([]);
  });

  test.each([
    ["unfit loses-messages", { delivery: { ...good.delivery, qos1: { ...good.delivery.qos1, received: 199 } } }],
    ["unfit no-retained", { delivery: { ...good.delivery, retained: false } }],
    ["unfit no-wildcard", { sharing: { ...good.sharing, wildcard: false } }],
    ["unfit small-payloads", { delivery: { ...good.delivery, maxPayloadBytes: 66_048 } }],
    ["unfit device-shut-out", { rules: { ...rules, hearsOwn: false } }],
    ["unsafe plaintext", { connection: { ...good.connection, tls: null } }],
    ["unsafe old-tls", { connection: { ...good.connection, oldTls: true } }],
    ["unsafe anonymous-access", { connection: { ...good.connection, anonymous: "let in" as const } }],
    ["unsafe device-speaks-for-others", { rules: { ...rules, speaksForOthers: true } }],
    ["unsafe device-speaks-for-collector", { rules: { ...rules, speaksForCollector: true } }],
    ["unsafe device-hears-others", { rules: { ...rules, hearsAll: true } }],
    ["unsafe device-takes-client-id", { rules: { ...rules, takesClientId: true } }],
    ["limit no-will", { delivery: { ...good.delivery, will: false } }],
    ["limit samples-too-large", { delivery: { ...good.delivery, maxPayloadBytes: 1_048_576 } }],
    ["limit queue-drops-acknowledged", { delivery: { ...good.delivery, offlineQueue: { sent: 3_000, acknowledged: 3_000, kept: 1_000 } } }],
    ["limit crash-loses-retained", { product: "mosquitto" as const }],
    ["limit reorders", { delivery: { ...good.delivery, qos1: { ...good.delivery.qos1, inOrder: false } } }],
    ["limit no-retained-by-wildcard", { delivery: { ...good.delivery, retainedByWildcard: false } }],
    ["limit shares-nothing", { sharing: { ...good.sharing, shared311: { received: 0, isSpread: false } } }],
    ["limit rewrites-dots", { delivery: { ...good.delivery, dots: "taken for a level" as const } }],
    ["limit denies-silently", { rules: { ...rules, silentDenial: true } }],
    ["limit sys-visible", { rules: { ...rules, hearsSys: true } }],
    ["limit rules-not-measured", { rules: null }],
  ])("%s", (expected, change) => {
    expect(codesOf({ ...good, ...change })).toEqual([expected]);
  });

  test("the worst comes first", () => {
    const bad = { ...good, rules: null, connection: { ...good.connection, tls: null }, sharing: { ...good.sharing, wildcard: false } };
    expect(codesOf(bad)).toEqual(["unfit no-wildcard", "unsafe plaintext", "limit rules-not-measured"]);
  });
});

describe("lines that mend", () => {
  const shipped = (path: string) => readFileSync(new URL(`../../../deploy/brokers/${path}`, import.meta.url), "utf8");
  const lines = (code: (typeof findingCodes)[number], product: (typeof products)[number]) => mendOf(code, product)?.lines ?? [];

  test.each(["anonymous-access", "device-speaks-for-others", "device-takes-client-id", "old-tls", "samples-too-large", "crash-loses-retained"] as const)(
    "mosquitto, %s: they stand in the files that the tests run on",
    (code) => {
      const text = `${shipped("mosquitto/kedge.conf")}${shipped("mosquitto/kedge.acl")}`.split("\n");
      expect(lines(code, "mosquitto").length).toBeGreaterThan(0);
      for (const line of lines(code, "mosquitto")) expect(text).toContain(line);
    },
  );

  test.each(["old-tls", "plaintext"] as const)("RabbitMQ, %s: likewise", (code) => {
    const text = shipped("rabbitmq/rabbitmq.conf").replace("0.0.0.0:8883", "8883").split("\n");
    for (const line of lines(code, "rabbitmq")) expect(text).toContain(line);
  });

  test("RabbitMQ's rules on topics are those of its definitions", () => {
    const text = shipped("rabbitmq/definitions.json").replaceAll("\\\\", "\\");
    for (const line of lines("device-hears-others", "rabbitmq")) for (const [, rule] of line.matchAll(/'([^']+)'/g)) expect(text).toContain(rule);
  });

  test("every unsafe setting of the brokers that we test on has its lines", () => {
    const codes = [
      "plaintext",
      "anonymous-access",
      "device-speaks-for-others",
      "device-speaks-for-collector",
      "device-hears-others",
      "device-takes-client-id",
    ] as const;
    for (const product of ["mosquitto", "rabbitmq", "nats"] as const)
      for (const code of codes) expect(mendOf(code, product), `${product} ${code}`).not.toBeNull();
  });
});

test.each([
  ["mosquitto", { sys: [{ topic: "$SYS/broker/version", text: "mosquitto version 2.0.11" }] }],
  ["emqx", { sys: [{ topic: "$SYS/brokers/emqx@127.0.0.1/version", text: "5.8.0" }] }],
  ["vernemq", { sys: [{ topic: "$SYS/VerneMQ@127.0.0.1/uptime", text: "1" }] }],
  ["aedes", { sys: [{ topic: "$SYS/0c3f/new/clients", text: "x" }] }],
  ["aws-iot", { host: "abc-ats.iot.eu-west-1.amazonaws.com" }],
  ["nats", { dots: "refused", mqtt5: false, qos2: false }],
  ["rabbitmq", { dots: "taken for a level" }],
  ["unknown", {}],
] as const)("%s is known by what it shows", (product, signs) => {
  expect(recognise({ host: "broker.example", sys: [], mqtt5: true, qos2: true, dots: "kept", ...signs }).product).toBe(product);
});
