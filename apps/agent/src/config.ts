import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import {
  fromEnvironment,
  isLabelKey,
  isLabelValue,
  KedgeError,
  layered,
  messageOf,
  parseDeviceId,
  type SettingsTree,
  setPath,
  settingsTextFault,
} from "@kedge/core";
import { usualReportEveryMs } from "@kedge/device/adapters";
import type { ReportingPolicy } from "@kedge/profile";
import { samplingPolicySchema } from "@kedge/sample";
import { sensorKinds } from "@kedge/sensor/adapters";
import { parse as parseYaml } from "yaml";
import { z } from "zod";
import { faultLines } from "./config-faults.js";

const http = z.strictObject({
  /** Where `POST /v1/predict` listens. Programs beside the agent speak to it; it has no password, so it stays on loopback. */
  host: z.enum(["127.0.0.1", "::1"]).default("127.0.0.1"),
  /** 0 takes a free one; it is written to `endpoint.json` in the state directory. */
  port: z.int().min(0).max(65_535).default(4_980),
  maxBodyBytes: z
    .int()
    .min(1_024)
    .max(256 * 1024 * 1024)
    .default(16 * 1024 * 1024),
});

const outbox = z.strictObject({
  /** Bytes on disk; beyond them the oldest windows go, and are counted. */
  maxBytes: z
    .int()
    .min(65_536)
    .default(64 * 1024 * 1024),
  /** `always`: a window is on the disk before it is sent. `interval`: a power cut may lose the last second. */
  fsync: z.enum(["always", "interval"]).default("always"),
});

const broker = z.strictObject({
  /** Where the collector sends this device, by another address; null: as the collector says. */
  url: z
    .string()
    .regex(/^mqtts?:\/\/[^/@\s]+$/, "is no address such as mqtts://broker.example:8883")
    .nullable()
    .default(null),
  /** For brokers that want a name and a password beside the certificate. */
  username: z.string().min(1).max(256).nullable().default(null),
  passwordFile: z.string().min(1).nullable().default(null),
});

const probation = z.strictObject({
  /** First predictions of a new model that are watched before it is committed. */
  predictions: z.int().min(1).default(20),
  /** A device that predicts seldom commits after this. */
  maxMs: z.int().min(1_000).default(30_000),
});

const reporting = z.strictObject({
  /** Windows are merged until they are so long together; null: each is sent as it ends, or, with a byte budget, every 15 minutes. */
  heartbeatMs: z.int().min(1_000).max(86_400_000).nullable().default(null),
  /** After an alarm, a start or a new model windows are sent as they end for so long; further alarms end none early. */
  fineForMs: z.int().min(1_000).max(86_400_000).default(600_000),
  /** Bytes that may be put on the link in any 24 hours; null: no limit. */
  bytesPerDay: z
    .int()
    .min(20_000)
    .max(2 ** 40)
    .nullable()
    .default(null),
});

const sensor = z.discriminatedUnion("kind", [sensorKinds[0].config, sensorKinds[1].config]);

const schema = z.strictObject({
  formatVersion: z.literal(1).default(1),
  /** The collector: `mqtts://host:8883`. */
  server: z.string().regex(/^mqtts:\/\/[^/\s]+$/, "is no address such as mqtts://collector.example:8883"),
  /** A file with an enrolment token; needed at the first start only. */
  tokenFile: z.string().min(1).nullable().default(null),
  stateDir: z.string().min(1).default("/var/lib/kedge-agent"),
  /** The device's name; the collector chooses one when this is null. */
  deviceId: z
    .string()
    .refine((id) => parseDeviceId(id) !== undefined, "is no device id: 1 to 64 letters, digits, _ or -")
    .nullable()
    .default(null),
  labels: z
    .record(z.string(), z.string())
    .default({})
    .refine((labels) => Object.entries(labels).every(([k, v]) => isLabelKey(k) && isLabelValue(v)), "has a label that is none; site=oslo is one"),
  windowMs: z.int().min(1_000).max(3_600_000).default(60_000),
  /** Devices whose machines have just booted spread their first try to connect over so long, for they may be many. */
  splayMs: z.int().min(0).max(3_600_000).default(30_000),
  http: http.prefault({}),
  outbox: outbox.prefault({}),
  reporting: reporting.prefault({}),
  probation: probation.prefault({}),
  /** An external broker; which one, the collector says when it grants the certificate. */
  broker: broker.prefault({}),
  /** Where readings come from beside HTTP. */
  sensor: sensor.nullable().default(null),
  /** Which raw readings may be sent; null: none, whatever the collector asks for. */
  sampling: samplingPolicySchema.nullable().default(null),
  logLevel: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
});

/** Everything that can be set of an agent. */
export type AgentConfig = z.infer<typeof schema>;

/** A budget without a wish for a heartbeat: often enough to be found by, and some 100 windows a day. */
const budgetHeartbeatMs = 900_000;
/** What a report of the device's state takes on the link, and the share of a budget that regular ones may have. */
const reportBytes = 250;
const reportShare = 0.2;

/** How windows are reported, and how often the device says what it runs. */
export function reportingOf({ reporting }: AgentConfig): { readonly policy: ReportingPolicy; readonly reportEveryMs: number } {
  const { bytesPerDay, fineForMs } = reporting;
  const heartbeatMs = reporting.heartbeatMs ?? (bytesPerDay === null ? null : budgetHeartbeatMs);
  const leastMs = bytesPerDay === null ? 0 : Math.ceil((86_400_000 * reportBytes) / (bytesPerDay * reportShare));
  return { policy: { heartbeatMs, fineForMs }, reportEveryMs: Math.max(usualReportEveryMs, heartbeatMs ?? 0, leastMs) };
}

const environmentPrefix = "KEDGE_AGENT_";

function refuse(lines: readonly string[], where: string): never {
  throw new KedgeError("agent/config", `the configuration was refused (${where}):\n${lines.map((l) => `  - ${l}`).join("\n")}`, {
    hint: "Mend these keys; `kedge-agent config print` shows what is in force.",
    context: { exit: "config" },
  });
}

function fromFile(path: string): unknown {
  try {
    const text = readFileSync(path, "utf8");
    const fault = settingsTextFault(text);
    if (fault !== undefined) return refuse([fault], path);
    return parseYaml(text, { strict: true, uniqueKeys: true, maxAliasCount: 20 }) ?? {};
  } catch (error) {
    return refuse([messageOf(error).split("\n")[0] ?? "not YAML"], path);
  }
}

function scalar(text: string): unknown {
  try {
    return settingsTextFault(text) === undefined ? parseYaml(text) : text;
  } catch {
    return text;
  }
}

function knownKeys(): string[] {
  const sections = { http, outbox, reporting, probation, broker } as const;
  return [...Object.keys(schema.shape), ...Object.entries(sections).flatMap(([name, section]) => Object.keys(section.shape).map((key) => `${name}.${key}`))];
}

/**
 * Defaults < file < environment (`KEDGE_AGENT_…`) < flags (dotted key → value). All faults are told at once; unknown keys are refused.
 * Throws {@link KedgeError} `agent/config`.
 */
export function loadConfig(file: string | undefined, env: Readonly<Record<string, string | undefined>>, flags: Readonly<Record<string, unknown>>): AgentConfig {
  const flagTree: SettingsTree = {};
  for (const [key, value] of Object.entries(flags)) if (value !== undefined) setPath(flagTree, key.split("."), value);
  const tree = [fromEnvironment(environmentPrefix, env, knownKeys(), scalar), flagTree].reduce<unknown>(layered, file === undefined ? {} : fromFile(file));
  const parsed = schema.safeParse(tree);
  if (!parsed.success) refuse(faultLines(parsed.error.issues, tree, knownKeys()), file ?? "flags and environment");
  return { ...parsed.data, stateDir: resolve(parsed.data.stateDir) };
}
