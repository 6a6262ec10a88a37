import type {
  AccessToken,
  ApiEvent,
  AuditCheck,
  AuditEntry,
  Counters,
  DeadLetter,
  DeadLetterDetail,
  DeadLetterTotals,
  Delivery,
  Device,
  DeviceAlarm,
  Drift,
  DriftSettings,
  EnrolmentToken,
  FeatureHistogram,
  FeatureQuantiles,
  Incident,
  IncidentDetail,
  LabelOutcome,
  MetricsBackfill,
  MetricsHours,
  MetricsStanding,
  Model,
  ModelDetail,
  Overview,
  Page,
  Readiness,
  RequestOf,
  RetrainJob,
  Role,
  Rollout,
  RolloutPlan,
  RolloutSummary,
  Route,
  Routes,
  Sample,
  SeasonLearnt,
  Series,
  Silence,
  Subscription,
  TrustedKey,
  Tuning,
} from "@kedge/api";
import type { DeviceId, Sha256 } from "@kedge/core";

/** Who asks; `name` stands in the audit log. */
export interface Caller {
  readonly name: string;
  readonly role: Role;
}

/** Why something was not done. `code` is `room/kebab-case`; `hint` says what to do. */
export interface Refusal {
  readonly kind: "refused";
  readonly reason: "usage" | "not-found" | "conflict" | "untrusted" | "too-large" | "timeout" | "busy" | "config" | "address" | "storage";
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** What a command answers: expected refusals are values, faults are thrown as KedgeError. */
export type Answer<T> = { readonly kind: "done"; readonly value: T } | Refusal;

type Promised<T> = Promise<Answer<T>>;
/** The parsed request of a row of the route table. */
export type Asked<G extends keyof Routes, V extends keyof Routes[G]> = Routes[G][V] extends Route ? RequestOf<Routes[G][V]> : never;

/**
 * What can be asked of a collector without changing it. Laws: an answer shows every command that was answered before
 * the question; a listing is in the order that the route table says, and its cursor stays good while others write;
 * `undefined` means that there is no such thing.
 */
export interface Queries {
  overview(): Promise<Overview>;
  counters(asked: Asked<"overview", "counters">): Promise<Counters>;
  readiness(): Promise<Readiness>;
  /** Prometheus text; labels are bounded, no device ids. */
  metrics(): Promise<string>;

  devices(query: Asked<"devices", "list">): Promise<Page<Device>>;
  device(id: DeviceId): Promise<Device | undefined>;
  /** `undefined` when there is no such device. */
  deviceAlarms(id: DeviceId): Promise<{ readonly items: readonly DeviceAlarm[] } | undefined>;
  tokens(query: Asked<"tokens", "list">): Promise<Page<EnrolmentToken>>;
  accessTokens(query: Asked<"access", "list">): Promise<Page<AccessToken>>;
  keys(): Promise<readonly TrustedKey[]>;

  hasBlob(sha256: Sha256): Promise<boolean>;
  blob(sha256: Sha256): Promise<Uint8Array | undefined>;
  models(query: Asked<"models", "list">): Promise<Page<Model>>;
  model(reference: string): Promise<ModelDetail | undefined>;

  /** Changes nothing; refused when the model is not known or nothing is selected. */
  planRollout(request: Asked<"rollouts", "plan">): Promised<RolloutPlan>;
  rollouts(query: Asked<"rollouts", "list">): Promise<Page<RolloutSummary>>;
  rollout(id: string): Promise<Rollout | undefined>;

  drift(query: Asked<"drift", "get">): Promise<Drift>;
  /** `undefined` when no running bundle has such a feature, or nothing was seen at that scope. */
  histogram(query: Asked<"drift", "feature">): Promise<FeatureHistogram | undefined>;
  /** `undefined` when no device of the scope found a change in the time asked for and sent this feature. */
  quantiles(query: Asked<"drift", "quantiles">): Promise<FeatureQuantiles | undefined>;
  driftSettings(model: string): Promise<DriftSettings | undefined>;
  /** Replays stored history; changes nothing. Refused for a model without history, and while another one is replayed. */
  tuneDrift(request: Asked<"drift", "tune">): Promised<Tuning>;
  /** Refused when the stat needs a feature or category and has none, or there would be more than 10,000 buckets. */
  series(query: Asked<"series", "get">): Promised<Series>;

  incidents(query: Asked<"incidents", "list">): Promise<Page<Incident>>;
  incident(id: string): Promise<IncidentDetail | undefined>;
  retrainJobs(query: Asked<"retrainJobs", "list">): Promise<Page<RetrainJob>>;
  retrainJob(id: string): Promise<RetrainJob | undefined>;
  samples(query: Asked<"samples", "list">): Promise<Page<Sample>>;
  sample(id: string): Promise<Sample | undefined>;

  /** Refused where there is no database of metrics. */
  metricsStanding(): Promised<MetricsStanding>;
  metricsHours(query: Asked<"metrics", "hours">): Promised<MetricsHours>;
  /** Newest first. */
  deadLetters(query: Asked<"deadLetters", "list">): Promise<Page<DeadLetter>>;
  deadLetterTotals(): Promise<DeadLetterTotals>;
  deadLetter(id: number): Promise<DeadLetterDetail | undefined>;

  subscriptions(query: Asked<"subscriptions", "list">): Promise<Page<Subscription>>;
  subscription(id: string): Promise<Subscription | undefined>;
  deliveries(query: Asked<"subscriptions", "deliveries">): Promise<Page<Delivery> | undefined>;
  silences(query: Asked<"silences", "list">): Promise<Page<Silence>>;
  audit(query: Asked<"audit", "list">): Promise<Page<AuditEntry>>;
  checkAudit(): Promise<AuditCheck>;

  /** Events after the one named, from now on when it is undefined or no longer known (then a `resync` comes first). Ends with the signal. */
  events(after: string | undefined, signal: AbortSignal): AsyncIterable<ApiEvent>;
}

/**
 * What changes a collector. Laws: an answer is given after the change is durable; every change stands in the audit log
 * with its caller and reason before it is answered; a refused command changed nothing.
 */
export interface Commands {
  labelDevice(request: Asked<"devices", "label">, caller: Caller): Promised<Device>;
  retireDevice(request: Asked<"devices", "retire">, caller: Caller): Promised<Device>;
  createToken(request: Asked<"tokens", "create">, caller: Caller): Promised<{ readonly token: EnrolmentToken; readonly secret: string }>;
  revokeToken(tokenId: string, caller: Caller): Promised<EnrolmentToken>;
  createAccessToken(request: Asked<"access", "create">, caller: Caller): Promised<{ readonly token: AccessToken; readonly secret: string }>;
  revokeAccessToken(tokenId: string, caller: Caller): Promised<AccessToken>;
  /**
   * Trusts a key for bundles that are registered from now on. Devices that enrolled before know the keys of that day:
   * a collector that holds a targets key of its own counter-signs what it registers, so that they take it too.
   */
  trustKey(request: Asked<"keys", "trust">, caller: Caller): Promised<TrustedKey>;
  distrustKey(keyId: string, caller: Caller): Promised<TrustedKey>;

  /** Keeps the bytes under their digest, or nothing of them: `untrusted` when they have another digest. Content comes in parts. */
  putBlob(sha256: Sha256, content: AsyncIterable<Uint8Array>, caller: Caller): Promised<{ readonly bytes: number; readonly isNew: boolean }>;
  /** `untrusted` for a signature or digest that does not match, `conflict` for blobs that are missing or a version that is taken. */
  registerModel(request: Asked<"models", "register">, caller: Caller): Promised<ModelDetail>;
  setAlias(request: Asked<"models", "alias">, caller: Caller): Promised<Model>;
  removeAlias(name: string, alias: string, caller: Caller): Promised<undefined>;

  startRollout(request: Asked<"rollouts", "start">, caller: Caller): Promised<Rollout>;
  pauseRollout(request: Asked<"rollouts", "pause">, caller: Caller): Promised<Rollout>;
  resumeRollout(request: Asked<"rollouts", "resume">, caller: Caller): Promised<Rollout>;
  promoteRollout(request: Asked<"rollouts", "promote">, caller: Caller): Promised<Rollout>;
  abortRollout(request: Asked<"rollouts", "abort">, caller: Caller): Promised<Rollout>;
  undoRollout(request: Asked<"rollouts", "undo">, caller: Caller): Promised<Rollout>;

  setDrift(request: Asked<"drift", "set">, caller: Caller): Promised<DriftSettings>;
  /** Takes stored history for normal, in the place of what was learnt of these hours before. */
  learnSeason(request: Asked<"drift", "learn">, caller: Caller): Promised<SeasonLearnt>;
  ackIncident(request: Asked<"incidents", "ack">, caller: Caller): Promised<IncidentDetail>;
  resolveIncident(request: Asked<"incidents", "resolve">, caller: Caller): Promised<IncidentDetail>;
  startRetraining(request: Asked<"retrainJobs", "start">, caller: Caller): Promised<RetrainJob>;
  cancelRetraining(request: Asked<"retrainJobs", "cancel">, caller: Caller): Promised<RetrainJob>;
  labelSamples(request: Asked<"samples", "label">, caller: Caller): Promised<LabelOutcome>;

  /** `secret` is null for channels that sign nothing. */
  backfillMetrics(request: Asked<"metrics", "backfill">, caller: Caller): Promised<MetricsBackfill>;
  subscribe(request: Asked<"subscriptions", "create">, caller: Caller): Promised<{ readonly subscription: Subscription; readonly secret: string | null }>;
  changeSubscription(request: Asked<"subscriptions", "change">, caller: Caller): Promised<Subscription>;
  unsubscribe(subscriptionId: string, caller: Caller): Promised<undefined>;
  /** Sends at once and waits for the outcome, which may be a failed delivery: that is an answer, not a refusal. */
  testSubscription(subscriptionId: string, caller: Caller): Promised<Delivery>;
  replayDelivery(subscriptionId: string, deliveryId: string, caller: Caller): Promised<Delivery>;
  silence(request: Asked<"silences", "create">, caller: Caller): Promised<Silence>;
  endSilence(silenceId: string, caller: Caller): Promised<Silence>;
}
