import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fromEnvironment, KedgeError, layered, messageOf, parseSelector, type SettingsTree, setPath, settingsTextFault } from "@kedge/core";
import { parse as parseYaml } from "yaml";
import { z } from "zod";

const port = z.int().min(0).max(65_535);
const selector = z.string().refine((text) => typeof parseSelector(text) !== "string", "is no label selector such as site=oslo");
const loopback = new Set(["127.0.0.1", "::1", "localhost"]);

const mqtt = z.strictObject({
  /** Address that devices reach. Anything but loopback must be written here on purpose. */
  host: z.string().min(1).default("127.0.0.1"),
  port: port.default(8883),
  /** Names and addresses that the server certificate is for, beside the host. */
  names: z.array(z.string().min(1)).max(32).default([]),
  maxConnections: z.int().min(1).max(1_000_000).default(20_000),
});

const brokerUrl = z.string().regex(/^mqtts?:\/\/[^/@\s]+$/, "is no address such as mqtts://broker.example:8883 (name and password have keys of their own)");

const broker = z.strictObject({
  /** `external`: devices are sent to another broker when they get their certificates. Enrolment stays at the collector's own port. */
  kind: z.enum(["embedded", "external"]).default("embedded"),
  /** As the collector reaches it, and as devices do (null: the same). */
  url: brokerUrl.nullable().default(null),
  deviceUrl: brokerUrl.nullable().default(null),
  /** Authorities (PEM) of the broker's certificate; `system`: those that Node trusts; null: the collector's own, see `kedge collector broker-files`. */
  caFile: z.string().min(1).nullable().default(null),
  deviceCaFile: z.string().min(1).nullable().default(null),
  /** Who the collector is there. Without a certificate of yours, its own authority makes one out to `kedge.collector`. */
  certificateFile: z.string().min(1).nullable().default(null),
  keyFile: z.string().min(1).nullable().default(null),
  username: z.string().min(1).max(256).nullable().default(null),
  passwordFile: z.string().min(1).nullable().default(null),
  clientId: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,64}$/, "is no client id: 1 to 64 letters, digits, _ . or -")
    .nullable()
    .default(null),
  keepAliveSeconds: z.int().min(1).max(3_600).default(30),
  /** What `kedge broker probe` calls unsafe and you want all the same. */
  acceptUnsafe: z.array(z.enum(["plaintext", "anonymous-access"])).default([]),
});

const http = z.strictObject({
  host: z.string().min(1).default("127.0.0.1"),
  port: port.default(8787),
  /** HTTPS by the collector's own authority. Needed when the host is not loopback. */
  tls: z.boolean().default(false),
});

const drift = z.strictObject({
  /** How often the fleet is held against its references. */
  tickMs: z.int().min(500).max(3_600_000).default(60_000),
  /** How far back a device's windows are merged for that. */
  lookBackMs: z
    .int()
    .min(1_000)
    .max(30 * 86_400_000)
    .default(600_000),
  /** A cause must be seen in this many looks in a row before an incident opens. */
  looksBeforeOpen: z.int().min(1).max(100).default(2),
  /** And be gone for this many before it resolves. */
  looksBeforeResolve: z.int().min(1).max(100).default(3),
});

const retrain = z.strictObject({
  enabled: z.boolean().default(true),
  /** Labelled readings of the drifted cohort to wait for. */
  labelledReadings: z.int().min(50).max(1_000_000).default(800),
  /** Of these, the share held back for the gate and the cohort's reference. */
  heldBackShare: z.number().min(0.1).max(0.5).default(0.25),
  /** How many points of accuracy the candidate may lose on clean readings. */
  cleanLossPoints: z.number().min(0).max(100).default(1),
  trainer: z
    .discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("tfjs"), timeoutMs: z.int().min(1_000).default(3_600_000) }),
      z.strictObject({ kind: z.literal("command"), command: z.array(z.string().min(1)).min(1), timeoutMs: z.int().min(1_000).default(86_400_000) }),
    ])
    .default({ kind: "tfjs", timeoutMs: 3_600_000 }),
  epochs: z.int().min(1).max(1_000).default(12),
  batchSize: z.int().min(1).max(65_536).default(128),
  hidden: z.array(z.int().min(1).max(4_096)).max(8).default([64]),
  learningRate: z.number().positive().max(1).default(0.003),
  /** How much a labelled reading of the drifted cohort counts against an old one. */
  newReadingWeight: z.number().min(0.1).max(100).default(1.5),
  /** From the end of a job to the next of the same model: a rollout and its observation take time. */
  cooldownMs: z
    .int()
    .min(0)
    .default(6 * 3_600_000),
});

const rollout = z.strictObject({
  /** A retrained bundle that passed its gate is rolled out without being asked. */
  automatic: z.boolean().default(true),
  canary: z.int().min(0).max(10_000).default(1),
  /** Sizes of the waves after the canary, in percent of the fleet, cumulative. */
  wavesPercent: z.array(z.number().gt(0).max(100)).min(1).max(50).default([50, 100]),
  /** Predictions of a wave's devices to see before it can succeed. */
  gateRows: z.int().min(1).default(500),
  waveTimeoutMs: z.int().min(5_000).default(3_600_000),
});

const sampling = z.strictObject({
  /** Which devices may send raw readings at all; nobody by default. */
  selector: selector.nullable().default(null),
  perHour: z.int().min(0).max(1_000_000).default(0),
  /** While an incident waits for labels, its scope's devices may send this many. */
  perHourDuringIncident: z.int().min(0).max(1_000_000).default(0),
  bytesPerDay: z.int().min(0).default(50_000_000),
  /** Of stored readings; beyond it the oldest go, those without a label first. */
  storedBytes: z.int().min(0).default(2_000_000_000),
});

const dayMs = 86_400_000;
const kept = (days: number) =>
  z
    .int()
    .min(60_000)
    .max(36_500 * dayMs)
    .default(days * dayMs);

const retention = z
  .strictObject({
    /** Windows as devices sent them. After it, a device's hours are what is known of it; a look at drift needs windows. */
    windowsMs: kept(14),
    /** A device's hours; after it, its days. */
    hoursMs: kept(90),
    daysMs: kept(1_095),
    /** Raw readings without a label. */
    samplesMs: kept(90),
    /** Messages that were refused. */
    deadLettersMs: kept(30),
  })
  .refine((r) => r.windowsMs <= r.hoursMs && r.hoursMs <= r.daysMs, "windowsMs must not be longer than hoursMs, nor hoursMs than daysMs");

const records = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("sqlite") }),
    z.strictObject({
      kind: z.literal("postgres"),
      host: z.string().min(1).default("127.0.0.1"),
      port: port.default(5432),
      database: z.string().min(1).default("kedge"),
      user: z.string().min(1).default("kedge"),
      /** A file that holds the password alone. */
      passwordFile: z.string().min(1).optional(),
      /** The server's authority, in PEM. Needed when the host is not loopback. */
      caFile: z.string().min(1).optional(),
      maxConnections: z.int().min(1).max(100).default(5),
    }),
  ])
  .default({ kind: "sqlite" });

const series = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("sqlite") }),
    z.strictObject({
      kind: z.literal("influxdb"),
      host: z.string().min(1).default("127.0.0.1"),
      port: port.default(8086),
      /** Needed to be https when the host is not loopback. */
      protocol: z.enum(["http", "https"]).default("http"),
      database: z.string().min(1).default("kedge"),
      user: z.string().min(1).optional(),
      /** A file that holds the password alone. */
      passwordFile: z.string().min(1).optional(),
    }),
  ])
  .default({ kind: "sqlite" });

const metricServer = {
  host: z.string().min(1).default("127.0.0.1"),
  /** Needed to be https when the host is not loopback. */
  protocol: z.enum(["http", "https"]).default("http"),
  user: z.string().min(1).optional(),
  /** A file that holds the password alone. */
  passwordFile: z.string().min(1).optional(),
  /** Series that are written at most: beyond half of it, devices without their features; beyond it, nothing. */
  maxSeries: z.int().min(1_000).max(100_000_000).default(200_000),
};

const metrics = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("none") }),
    z.strictObject({ kind: z.literal("influxdb"), ...metricServer, port: port.default(8086), database: z.string().min(1).default("kedge_metrics") }),
    z.strictObject({ kind: z.literal("victoriametrics"), ...metricServer, port: port.default(8428), database: z.string().min(1).default("kedge") }),
  ])
  .default({ kind: "none" });

const store = z.strictObject({
  /** Devices, bundles, incidents, rollouts, tokens and the audit log: in the data directory's own file, or in a server. */
  records,
  /** Windows; ingest marks, samples and refused messages stay in the data directory. */
  series,
  /** Where numbers are written to be drawn, after windows are committed. Nothing else hangs on it. */
  metrics,
});

const cluster = z.strictObject({
  /** Several collectors share the fleet: needs an external broker, records in PostgreSQL and series in a server. */
  enabled: z.boolean().default(false),
  /** A collector that says nothing for this long loses its shards to the others; each says something four times as often. */
  leaseMs: z.int().min(2_000).max(60_000).default(8_000),
  /** A directory that all of them see: keys, the authority and bundles are in it. */
  sharedDir: z.string().min(1).nullable().default(null),
});

const schema = z.strictObject({
  formatVersion: z.literal(1).default(1),
  dataDir: z.string().min(1),
  mqtt: mqtt.prefault({}),
  broker: broker.prefault({}),
  http: http.prefault({}),
  drift: drift.prefault({}),
  retrain: retrain.prefault({}),
  rollout: rollout.prefault({}),
  sampling: sampling.prefault({}),
  store: store.prefault({}),
  retention: retention.prefault({}),
  cluster: cluster.prefault({}),
  /** Webhooks may go to private and loopback addresses. */
  allowPrivateWebhooks: z.boolean().default(false),
  /** A device not heard of for this long is called offline. */
  offlineAfterMs: z.int().min(1_000).default(180_000),
  logLevel: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
});

/** Everything that can be set of a collector. */
export type CollectorConfig = z.infer<typeof schema>;

/** Flags of the command line that set a key; undefined ones change nothing. */
export type ConfigFlags = Readonly<Record<string, string | undefined>>;

const environmentPrefix = "KEDGE_COLLECTOR_";

function refuse(lines: readonly string[], where: string): never {
  throw new KedgeError("collector/config", `the configuration was refused (${where}):\n${lines.map((l) => `  - ${l}`).join("\n")}`, {
    hint: "Mend these keys; `kedge collector config print` shows what is in force and what there is.",
    context: { exit: "config" },
  });
}

function readFile(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new KedgeError("collector/config", `reading the configuration ${path} failed: ${messageOf(error)}`, {
      hint: "Give the path of a readable YAML file.",
      context: { exit: "config" },
      cause: error,
    });
  }
  const fault = settingsTextFault(text);
  if (fault !== undefined) return refuse([fault], path);
  try {
    return parseYaml(text, { strict: true, uniqueKeys: true, maxAliasCount: 20 }) ?? {};
  } catch (error) {
    return refuse([messageOf(error).split("\n")[0] ?? "not YAML"], path);
  }
}

/** `8883` as a number, `true`, `[1,2]`; anything that is no YAML scalar or list stays text. */
function scalar(text: string): unknown {
  try {
    return settingsTextFault(text) === undefined ? parseYaml(text) : text;
  } catch {
    return text;
  }
}

/** Every key, dotted. */
function knownKeys(): string[] {
  const sections = { mqtt, broker, http, drift, retrain, rollout, sampling, store, retention, cluster } as const;
  return [...Object.keys(schema.shape), ...Object.entries(sections).flatMap(([name, section]) => Object.keys(section.shape).map((key) => `${name}.${key}`))];
}

/** Where a collector keeps its files when nothing says otherwise. */
export function defaultDataDir(env: Readonly<Record<string, string | undefined>>): string {
  return env["KEDGE_DATA_DIR"] ?? join(env["XDG_DATA_HOME"] ?? join(homedir(), ".local", "share"), "kedge");
}

/**
 * Defaults < file < environment (`KEDGE_COLLECTOR_…`) < flags (`mqtt.port` → text). All faults are told at once, unknown keys are refused.
 * Throws {@link KedgeError} `collector/config`.
 */
export function loadConfig(file: string | undefined, env: Readonly<Record<string, string | undefined>>, flags: ConfigFlags): CollectorConfig {
  const fromFlags: SettingsTree = {};
  for (const [key, value] of Object.entries(flags)) if (value !== undefined) setPath(fromFlags, key.split("."), scalar(value));
  const fromFile = file === undefined ? {} : readFile(file);
  const tree = [fromFile, fromEnvironment(environmentPrefix, env, knownKeys(), scalar), fromFlags].reduce<unknown>(layered, { dataDir: defaultDataDir(env) });
  const parsed = schema.safeParse(tree);
  const where = file ?? "flags and environment";
  if (!parsed.success)
    refuse(
      parsed.error.issues.map((i) => `${i.path.join(".") || "(top)"}: ${i.message}`),
      where,
    );
  const { dataDir, cluster: shared } = parsed.data;
  const sharedDir = shared.sharedDir === null ? null : resolve(shared.sharedDir);
  const config = { ...parsed.data, dataDir: resolve(dataDir), cluster: { ...shared, sharedDir } };
  if (config.retention.windowsMs < config.drift.lookBackMs) {
    refuse([`retention.windowsMs: must be at least drift.lookBackMs (${config.drift.lookBackMs}): a look merges windows`], where);
  }
  if (!loopback.has(config.http.host) && !config.http.tls) {
    refuse([`http.tls: must be true when http.host is ${config.http.host}: passwords would cross the network in clear`], where);
  }
  const faults = [...storeFaults(config.store), ...brokerFaults(config.broker), ...clusterFaults(config)];
  if (faults.length > 0) refuse(faults, where);
  return config;
}

/** A password, and what is stored, must not cross the network in clear. */
function storeFaults({ records: kept, series: windows, metrics: drawn }: CollectorConfig["store"]): string[] {
  const inClear = "the password would cross the network in clear";
  const servers = Object.entries({ series: windows, metrics: drawn });
  return [
    ...servers.flatMap(([name, at]) =>
      "protocol" in at && !loopback.has(at.host) && at.protocol !== "https"
        ? [`store.${name}.protocol: must be https when store.${name}.host is ${at.host}: ${inClear}`]
        : [],
    ),
    ...(kept.kind === "postgres" && !loopback.has(kept.host) && kept.caFile === undefined
      ? [`store.records.caFile: must be given when store.records.host is ${kept.host}: ${inClear}`]
      : []),
  ];
}

function clusterFaults({ cluster: { enabled, sharedDir }, broker: { kind, clientId }, store: { records: kept, series: windows } }: CollectorConfig): string[] {
  if (!enabled) return [];
  return [
    ...(kind === "external" ? [] : ["broker.kind: must be external when cluster.enabled: devices of one collector's own port cannot be heard by another"]),
    ...(clientId === null ? [] : ["broker.clientId: must be left out when cluster.enabled: a broker keeps one connection for each client id"]),
    ...(kept.kind === "postgres" ? [] : ["store.records.kind: must be postgres when cluster.enabled: leases and ingest marks are kept there"]),
    ...(windows.kind === "sqlite" ? ["store.series.kind: must be a server when cluster.enabled: a file has one collector"] : []),
    ...(sharedDir === null ? ["cluster.sharedDir: is needed when cluster.enabled: keys and bundles must be the same for all"] : []),
  ];
}

function brokerFaults({ kind, url, deviceUrl, certificateFile, keyFile, acceptUnsafe }: CollectorConfig["broker"]): string[] {
  if (kind === "embedded") return url === null ? [] : ["broker.url: is of an external broker; set broker.kind to external, or leave it out"];
  if (url === null) return ["broker.url: is needed when broker.kind is external"];
  const isClear = [url, deviceUrl ?? url].some((text) => text.startsWith("mqtt:") && !loopback.has(new URL(text).hostname.replace(/^\[|\]$/g, "")));
  return [
    ...(isClear && !acceptUnsafe.includes("plaintext")
      ? ["broker.url: statistics and samples would cross the network in clear; use mqtts://, or accept it with broker.acceptUnsafe: [plaintext]"]
      : []),
    ...((certificateFile === null) === (keyFile === null) ? [] : ["broker.certificateFile and broker.keyFile: give both, or neither"]),
  ];
}
