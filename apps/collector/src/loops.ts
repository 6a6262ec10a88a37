import { join } from "node:path";
import type { Notification, Subscription } from "@kedge/alert";
import { channelKinds, MqttChannel } from "@kedge/alert/adapters";
import type { AlertChannel } from "@kedge/alert";
import { isOpen } from "@kedge/alert";
import { messageOf, type Sha256 } from "@kedge/core";
import type { InferenceRuntime } from "@kedge/inference";
import type { Signer } from "@kedge/registry";
import { storePackedBundle } from "@kedge/registry/adapters";
import { trainerKinds } from "@kedge/retrain/adapters";
import { AlertDesk } from "./alert-desk.js";
import { keepBundle } from "./answers/model-commands.js";
import { startRollout } from "./answers/rollout-commands.js";
import { labelsOf } from "./answers/lookup.js";
import { incidentView, jobView, rolloutSummaryView } from "./answers/views.js";
import { DriftLoop } from "./drift-loop.js";
import { DeviceDesk } from "./fleet/device-desk.js";
import { Director, type Publish } from "./fleet/director.js";
import { IngestLoop } from "./ingest-loop.js";
import { RetrainLoop } from "./retrain-loop.js";
import { RolloutLoop } from "./rollout-loop.js";
import type { Services } from "./services.js";

/** Services without the loops, which are made here. */
export type BaseServices = Omit<Services, "ingest" | "drift" | "rollouts" | "retrain" | "alerts">;

/** What the loops need beside that. */
export interface LoopParts {
  readonly director: Signer;
  readonly publish: Publish;
  readonly runtime: InferenceRuntime;
}

/** The loops, joined. */
export interface Loops {
  readonly services: Services;
  readonly desk: DeviceDesk;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Looks every registered bundle up once, so that the shelf knows what their windows are counted by. */
async function learnBundles({ documents, shelf, log }: BaseServices): Promise<void> {
  for (const { id } of await documents.bundles.list({ limit: 10_000 })) {
    await shelf.find(id as Sha256).catch((error: unknown) => log.error({ bundle: id, error: messageOf(error) }, "a registered bundle cannot be read"));
  }
}

function channels(
  base: BaseServices,
  publish: Publish,
): { channelOf(subscription: Subscription): Promise<AlertChannel>; always: AlertChannel; closeAll(): Promise<void> } {
  const open = new Map<string, AlertChannel>();
  const secrets = new Map<string, readonly string[]>();
  const deps = {
    clock: base.clock,
    log: base.log,
    publish,
    secretsOf: (ref: string) => secrets.get(ref) ?? [],
    allowPrivate: base.config.allowPrivateWebhooks,
  };
  return {
    always: new MqttChannel({ publish }),
    async channelOf(subscription) {
      const { channel, subscriptionId } = subscription;
      if (channel.kind === "webhook") {
        const secret = (await base.documents.secrets.get(channel.secretRef))?.body.secret;
        secrets.set(channel.secretRef, secret === undefined ? [] : [secret]);
      }
      const known = open.get(subscriptionId);
      if (known !== undefined) return known;
      const chosen = channelKinds.find((k) => k.kind === channel.kind) ?? channelKinds[2];
      const made = chosen.create(chosen.config.parse(channel) as never, deps);
      open.set(subscriptionId, made);
      return made;
    },
    async closeAll() {
      for (const channel of open.values()) await channel.close();
    },
  };
}

/** Makes the loops and joins them: what one has done is told to the next. */
export async function joinLoops(base: BaseServices, parts: LoopParts): Promise<Loops> {
  const { config, fleet, shelf, bundles, series, documents, feed, clock, random, log, targetsSigner, sha256 } = base;
  const { publish } = parts;
  const outlets = channels(base, publish);
  const director = new Director({ fleet, bundles, signer: parts.director, publish, config, clock });
  const alerts = new AlertDesk({
    subscriptions: documents.subscriptions,
    silences: documents.silences,
    deliveries: documents.deliveries,
    fleet,
    channelOf: (s) => outlets.channelOf(s),
    always: outlets.always,
    clock,
    random,
    log,
  });
  const ingest = new IngestLoop({ series, publish, clock, log, specHashOf: (digest) => shelf.specHashOf(digest), onCommitted: () => undefined });
  const notice = (
    type: Notification["type"],
    noticeId: string,
    title: string,
    facts: {
      readonly severity: Notification["severity"];
      readonly incidentId: string | null;
      readonly deviceIds: Notification["deviceIds"];
      readonly data: Notification["data"];
    },
  ): Promise<void> => alerts.notify({ noticeId, type, atMs: clock.nowMs(), title, deviceLabels: labelsOf(base as Services, facts.deviceIds), ...facts });

  const drift: DriftLoop = new DriftLoop({
    fleet,
    shelf,
    series,
    incidents: documents.incidents,
    config: config.drift,
    clock,
    random,
    log,
    onLook: (look) =>
      feed.publish({
        type: "drift.evaluated",
        bundleDigest: look.bundle.digest,
        rows: look.rows,
        causes: look.causes.map((c) => ({ scope: c.scope.kind === "cohort" ? c.scope.selector : c.scope.kind, causeClass: c.causeClass })),
      }),
    async onIncident(incident) {
      feed.publish({
        type: "incident.changed",
        incident: incidentView(incident, await shelf.nameOf(incident.bundleDigest), [], labelsOf(base as Services, incident.deviceIds), clock.nowMs()),
      });
      if (isOpen(incident)) retrain.considerIncident(incident);
    },
    notify: (incident, effect) => alerts.notifyIncident(incident, effect),
  });
  const rollouts: RolloutLoop = new RolloutLoop({
    rollouts: documents.rollouts,
    fleet,
    director,
    shelf,
    series,
    clock,
    log,
    async onRollout(record) {
      feed.publish({ type: "rollout.changed", rollout: rolloutSummaryView(record, await shelf.nameOf(record.state.bundleDigest), clock.nowMs()) });
    },
    announce: (record, effect) =>
      notice(effect.type, `${record.rolloutId}.${effect.type}.${record.state.wave}`, effect.text, {
        severity: effect.type === "rollout.aborted" || effect.type === "rollout.rolled_back" ? "critical" : "info",
        incidentId: null,
        deviceIds: record.state.waves.flatMap((w) => w.deviceIds),
        data: { rolloutId: record.rolloutId, bundleDigest: record.state.bundleDigest, text: effect.text },
      }),
  });
  const { trainer: chosen } = config.retrain;
  const trainer = trainerKinds.find((k) => k.kind === chosen.kind) ?? trainerKinds[0];
  const retrain: RetrainLoop = new RetrainLoop({
    jobs: documents.jobs,
    incidents: documents.incidents,
    shelf,
    bundles,
    series,
    fleet,
    sha256,
    trainer: trainer.create(trainer.config.parse(chosen) as never, { workDir: join(config.dataDir, "training"), log }),
    runtime: parts.runtime,
    signer: targetsSigner,
    config: config.retrain,
    workDir: join(config.dataDir, "training"),
    clock,
    random,
    log,
    wantSamples: (selectors) => director.wantSamples(selectors),
    async annotate(incidentId, message, links) {
      await drift.apply(incidentId, { kind: "Annotate", message, ...links, atMs: clock.nowMs() });
    },
    async register(packed) {
      await storePackedBundle(packed, bundles);
      await keepBundle(services, packed.envelope, {
        digest: packed.digest,
        name: packed.manifest.name,
        version: packed.manifest.version,
        signedBy: packed.envelope.signatures.map((s) => s.keyid),
        by: "retraining",
      });
    },
    async rollOut(job, digest) {
      if (!config.rollout.automatic) return null;
      const request = { model: digest, selector: "", canaryFrom: job.selector, reason: `retrained for ${job.incidentId}` };
      const started = await startRollout(services, request, { name: "retraining", incidentId: job.incidentId === "" ? null : job.incidentId, jobId: job.id });
      if (started.kind === "refused") log.error({ job: job.id }, `the candidate is not rolled out: ${started.message}`);
      return started.kind === "refused" ? null : started.value.rolloutId;
    },
    notify: (job, effect) =>
      notice(effect.event, effect.id.replaceAll("/", "."), `Retraining of ${job.modelName}: ${effect.reason}`, {
        severity: effect.event === "retrain.failed" ? "warning" : "info",
        incidentId: null,
        deviceIds: [],
        data: { jobId: job.id, state: job.state, reason: effect.reason },
      }),
    onJob: (record) => feed.publish({ type: "retrain.changed", job: jobView(record) }),
  });
  const services: Services = { ...base, ingest, drift, rollouts, retrain, alerts };
  const desk = new DeviceDesk({
    fleet,
    director,
    bundles,
    publish,
    ingest: (deviceId, leaf, payload) => ingest.take(deviceId, leaf, payload),
    onBirth: (birth) => ingest.born(birth),
    onReported: (report) => rollouts.reported(report),
    log,
  });
  let sweeper: NodeJS.Timeout | undefined;
  return {
    services,
    desk,
    async start() {
      await ingest.load();
      await learnBundles(base);
      for (const device of fleet.members()) await director.say(device);
      alerts.start();
      drift.start();
      rollouts.start();
      await retrain.start();
      sweeper = setInterval(() => {
        const nowMs = clock.nowMs();
        for (const d of fleet.members())
          if (d.isOnline && d.lastSeenAtMs !== null && nowMs - d.lastSeenAtMs > config.offlineAfterMs) void fleet.gone(d.deviceId);
        void series.deleteBefore(nowMs - config.retentionMs);
      }, 30_000);
    },
    async stop() {
      clearInterval(sweeper);
      alerts.stop();
      await retrain.stop();
      await rollouts.stop();
      await drift.stop();
      await outlets.closeAll();
    },
  };
}
