import type { Counters, Overview } from "@kedge/api";
import { type DeviceId, matchesSelector, parseSelector, type Sha256 } from "@kedge/core";
import type { Queries } from "../commands.js";
import type { Services } from "../services.js";
import { findModel, incidentsNow, refOf } from "./lookup.js";
import { pageOf } from "./paging.js";
import { deviceView, modelView, tokenView } from "./views.js";
import { metricsText } from "./metrics.js";

type FleetQueries = Pick<
  Queries,
  | "overview"
  | "counters"
  | "readiness"
  | "metrics"
  | "devices"
  | "device"
  | "tokens"
  | "accessTokens"
  | "keys"
  | "hasBlob"
  | "blob"
  | "models"
  | "model"
  | "audit"
  | "checkAudit"
  | "events"
>;

/** The devices that counters are asked of; `undefined`: all, also those that are no members any more. */
function askedOf({ fleet }: Services, { deviceId, selector }: Parameters<Queries["counters"]>[0]): readonly DeviceId[] | undefined {
  if (selector === undefined) return deviceId === undefined ? undefined : [deviceId];
  const parsed = parseSelector(selector);
  const matching = fleet.all().filter((d) => typeof parsed !== "string" && matchesSelector(parsed, d.labels));
  return matching.map((d) => d.deviceId).filter((id) => deviceId === undefined || id === deviceId);
}

async function countersOf(services: Services, asked: Parameters<Queries["counters"]>[0] = {}): Promise<Counters> {
  const { series, ingest } = services;
  const deviceIds = askedOf(services, asked);
  const { samples, labelled, deadLetters } = await series.counts();
  const { stored, distinct, rows } = await series.counts(deviceIds);
  const { received, repeated, refused } = ingest.counters;
  return { windows: { received, repeated, refused, deadLetters, stored, distinct, rows, ...ingest.gaps(deviceIds) }, samples: { stored: samples, labelled } };
}

async function overviewOf(services: Services): Promise<Overview> {
  const { fleet, documents, shelf, clock, drift } = services;
  const devices = fleet.all();
  const incidents = await incidentsNow(services);
  const running = new Map<Sha256, number>();
  for (const { reported, isRetired } of devices)
    if (!isRetired && reported?.runningDigest != null) running.set(reported.runningDigest, (running.get(reported.runningDigest) ?? 0) + 1);
  const models = await Promise.all(
    [...running].sort((a, b) => b[1] - a[1]).map(async ([digest, count]) => ({ ...(await shelf.nameOf(digest)), devices: count })),
  );
  const inState = (state: string): number => incidents.filter((i) => i.state === state).length;
  const rollouts = (await documents.rollouts.list()).map((r) => r.body.state.status);
  const jobs = (await documents.jobs.list()).map((j) => j.body.job.state);
  const finals = new Set(["REGISTERED", "REJECTED", "FAILED", "CANCELLED"]);
  return {
    collector: { id: services.collectorId, version: services.version, startedAtMs: services.startedAtMs, nowMs: clock.nowMs() },
    devices: {
      total: devices.length,
      online: devices.filter((d) => d.isOnline && !d.isRetired).length,
      offline: devices.filter((d) => !d.isOnline && !d.isRetired).length,
      retired: devices.filter((d) => d.isRetired).length,
      drifted: new Set(drift.looks().flatMap((l) => l.causes.flatMap((c) => c.deviceIds))).size,
    },
    models,
    incidents: { pending: inState("PENDING"), open: inState("OPEN"), acknowledged: inState("ACKNOWLEDGED"), resolved: inState("RESOLVED") },
    rollouts: {
      running: rollouts.filter((s) => s === "RUNNING" || s === "ROLLING_BACK").length,
      paused: rollouts.filter((s) => s === "PAUSED").length,
      finished: rollouts.filter((s) => s === "FINISHED" || s === "ROLLED_BACK" || s === "ABORTED").length,
    },
    retrainJobs: { running: jobs.filter((s) => !finals.has(s)).length, finished: jobs.filter((s) => finals.has(s)).length },
    counters: await countersOf(services),
    ...(services.config.cluster.enabled ? { cluster: await services.shards.standing() } : {}),
  };
}

function stateQueries(services: Services): Pick<Queries, "overview" | "counters" | "readiness" | "metrics" | "events"> {
  const { feed } = services;
  return {
    overview: () => overviewOf(services),
    counters: (asked) => countersOf(services, asked),
    async readiness() {
      const faults = services.faults.list();
      return { ready: faults.length === 0, faults };
    },
    async metrics() {
      const { drift, ingest, brokerStats, metrics } = services;
      return metricsText({
        overview: await overviewOf(services),
        looks: drift.looks(),
        elsewhere: ingest.counters.elsewhere,
        unplaced: ingest.counters.unplaced,
        broker: brokerStats(),
        mirror: metrics?.mirror.standing,
      });
    },
    events: (after, signal) => feed.after(after, signal),
  };
}

function deviceQueries(services: Services): Pick<Queries, "devices" | "device"> {
  const { fleet } = services;
  const deviceFor = async (id: DeviceId) => {
    const device = fleet.get(id);
    return device === undefined ? undefined : deviceView(device, await refOf(services, device.reported?.runningDigest ?? null), await incidentsNow(services));
  };
  return {
    async devices(asked) {
      const selector = parseSelector(asked.selector);
      const incidents = await incidentsNow(services);
      const chosen = fleet
        .all()
        .filter(
          (d) =>
            typeof selector !== "string" &&
            matchesSelector(selector, d.labels) &&
            (asked.state === undefined || (d.isRetired ? "retired" : d.isOnline ? "online" : "offline") === asked.state),
        );
      const page = pageOf(chosen, (d) => d.deviceId, asked);
      return {
        ...page,
        items: await Promise.all(page.items.map(async (d) => deviceView(d, await refOf(services, d.reported?.runningDigest ?? null), incidents))),
      };
    },
    device: deviceFor,
  };
}

function accessQueries(services: Services): Pick<Queries, "tokens" | "accessTokens" | "keys" | "audit" | "checkAudit"> {
  const { documents, audit, clock } = services;
  return {
    async tokens(asked) {
      const tokens = (await documents.tokens.list({ newestFirst: true, limit: 10_000 })).map((t) => t.body);
      return pageOf(
        tokens.map((t) => tokenView(t, clock.nowMs())),
        (t) => t.tokenId,
        asked,
      );
    },
    async accessTokens(asked) {
      const tokens = (await documents.accessTokens.list({ newestFirst: true, limit: 10_000 })).map((t) => t.body);
      return pageOf(
        tokens.map((t) => ({
          tokenId: t.id,
          state: t.revoked ? ("revoked" as const) : t.expiresAtMs !== null && clock.nowMs() >= t.expiresAtMs ? ("expired" as const) : ("active" as const),
          name: t.name,
          role: t.role,
          createdAtMs: t.createdAtMs,
          expiresAtMs: t.expiresAtMs,
        })),
        (t) => t.tokenId,
        asked,
      );
    },
    async keys() {
      return (await documents.keys.list()).map(({ body: { publicKeyPem, ...key } }) => ({ ...key, algorithm: "ed25519" as const, publicKey: publicKeyPem }));
    },
    async audit(asked) {
      const entries = await audit.list({ limit: 100_000, ...(asked.subject === undefined ? {} : { subject: asked.subject }) });
      return pageOf(entries.filter((e) => asked.actor === undefined || e.actor === asked.actor).reverse(), (e) => String(e.seq), asked);
    },
    async checkAudit() {
      const broken = await audit.firstBroken();
      return { isIntact: broken === undefined, firstBrokenSeq: broken?.seq ?? null };
    },
  };
}

function modelQueries(services: Services): Pick<Queries, "hasBlob" | "blob" | "models" | "model"> {
  const { fleet, documents, bundles } = services;
  const modelFor = async (digest: Sha256) => {
    const record = await documents.bundles.get(digest);
    const bundle = await bundles.findBundle(digest);
    if (record === undefined || bundle === undefined) return undefined;
    const aliases = (await documents.aliases.list()).flatMap((a) => (a.body.digest === digest ? [a.body.alias] : []));
    return { view: modelView(record.body, bundle, aliases, fleet.members().filter((d) => d.reported?.runningDigest === digest).length), bundle };
  };
  return {
    async hasBlob(sha256) {
      return (await bundles.findBlob(sha256)) !== undefined;
    },
    async blob(sha256) {
      return (await bundles.findBlob(sha256)) === undefined ? undefined : bundles.getBlob(sha256);
    },
    async models(asked) {
      const records = (await documents.bundles.list({ limit: 10_000 })).map((b) => b.body).filter((b) => asked.name === undefined || b.name === asked.name);
      const page = pageOf(
        records.sort((a, b) => b.registeredAtMs - a.registeredAtMs),
        (b) => b.digest,
        asked,
      );
      const views = await Promise.all(page.items.map(async (b) => (await modelFor(b.digest))?.view));
      return { items: views.filter((v) => v !== undefined), nextCursor: page.nextCursor };
    },
    async model(reference) {
      const record = await findModel(services, reference);
      const found = record === undefined ? undefined : await modelFor(record.digest);
      if (found === undefined) return undefined;
      const { manifest, envelope } = found.bundle;
      const tensors = (specs: typeof manifest.signature.inputs) => specs.map(({ name, type, dims }) => ({ name, type, dims }));
      return {
        ...found.view,
        inputs: tensors(manifest.signature.inputs),
        outputs: tensors(manifest.signature.outputs),
        files: Object.fromEntries(Object.entries(manifest.files).map(([role, f]) => [role, { sha256: f.sha256, bytes: f.bytes }])),
        envelope,
      };
    },
  };
}

/** Fleet, models, tokens, audit: what is there. */
export function fleetQueries(services: Services): FleetQueries {
  return { ...stateQueries(services), ...deviceQueries(services), ...accessQueries(services), ...modelQueries(services) };
}
