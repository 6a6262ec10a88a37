import type { Delivery, Incident, Silence, Subscription } from "@kedge/alert";
import type { Clock, DeviceId, Log, Random, Sha256 } from "@kedge/core";
import type { ApiTokenRecord, EnrolmentRecord } from "@kedge/identity";
import type { BundleStore, PackedBundle, Signer } from "@kedge/registry";
import type { AuditLog, Documents, TimeSeriesStore } from "@kedge/store";
import type { AlertDesk } from "./alert-desk.js";
import type { BrokerStats } from "./broker/broker-stats.js";
import type { AliasRecord, BundleRecord, DriftModelRecord, EarlyRecord, JobRecord, KeyRecord, NoticeRecord, RolloutRecord } from "./collections.js";
import type { ShardDesk } from "./cluster/shard-desk.js";
import type { CollectorConfig } from "./config.js";
import type { FleetWatch } from "./drift/fleet-watch.js";
import type { MemoryShard } from "./drift/memory-keeper.js";
import type { ScoreHour } from "./drift/score-history.js";
import type { SeasonHour } from "./drift/season-keeper.js";
import type { DriftLoop } from "./drift-loop.js";
import type { FaultBoard } from "./fault-board.js";
import type { BundleShelf } from "./fleet/bundle-shelf.js";
import type { Fleet } from "./fleet/fleet.js";
import type { EventFeed } from "./http/event-feed.js";
import type { IngestLoop } from "./ingest-loop.js";
import type { Metrics } from "./metrics/open-metrics.js";
import type { RetrainLoop } from "./retrain-loop.js";
import type { RolloutLoop } from "./rollout-loop.js";

/** Everything that answers to people are made from: records, series, loops. Built once, in `build.ts`. */
export interface Services {
  readonly config: CollectorConfig;
  readonly collectorId: string;
  readonly version: string;
  readonly startedAtMs: number;
  readonly fleet: Fleet;
  readonly shelf: BundleShelf;
  readonly bundles: BundleStore;
  readonly series: TimeSeriesStore;
  /** Incidents and notices for the collector that evaluates: refused to one that does not any more. */
  readonly evaluation: { readonly incidents: Documents<Incident>; readonly notices: Documents<NoticeRecord> };
  readonly audit: AuditLog;
  readonly documents: {
    readonly rollouts: Documents<RolloutRecord>;
    readonly bundles: Documents<BundleRecord>;
    readonly aliases: Documents<AliasRecord>;
    readonly keys: Documents<KeyRecord>;
    readonly tokens: Documents<EnrolmentRecord>;
    readonly accessTokens: Documents<ApiTokenRecord>;
    readonly incidents: Documents<Incident>;
    readonly notices: Documents<NoticeRecord>;
    readonly early: Documents<EarlyRecord>;
    readonly jobs: Documents<JobRecord>;
    readonly subscriptions: Documents<Subscription>;
    readonly silences: Documents<Silence>;
    readonly deliveries: Documents<Delivery>;
    readonly driftModels: Documents<DriftModelRecord>;
    readonly driftMemories: Documents<MemoryShard>;
    readonly driftScores: Documents<ScoreHour>;
    readonly seasonHours: Documents<SeasonHour>;
    readonly secrets: Documents<{ readonly secret: string }>;
  };
  /** Where numbers are written to be drawn; `undefined`: nowhere. */
  readonly metrics: Metrics | undefined;
  /** The leases of this collector. */
  readonly shards: ShardDesk;
  readonly ingest: IngestLoop;
  readonly drift: DriftLoop;
  readonly driftWatch: FleetWatch;
  readonly rollouts: RolloutLoop;
  readonly retrain: RetrainLoop;
  readonly alerts: AlertDesk;
  readonly feed: EventFeed;
  /** Signs what this collector makes and counter-signs what it registers. */
  readonly targetsSigner: Signer;
  /** SHA-256 of the authority's certificate: what enrolment tokens pin. */
  readonly authorityPin: Sha256;
  readonly sha256: (bytes: Uint8Array) => Sha256;
  readonly secretBytes: (count: number) => Uint8Array;
  readonly newWebhookSecret: () => string;
  /** What the collector's own port has done and refused. */
  readonly brokerStats: () => BrokerStats;
  /** Cuts the connection of a device. */
  readonly disconnect: (deviceId: DeviceId) => void;
  /** What is in the way of the collector's work. */
  readonly faults: FaultBoard;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** A bundle made here becomes one that can be rolled out. */
export type RegisterPacked = (packed: PackedBundle) => Promise<void>;
