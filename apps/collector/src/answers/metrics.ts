import type { Overview } from "@kedge/api";
import { scopeKey } from "@kedge/drift";
import type { BrokerStats } from "../broker/broker-stats.js";
import type { MirrorStanding } from "../metrics/metric-mirror.js";
import type { Look } from "../drift/look.js";

const quoted = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

function metric(name: string, kind: "gauge" | "counter", help: string, samples: readonly Sample[]): string {
  const lines = samples.map(({ labels = {}, value }) => {
    const pairs = Object.entries(labels).map(([k, v]) => `${k}="${quoted(v)}"`);
    return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}`;
  });
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`, ...lines, ""].join("\n");
}

/** Scopes told apart in metrics; the rest would be a label without bound. */
const maxScopes = 50;

function clusterMetrics({ cluster, collector }: Overview): string[] {
  if (cluster === undefined) return [];
  const { evaluator, members, unowned } = cluster;
  const own = members.find((m) => m.collectorId === collector.id)?.shards ?? 0;
  return [
    metric("kedge_shards_owned", "gauge", "Shards of this collector.", [{ value: own }]),
    metric("kedge_shards_unowned", "gauge", "Shards of no collector.", [{ value: unowned }]),
    metric("kedge_collectors", "gauge", "Collectors that share the fleet and are there.", [{ value: members.length }]),
    metric("kedge_is_evaluator", "gauge", "Whether this collector evaluates the fleet.", [{ value: evaluator === collector.id ? 1 : 0 }]),
  ];
}

function brokerMetrics({ connections, devices, waiting, accepted, turnedAway, handshakesFailed, refused, ...cut }: BrokerStats): string[] {
  const byKind = { forbidden: cut.forbiddenPublishes, oversize: cut.oversize, subscription: cut.forbiddenSubscriptions };
  return [
    metric("kedge_broker_connections", "gauge", "Open connections at the collector's own port.", [{ value: connections }]),
    metric("kedge_broker_devices", "gauge", "Devices connected there.", [{ value: devices }]),
    metric("kedge_broker_waiting", "gauge", "Connections that wait for their handshake.", [{ value: waiting }]),
    metric("kedge_broker_accepted_total", "counter", "Connections whose handshake succeeded.", [{ value: accepted }]),
    metric("kedge_broker_turned_away_total", "counter", "Connections told before their handshake to come later.", [{ value: turnedAway }]),
    metric("kedge_broker_handshakes_failed_total", "counter", "TLS handshakes that failed.", [{ value: handshakesFailed }]),
    metric(
      "kedge_broker_refused_total",
      "counter",
      "Clients refused when they connected, by reason.",
      Object.entries(refused).map(([reason, value]) => ({ labels: { reason }, value })),
    ),
    metric(
      "kedge_broker_forbidden_total",
      "counter",
      "What clients may not do: publish there, that much, or subscribe to that.",
      Object.entries(byKind).map(([kind, value]) => ({ labels: { kind }, value })),
    ),
  ];
}

function mirrorMetrics(mirror: MirrorStanding | undefined): string[] {
  if (mirror === undefined) return [];
  const { windows, dropped, shortened, unreadable, waiting, failures, series } = mirror;
  const byFate = Object.entries({ written: windows, dropped, shortened, unreadable }).map(([fate, value]) => ({ labels: { fate }, value }));
  return [
    metric("kedge_mirrored_windows_total", "counter", "What became of windows for the database of metrics.", byFate),
    metric("kedge_mirror_waiting", "gauge", "Windows and looks that wait to be written there.", [{ value: waiting }]),
    metric("kedge_mirror_failures_total", "counter", "Writes to it that failed; they are tried again.", [{ value: failures }]),
    metric("kedge_mirror_series", "gauge", "Series written to it by this collector.", [{ value: series }]),
  ];
}

/** What the text is made from. */
export interface MetricsFacts {
  readonly overview: Overview;
  readonly looks: readonly Look[];
  readonly elsewhere: number;
  readonly unplaced: number;
  readonly broker: BrokerStats;
  readonly mirror: MirrorStanding | undefined;
}

/** Prometheus text (exposition format 0.0.4). No label holds a device id. */
export function metricsText({ overview, looks, elsewhere, unplaced, broker, mirror }: MetricsFacts): string {
  const { devices, incidents, rollouts, retrainJobs, counters, models } = overview;
  const byState = (counts: Readonly<Record<string, number>>): Sample[] => Object.entries(counts).map(([state, value]) => ({ labels: { state }, value }));
  const scopes = looks.flatMap((look) => look.verdicts.filter((v) => v.scope.kind !== "device").map((v) => ({ look, v }))).slice(0, maxScopes * 32);
  const { windows, samples } = counters;
  return [
    metric("kedge_devices", "gauge", "Devices by state.", byState({ online: devices.online, offline: devices.offline, retired: devices.retired })),
    metric(
      "kedge_devices_running",
      "gauge",
      "Devices by the model that they report.",
      models.map((m) => ({ labels: { model: m.name, version: m.version }, value: m.devices })),
    ),
    metric("kedge_incidents", "gauge", "Incidents by state.", byState(incidents)),
    metric("kedge_rollouts", "gauge", "Rollouts by state.", byState(rollouts)),
    metric("kedge_retrain_jobs", "gauge", "Retrain jobs by state.", byState(retrainJobs)),
    metric("kedge_windows_received_total", "counter", "Messages that arrived, repeats among them.", [{ value: windows.received }]),
    metric("kedge_windows_stored_total", "counter", "Windows in the store.", [{ value: windows.stored }]),
    metric("kedge_windows_repeated_total", "counter", "Repeats that were recognised.", [{ value: windows.repeated }]),
    metric("kedge_windows_lost_total", "counter", "Messages that devices said they lost.", [{ value: windows.lost }]),
    metric(
      "kedge_messages_refused_total",
      "counter",
      "Messages not taken, by reason.",
      Object.entries(windows.refused).map(([reason, value]) => ({ labels: { reason }, value })),
    ),
    metric("kedge_dead_letters", "gauge", "Refused messages that are kept for people to look at.", [{ value: windows.deadLetters }]),
    metric("kedge_messages_elsewhere_total", "counter", "Messages of devices whose shard is not this collector's; they come again.", [{ value: elsewhere }]),
    metric("kedge_windows_unplaced_total", "counter", "Windows of devices without a right clock, read before their birth; they come again.", [
      { value: unplaced },
    ]),
    ...clusterMetrics(overview),
    ...brokerMetrics(broker),
    ...mirrorMetrics(mirror),
    metric("kedge_predictions_total", "counter", "Predictions that the stored windows count.", [{ value: windows.rows }]),
    metric("kedge_samples_total", "counter", "Sampled readings.", [{ value: samples.stored }]),
    metric(
      "kedge_drift_score",
      "gauge",
      "Share of readings that would have to move, by feature and scope.",
      scopes.map(({ look, v }) => ({
        labels: { model: look.bundle.name, version: look.bundle.version, feature: v.feature, scope: scopeKey(v.scope) },
        value: v.score,
      })),
    ),
  ].join("");
}
