import { join } from "node:path";
import { isOpen, type Notification } from "@kedge/alert";
import { messageOf } from "@kedge/core";
import type { InferenceRuntime } from "@kedge/inference";
import type { Signer } from "@kedge/registry";
import { storePackedBundle } from "@kedge/registry/adapters";
import { trainerKinds } from "@kedge/retrain/adapters";
import { AlertDesk } from "./alert-desk.js";
import { AlertOutlets } from "./alert-outlets.js";
import { keepBundle } from "./answers/model-commands.js";
import { startRollout } from "./answers/rollout-commands.js";
import { isClockSet } from "./clock-guard.js";
import type { ShardReceivers } from "./cluster/shard-desk.js";
import { labelsOf } from "./answers/lookup.js";
import { incidentView, jobView, rolloutSummaryView } from "./answers/views.js";
import { type DriftDeps, DriftLoop } from "./drift-loop.js";
import { EarlyDesk } from "./early-desk.js";
import { DeviceDesk } from "./fleet/device-desk.js";
import { Director, type Publish } from "./fleet/director.js";
import { IngestLoop } from "./ingest-loop.js";
import { type RetrainDeps, RetrainLoop } from "./retrain-loop.js";
import { type RolloutDeps, RolloutLoop } from "./rollout-loop.js";
import type { Services } from "./services.js";
import { learnBundles, sayAgain, Upkeep } from "./upkeep.js";

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
  /** `hear`: shards came or went; of those that came, devices are to say again what was not acknowledged. */
  start(hear: (gained: readonly string[]) => Promise<void>): Promise<void>;
  /** Says what is wanted of devices and which incidents are open once more, to a broker that may have forgotten it. */
  sayAgain(): Promise<void>;
  stop(): Promise<void>;
}

/** What the joints between loops are made of. `services` may be asked for once all loops are made. */
interface Joints {
  readonly base: BaseServices;
  readonly director: Director;
  readonly alerts: AlertDesk;
  readonly services: () => Services;
}

type NoticeFacts = Pick<Notification, "severity" | "deviceIds" | "data">;

function notice({ base, alerts }: Joints, type: Notification["type"], noticeId: string, title: string, facts: NoticeFacts): Promise<void> {
  const deviceLabels = labelsOf(base, facts.deviceIds);
  return alerts.notify({ noticeId, type, atMs: base.clock.nowMs(), title, incidentId: null, deviceLabels, ...facts });
}

function driftDeps({ base, alerts, services }: Joints): DriftDeps {
  const { fleet, shelf, documents, driftWatch, evaluation, config, clock, random, log, feed, faults } = base;
  return {
    fleet,
    watch: driftWatch,
    incidents: documents.incidents,
    evaluated: evaluation.incidents,
    notices: evaluation.notices,
    config: config.drift,
    clock,
    random,
    log,
    onFault: (message) => (message === undefined ? faults.clear("drift") : faults.raise("drift", message)),
    onLook(look) {
      base.metrics?.mirror.offerLook(look);
      const { bundle, rows, causes } = look;
      const found = causes.map(({ scope, causeClass }) => ({ scope: scope.kind === "cohort" ? scope.selector : scope.kind, causeClass }));
      feed.publish({ type: "drift.evaluated", bundleDigest: bundle.digest, rows, causes: found });
    },
    async onIncident(incident) {
      const view = incidentView(incident, await shelf.nameOf(incident.bundleDigest), [], labelsOf(base, incident.deviceIds), clock.nowMs());
      feed.publish({ type: "incident.changed", incident: view });
      if (isOpen(incident)) services().retrain.considerIncident(incident);
    },
    notify: (incident, effect) => alerts.notifyIncident(incident, effect),
  };
}

function rolloutDeps(joints: Joints): RolloutDeps {
  const { base, director } = joints;
  const { documents, fleet, shelf, series, clock, log, feed } = base;
  return {
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
    announce({ rolloutId, state }, { type, text }) {
      return notice(joints, type, `${rolloutId}.${type}.${state.wave}`, text, {
        severity: type === "rollout.aborted" || type === "rollout.rolled_back" ? "critical" : "info",
        deviceIds: state.waves.flatMap((w) => w.deviceIds),
        data: { rolloutId, bundleDigest: state.bundleDigest, text },
      });
    },
  };
}

/** What retraining does to the other rooms. */
function retrainOutcomes(joints: Joints): Pick<RetrainDeps, "wantSamples" | "annotate" | "register" | "rollOut" | "notify" | "onJob"> {
  const { base, director, services } = joints;
  const { bundles, clock, config, feed, log } = base;
  return {
    wantSamples: (selectors) => director.wantSamples(selectors),
    async annotate(incidentId, message, links) {
      await services().drift.apply(incidentId, { kind: "Annotate", message, ...links, atMs: clock.nowMs() });
    },
    async register({ digest, manifest, envelope, ...rest }) {
      const { name, version } = manifest;
      await storePackedBundle({ digest, manifest, envelope, ...rest }, bundles);
      await keepBundle(services(), envelope, { digest, name, version, signedBy: envelope.signatures.map((s) => s.keyid), by: "retraining" });
    },
    async rollOut(job, digest) {
      if (!config.rollout.automatic) return null;
      const request = { model: digest, selector: "", canaryFrom: job.selector, reason: `retrained for ${job.incidentId}` };
      const started = await startRollout(services(), request, { name: "retraining", incidentId: job.incidentId === "" ? null : job.incidentId, jobId: job.id });
      if (started.kind === "refused") log.error({ job: job.id }, `the candidate is not rolled out: ${started.message}`);
      return started.kind === "refused" ? null : started.value.rolloutId;
    },
    notify(job, effect) {
      const severity = effect.event === "retrain.failed" ? "warning" : "info";
      const data = { jobId: job.id, state: job.state, reason: effect.reason };
      return notice(joints, effect.event, effect.id.replaceAll("/", "."), `Retraining of ${job.modelName}: ${effect.reason}`, {
        severity,
        deviceIds: [],
        data,
      });
    },
    onJob: (record) => feed.publish({ type: "retrain.changed", job: jobView(record) }),
  };
}

function retrainDeps(joints: Joints, runtime: InferenceRuntime): RetrainDeps {
  const { documents, shelf, bundles, series, fleet, sha256, config, clock, random, log, targetsSigner } = joints.base;
  const workDir = join(config.dataDir, "training");
  const { trainer: chosen } = config.retrain;
  const trainer = trainerKinds.find((k) => k.kind === chosen.kind) ?? trainerKinds[0];
  return {
    jobs: documents.jobs,
    incidents: documents.incidents,
    shelf,
    bundles,
    series,
    fleet,
    sha256,
    trainer: trainer.create(trainer.config.parse(chosen) as never, { workDir, log }),
    runtime,
    signer: targetsSigner,
    config: config.retrain,
    workDir,
    clock,
    random,
    log,
    ...retrainOutcomes(joints),
  };
}

function ingestLoop({ base, services }: Joints, publish: Publish): IngestLoop {
  const { series, documents, clock, random, log, shelf, faults, shards } = base;
  const early = new EarlyDesk({
    early: documents.early,
    clock,
    random,
    log,
    onEarly: () => (shards.evaluatorFence() === undefined ? undefined : services().drift.lookSoon()),
  });
  return new IngestLoop({
    series,
    publish,
    clock,
    log,
    specHashOf: (digest) => shelf.specHashOf(digest),
    // By a clock that is not set nothing is taken: it comes again once it is.
    fenceOf: (deviceId) => (isClockSet(clock) ? shards.fenceOf(deviceId) : undefined),
    ownShards: shards.shards,
    onFault: (message) => (message === undefined ? faults.clear("store") : faults.raise("store", message)),
    onWindows(windows) {
      void early.take(windows);
      base.metrics?.mirror.offerWindows(windows);
    },
    onEvents(events) {
      for (const { key, ...event } of events) log.info({ deviceId: key.deviceId, ...event }, "an update step of a device");
    },
  });
}

/** How long shards that go wait for what was admitted of them: a store that does not answer must not keep others from taking over. */
const lastCommitsMs = 5_000;

/** Starts and stops what one collector of a fleet does for all. */
function evaluationOf({ alerts, drift, rollouts, retrain, faults }: Services): ShardReceivers["evaluate"] {
  return async (isEvaluator) => {
    if (isEvaluator) {
      alerts.start();
      drift.start();
      rollouts.start();
      await retrain.start();
      return;
    }
    alerts.stop();
    await retrain.stop();
    await rollouts.stop();
    await drift.stop();
    faults.clear("drift");
  };
}

/** What is read when shards come, and finished when they go. */
function holdingsOf({ series, ingest, fleet }: Services): Pick<ShardReceivers, "gain" | "lose"> {
  return {
    async gain(shards) {
      await series.adopt?.(shards);
      await ingest.gain(shards);
      fleet.adopt(shards);
    },
    async lose(shards) {
      await ingest.idle(lastCommitsMs);
      ingest.lose(shards);
    },
  };
}

/** Makes the loops and joins them: what one has done is told to the next. */
export async function joinLoops(base: BaseServices, parts: LoopParts): Promise<Loops> {
  const { config, fleet, bundles, documents, clock, random, log } = base;
  const { publish, runtime } = parts;
  const outlets = new AlertOutlets({ clock, log, publish, secrets: documents.secrets, allowPrivate: config.allowPrivateWebhooks });
  const director = new Director({ fleet, bundles, signer: parts.director, publish, config, clock });
  const { subscriptions, silences, deliveries } = documents;
  const alerts = new AlertDesk({
    subscriptions,
    silences,
    deliveries,
    fleet,
    channelOf: (s) => outlets.channelOf(s),
    mayDeliver: () => base.shards.evaluatorFence() !== undefined,
    always: outlets.always,
    clock,
    random,
    log,
  });
  const joints: Joints = { base, director, alerts, services: () => services };
  const ingest = ingestLoop(joints, publish);
  const drift = new DriftLoop(driftDeps(joints));
  const rollouts = new RolloutLoop(rolloutDeps(joints));
  const retrain = new RetrainLoop(retrainDeps(joints, runtime));
  const services: Services = { ...base, ingest, drift, rollouts, retrain, alerts };
  const desk = new DeviceDesk({
    fleet,
    director,
    bundles,
    publish,
    ingest: (deviceId, leaf, payload) => ingest.take(deviceId, leaf, payload),
    onBirth: (birth, payload) => ingest.born(birth, payload),
    onUnreadable: (letter) => ingest.refuse({ ...letter, isOwn: true }),
    onReported: (report) => rollouts.reported(report),
    log,
  });
  fleet.onChange((device) => {
    if (device.isRetired)
      director.say(device).catch((error: unknown) => log.error({ error: messageOf(error) }, "what was wanted of a retired device is not cleared"));
  });
  const upkeep = new Upkeep(services, outlets);
  const evaluate = evaluationOf(services);
  return {
    services,
    desk,
    async start(hear) {
      await learnBundles(base);
      await base.driftWatch.load();
      await base.shards.start({ ...holdingsOf(services), hear, evaluate });
      await sayAgain(services, director);
      upkeep.start();
    },
    sayAgain: () => sayAgain(services, director),
    async stop() {
      await base.shards.stop();
      ingest.stop();
      await upkeep.stop();
      await evaluate(false);
      await base.metrics?.mirror.stop();
      await outlets.closeAll();
    },
  };
}
