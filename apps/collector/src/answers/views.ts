import type {
  BundleRef,
  Cause,
  Device,
  Delivery as DeliveryView,
  DriftLook,
  EnrolmentToken,
  Incident as IncidentView,
  Model,
  RetrainJob as JobView,
  Rollout,
  RolloutSummary,
  Sample,
  Silence as SilenceView,
  Subscription as SubscriptionView,
} from "@kedge/api";
import { changeOf, type Delivery, type Incident, incidentTitle, isActive, isSilencedBy, type Silence, silenceState, type Subscription } from "@kedge/alert";
import { type Cause as DriftCause, explainCause } from "@kedge/drift";
import type { EnrolmentRecord } from "@kedge/identity";
import type { StoredBundle } from "@kedge/registry";
import type { StoredSample } from "@kedge/store";
import type { BundleRecord, DeviceRecord, JobRecord, RolloutRecord } from "../collections.js";
import type { Look } from "../drift/look.js";

/** A device for the API. `running` names what it says that it runs. */
export function deviceView(device: DeviceRecord, running: BundleRef | null, incidents: readonly Incident[]): Device {
  const { reported } = device;
  return {
    deviceId: device.deviceId,
    labels: device.labels,
    state: device.isRetired ? "retired" : device.isOnline ? "online" : "offline",
    agentVersion: device.agentVersion,
    platform: device.platform,
    enrolledAtMs: device.enrolledAtMs,
    lastSeenAtMs: device.lastSeenAtMs,
    certificateNotAfterMs: device.certificate.notAfterMs,
    bootEpoch: device.bootEpoch,
    running,
    previousDigest: reported?.previousDigest ?? null,
    desired: device.desired,
    update: reported === null ? null : { state: reported.update, targetDigest: reported.targetDigest, reason: reported.reason, atMs: reported.atMs },
    outbox: reported?.outbox ?? null,
    counters: reported?.counters ?? null,
    quietMs: reported?.quietMs ?? null,
    budget: reported?.budget ?? null,
    incidentIds: incidents.filter((i) => isActive(i) && i.deviceIds.includes(device.deviceId)).map((i) => i.incidentId),
  };
}

export function tokenView(token: EnrolmentRecord, nowMs: number): EnrolmentToken {
  const state = token.revoked ? "revoked" : token.uses >= token.maxUses ? "used" : nowMs >= token.expiresAtMs ? "expired" : "active";
  return {
    tokenId: token.id,
    state,
    labels: token.labels,
    uses: token.maxUses,
    used: token.uses,
    deviceIds: token.allowedIds,
    createdAtMs: token.createdAtMs,
    createdBy: token.createdBy,
    expiresAtMs: token.expiresAtMs,
    note: token.note,
  };
}

export function modelView(record: BundleRecord, bundle: StoredBundle, aliases: readonly string[], devices: number): Model {
  const { manifest } = bundle;
  const { task } = manifest.signature;
  return {
    digest: record.digest,
    name: manifest.name,
    version: manifest.version,
    createdAtMs: Date.parse(manifest.createdAt),
    registeredAtMs: record.registeredAtMs,
    registeredBy: record.registeredBy,
    securityCounter: manifest.securityCounter,
    runtime: manifest.runtime,
    task: "classes" in task ? { kind: task.kind, classes: task.classes } : { kind: task.kind },
    bytes: Object.values(manifest.files).reduce((sum, f) => sum + f.bytes, 0),
    metrics: manifest.metrics,
    labels: manifest.labels,
    aliases,
    signedBy: record.signedBy,
    lineage: {
      parent: manifest.lineage.parent,
      incidentId: manifest.lineage.incident,
      jobId: manifest.lineage.job,
      trainer: manifest.lineage.trainer,
      dataset: manifest.lineage.dataset,
    },
    devices,
  };
}

type WaveCount = { readonly observed: number };

function summaryHead(record: RolloutRecord, bundle: BundleRef, updatedAtMs: number) {
  const { state } = record;
  const committed = (ids: readonly string[]): number => ids.filter((id) => state.devices[id]?.status === "COMMITTED").length;
  const head = {
    rolloutId: record.rolloutId,
    state: state.status,
    bundle,
    selector: record.selector,
    reason: state.reason,
    createdAtMs: state.createdMs,
    createdBy: record.createdBy,
    updatedAtMs,
    endedAtMs: state.endedMs,
    incidentId: record.incidentId,
    jobId: record.jobId,
    devices: Object.keys(state.devices).length,
    observed: committed(Object.keys(state.devices)),
  };
  const waves = state.waves.map(
    (w) =>
      ({
        name: w.name,
        state: w.status,
        startedAtMs: w.startedMs,
        endedAtMs: w.endedMs,
        gates: w.gate,
        deviceIds: w.deviceIds,
        observed: committed(w.deviceIds),
      }) satisfies WaveCount & Record<string, unknown>,
  );
  return { head, waves };
}

export function rolloutSummaryView(record: RolloutRecord, bundle: BundleRef, updatedAtMs: number): RolloutSummary {
  const { head, waves } = summaryHead(record, bundle, updatedAtMs);
  return { ...head, waves: waves.map(({ deviceIds, ...wave }) => ({ ...wave, devices: deviceIds.length })) };
}

/** `runningOf` gives what a device says that it runs. */
export function rolloutView(record: RolloutRecord, bundle: BundleRef, updatedAtMs: number, runningOf: (deviceId: string) => string | null): Rollout {
  const { head, waves } = summaryHead(record, bundle, updatedAtMs);
  const { devices } = record.state;
  return {
    ...head,
    excluded: record.excluded,
    waves: waves.map(({ deviceIds, ...wave }) => ({
      ...wave,
      devices: deviceIds.map((deviceId) => ({
        deviceId,
        state: devices[deviceId]?.status ?? "PENDING",
        runningDigest: runningOf(deviceId),
        reason: devices[deviceId]?.reason ?? "",
      })),
    })),
  };
}

export function causeView(cause: DriftCause): Cause {
  return { ...cause, explanation: explainCause(cause) };
}

export function lookView(look: Look): DriftLook {
  return {
    bundle: look.bundle,
    atMs: look.atMs,
    lookBackMs: look.lookBackMs,
    devices: look.deviceIds.length,
    rows: look.rows,
    leftOut: look.leftOut,
    causes: look.causes.map(causeView),
    verdicts: look.verdicts,
  };
}

export function incidentView(
  incident: Incident,
  bundle: BundleRef,
  silences: readonly Silence[],
  labels: readonly Readonly<Record<string, string>>[],
  nowMs: number,
): IncidentView {
  return {
    incidentId: incident.incidentId,
    state: incident.state,
    severity: incident.severity,
    title: incidentTitle(incident),
    scope: incident.scope,
    bundle,
    causeClass: incident.causeClass,
    change: changeOf(incident),
    features: incident.evidence.map((v) => v.feature),
    deviceIds: incident.deviceIds,
    explanation: incident.explanation,
    retrainAdvised: incident.retrainAdvised,
    onsetMs: incident.onsetMs,
    createdAtMs: incident.createdAtMs,
    openedAtMs: incident.openedAtMs,
    acknowledgedAtMs: incident.acknowledgedAtMs,
    acknowledgedBy: incident.acknowledgedBy,
    resolvedAtMs: incident.resolvedAtMs,
    resolution: incident.resolution,
    supersededBy: incident.supersededBy,
    updatedAtMs: incident.updatedAtMs,
    looks: incident.looks,
    isSilenced: silences.some((s) => isSilencedBy(s, { incidentId: incident.incidentId, deviceLabels: labels }, nowMs)),
    jobId: incident.jobId,
    rolloutId: incident.rolloutId,
  };
}

export function jobView({ job, rolloutId }: JobRecord): JobView {
  const { id, incidentId, gate, ...rest } = job;
  return { ...rest, jobId: id, incidentId: incidentId === "" ? null : incidentId, gate, rolloutId };
}

export function sampleView(stored: StoredSample, withInputs: boolean): Sample {
  const { sample } = stored;
  const view: Sample = {
    sampleId: stored.id,
    deviceId: sample.key.deviceId,
    atMs: sample.atMs,
    bundleDigest: sample.bundleDigest,
    predictedLabel: sample.predictedLabel,
    score: sample.score,
    reason: sample.reason,
    contentSha256: sample.contentSha256,
    label: stored.label,
    labelledAtMs: stored.labelledMs,
  };
  if (!withInputs) return view;
  return { ...view, inputs: sample.inputs.map((i) => ({ name: i.name, type: i.type, dims: i.dims, base64: Buffer.from(i.bytes).toString("base64") })) };
}

export function subscriptionView(subscription: Subscription): SubscriptionView {
  const { channel, ...rest } = subscription;
  return { ...rest, channel: channel.kind === "webhook" ? { kind: "webhook", url: channel.url } : { kind: channel.kind } };
}

export function deliveryView(delivery: Delivery): DeliveryView {
  const { notification: _, body: __, ...rest } = delivery;
  return rest;
}

export function silenceView(silence: Silence, nowMs: number): SilenceView {
  return { ...silence, state: silenceState(silence, nowMs) };
}
