import type { Delivery } from "@kedge/alert";
import type { ApiTokenRecord, EnrolmentRecord } from "@kedge/identity";
import type { DeviceId, Labels, Sha256 } from "@kedge/core";
import type { DriftSetting } from "@kedge/drift";
import type { Incident, IncidentEffect, Silence, Subscription } from "@kedge/alert";
import type { StreamAlarm } from "@kedge/profile";
import type { RetrainJob } from "@kedge/retrain";
import type { RolloutState } from "@kedge/rollout";
import type { Collection } from "@kedge/store";
import type { ReportedState } from "@kedge/wire";
import type { MemoryShard } from "./drift/memory-keeper.js";
import type { ScoreHour } from "./drift/score-history.js";
import type { SeasonHour } from "./drift/season-keeper.js";

/** What is wanted of a device. The version only grows. */
export interface DesiredRecord {
  readonly version: number;
  readonly digest: Sha256;
  readonly rolloutId: string | null;
}

/** A device as the collector knows it. */
export interface DeviceRecord {
  readonly deviceId: DeviceId;
  readonly labels: Labels;
  readonly isRetired: boolean;
  readonly isOnline: boolean;
  readonly agentVersion: string | null;
  readonly platform: string | null;
  readonly enrolledAtMs: number;
  readonly lastSeenAtMs: number | null;
  readonly certificate: { readonly serial: string; readonly notAfterMs: number };
  /** Of the device's public key (SPKI, DER), and the token that let it in. */
  readonly keySha256: Sha256;
  /** The key itself, base64; of devices that enrolled or renewed since there are external brokers. */
  readonly keySpki?: string;
  readonly tokenId: string;
  readonly bootEpoch: number | null;
  readonly reported: ReportedState | null;
  readonly desired: DesiredRecord | null;
}

/** A rollout with what it was asked for. */
export interface RolloutRecord {
  readonly rolloutId: string;
  readonly state: RolloutState;
  readonly selector: string;
  readonly gateRows: number;
  readonly createdBy: string;
  readonly incidentId: string | null;
  readonly jobId: string | null;
  readonly excluded: readonly { readonly deviceId: string; readonly reason: string }[];
}

/** A registered bundle: what the manifest does not say. */
export interface BundleRecord {
  readonly digest: Sha256;
  readonly name: string;
  readonly version: string;
  readonly registeredAtMs: number;
  readonly registeredBy: string;
  readonly signedBy: readonly string[];
}

/** Where an alias points. */
export interface AliasRecord {
  readonly name: string;
  readonly alias: string;
  readonly digest: Sha256;
}

/** A key that is trusted to sign bundles. */
export interface KeyRecord {
  readonly keyId: string;
  readonly name: string;
  readonly publicKeyPem: string;
  readonly addedAtMs: number;
  readonly addedBy: string;
  readonly isCollectors: boolean;
}

/** What a device's detectors found, of a window that it sent early. */
export interface EarlyRecord {
  readonly deviceId: DeviceId;
  readonly atMs: number;
  readonly bundleDigest: Sha256;
  readonly rows: number;
  readonly alarms: readonly StreamAlarm[];
  /** KLL sketches of floats, as on the wire. */
  readonly sketches: readonly { readonly feature: string; readonly base64: string }[];
}

/** A retrain job with the rollout that came of it. */
export interface JobRecord {
  readonly job: RetrainJob;
  readonly rolloutId: string | null;
}

/** A notice of an incident that is about to be told, so that it is told even if the collector ends between deciding and telling. */
export interface NoticeRecord {
  readonly incident: Incident;
  readonly effect: Extract<IncidentEffect, { kind: "Notify" }>;
}

/** By what drift of a model is judged, and how far its hours of the week were learnt by themselves. */
export interface DriftModelRecord {
  readonly model: string;
  readonly setting: DriftSetting;
  /** One more at each change of the setting; 0 before the first. */
  readonly version: number;
  readonly changedAtMs: number | null;
  readonly changedBy: string | null;
  /** The end of the latest hour that was considered. */
  readonly learntUntilMs: number;
}

const always = (): string => "";

/** Every collection of documents; `statusOf` is what lists filter by. */
export const collections = {
  devices: { name: "devices", statusOf: (d: DeviceRecord) => (d.isRetired ? "retired" : "member") } satisfies Collection<DeviceRecord>,
  rollouts: { name: "rollouts", statusOf: (r: RolloutRecord) => r.state.status } satisfies Collection<RolloutRecord>,
  bundles: { name: "bundles", statusOf: (b: BundleRecord) => b.name } satisfies Collection<BundleRecord>,
  aliases: { name: "aliases", statusOf: (a: AliasRecord) => a.name } satisfies Collection<AliasRecord>,
  keys: { name: "keys", statusOf: always } satisfies Collection<KeyRecord>,
  tokens: { name: "tokens", statusOf: always } satisfies Collection<EnrolmentRecord>,
  accessTokens: { name: "access-tokens", statusOf: always } satisfies Collection<ApiTokenRecord>,
  incidents: { name: "incidents", statusOf: (i: Incident) => i.state } satisfies Collection<Incident>,
  notices: { name: "notices", statusOf: always } satisfies Collection<NoticeRecord>,
  early: { name: "early-windows", statusOf: (e: EarlyRecord) => e.deviceId } satisfies Collection<EarlyRecord>,
  jobs: { name: "retrain-jobs", statusOf: (j: JobRecord) => j.job.state } satisfies Collection<JobRecord>,
  subscriptions: { name: "subscriptions", statusOf: always } satisfies Collection<Subscription>,
  deliveries: { name: "deliveries", statusOf: (d: Delivery) => d.state } satisfies Collection<Delivery>,
  /** Signing secrets of webhooks, by the subscription's `secretRef`; never listed. */
  secrets: { name: "secrets", statusOf: always } satisfies Collection<{ readonly secret: string }>,
  driftModels: { name: "drift-models", statusOf: always } satisfies Collection<DriftModelRecord>,
  driftMemories: { name: "drift-memories", statusOf: always } satisfies Collection<MemoryShard>,
  driftScores: { name: "drift-scores", statusOf: always } satisfies Collection<ScoreHour>,
  seasonHours: { name: "season-hours", statusOf: (h: SeasonHour) => h.model } satisfies Collection<SeasonHour>,
  silences: { name: "silences", statusOf: always } satisfies Collection<Silence>,
} as const;
