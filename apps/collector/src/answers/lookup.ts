import type { BundleRef } from "@kedge/api";
import { type Incident, inScope, isActive } from "@kedge/alert";
import type { DeviceId, Labels, Sha256 } from "@kedge/core";
import { type Accuracy, accuracyOf } from "@kedge/performance";
import type { Accuracy as AccuracyView } from "@kedge/api";
import type { BundleRecord } from "../collections.js";
import type { Services } from "../services.js";

/** Bundles by what people call them: digest (8 digits at least), name@version, name@alias, or name for the newest. */
export async function findModel(services: Services, reference: string): Promise<BundleRecord | undefined> {
  const all = (await services.documents.bundles.list({ limit: 10_000 })).map((b) => b.body);
  const [name = "", tag] = reference.split("@");
  const newest = (some: readonly BundleRecord[]): BundleRecord | undefined => some.slice().sort((a, b) => b.registeredAtMs - a.registeredAtMs)[0];
  if (tag === undefined) {
    const named = newest(all.filter((b) => b.name === name));
    return named ?? (/^[0-9a-f]{8,64}$/.test(name) ? all.find((b) => b.digest.startsWith(name)) : undefined);
  }
  const versioned = all.find((b) => b.name === name && b.version === tag);
  if (versioned !== undefined) return versioned;
  const alias = await services.documents.aliases.get(`${name}@${tag}`);
  return alias === undefined ? undefined : all.find((b) => b.digest === alias.body.digest);
}

export async function refOf(services: Services, digest: Sha256 | null): Promise<BundleRef | null> {
  return digest === null ? null : services.shelf.nameOf(digest);
}

export async function incidentsNow(services: Services): Promise<Incident[]> {
  return (await services.documents.incidents.list({ newestFirst: true, limit: 10_000 })).map((i) => i.body);
}

export function activeOnly(incidents: readonly Incident[]): Incident[] {
  return incidents.filter(isActive);
}

export function labelsOf(services: Pick<Services, "fleet">, ids: readonly DeviceId[]): Labels[] {
  return ids.map((id) => services.fleet.labelsOf(id)).filter((labels) => labels !== undefined);
}

function view({ accuracy, interval, rows }: Accuracy): AccuracyView | null {
  return accuracy === null ? null : { correct: Math.round(accuracy * rows), total: rows, share: accuracy, low: interval[0], high: interval[1] };
}

/** Accuracy on the labelled readings of an incident's devices: before its onset, until another bundle ran, and with that bundle since. */
export async function incidentAccuracy(
  services: Services,
  incident: Incident,
): Promise<{ before: AccuracyView | null; during: AccuracyView | null; after: AccuracyView | null }> {
  const deviceIds = services.fleet.members().flatMap((d) => (inScope(incident.scope, d.deviceId, (id) => services.fleet.labelsOf(id)) ? [d.deviceId] : []));
  const onset = incident.onsetMs ?? incident.createdAtMs;
  const samples = (await services.series.samples({ deviceIds, isLabelled: true })).map(({ sample, label }) => ({
    atMs: sample.atMs,
    isRight: sample.predictedLabel === label,
    digest: sample.bundleDigest,
  }));
  // The bundle that drifted is the one that ran at the onset; a later one is what was done about it.
  const drifted = samples.filter((s) => s.atMs >= onset)[0]?.digest ?? incident.bundleDigest;
  const during = samples.filter((s) => s.atMs >= onset && s.digest === drifted);
  const after = samples.filter((s) => s.atMs >= onset && s.digest !== drifted);
  return {
    before: view(accuracyOf(samples.filter((s) => s.atMs < onset).map((s) => s.isRight))),
    during: view(accuracyOf(during.map((s) => s.isRight))),
    after: view(accuracyOf(after.map((s) => s.isRight))),
  };
}
