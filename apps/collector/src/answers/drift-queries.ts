import type { Bin, FeatureHistogram, Scope } from "@kedge/api";
import type { Sha256 } from "@kedge/core";
import { cellLabel, type DeviceProfile, scopeKey } from "@kedge/drift";
import { type FeatureSummary, invalidIn, type Profile, referenceFor, sumOfProfiles } from "@kedge/profile";
import type { Queries } from "../commands.js";
import { lookView } from "./views.js";
import type { Services } from "../services.js";
import { findModel } from "./lookup.js";
import { settingsOf } from "./drift-commands.js";
import { isIn, readScope } from "./scopes.js";
import { scoreAnswer } from "./score-answer.js";
import { digestsFor, seriesAnswer } from "./series-answer.js";
import { tuneAnswer } from "./tune-answer.js";

function cellsOf(summary: FeatureSummary | undefined): readonly number[] {
  if (summary === undefined || summary.kind === "embedding") return [];
  return summary.kind === "numeric" ? summary.counts : [...summary.counts, summary.other];
}

function invalidOf(summary: FeatureSummary | undefined): number {
  if (summary === undefined) return 0;
  const invalid = invalidIn(summary);
  return invalid / Math.max(1, invalid + summary.count);
}

/** Each device's reference in proportion to its rows, as shares per cell. */
function expectedShares(
  devices: readonly Pick<DeviceProfile, "deviceId" | "profile">[],
  references: ReadonlyMap<string, Profile>,
  index: number,
): { shares: number[]; rows: number; invalid: number } {
  const shares: number[] = [];
  const rows = devices.reduce((sum, d) => sum + d.profile.rows, 0);
  let invalid = 0;
  for (const device of devices) {
    const summary = references.get(device.deviceId)?.features[index];
    const cells = cellsOf(summary);
    const total = cells.reduce((sum, c) => sum + c, 0);
    const weight = device.profile.rows / Math.max(1, rows);
    cells.forEach((c, i) => {
      shares[i] = (shares[i] ?? 0) + (weight * c) / Math.max(1, total);
    });
    invalid += weight * invalidOf(summary);
  }
  return { shares, rows: [...new Set(references.values())].reduce((sum, p) => sum + p.rows, 0), invalid };
}

/** Which bundle's feature to show, where and when. */
interface HistogramQuestion {
  readonly digest: Sha256;
  readonly feature: string;
  readonly scope: Scope;
  readonly fromMs: number;
  readonly toMs: number;
}

async function histogramOf(services: Services, { digest, feature, scope, fromMs, toMs }: HistogramQuestion): Promise<FeatureHistogram | undefined> {
  const { drift, fleet, shelf, series } = services;
  const known = await shelf.find(digest);
  const index = known?.reference.spec.features.findIndex((f) => f.name === feature) ?? -1;
  const spec = known?.reference.spec.features[index];
  if (known === undefined || spec === undefined) return undefined;
  const members = fleet.members().filter((d) => isIn(scope, d));
  const hash = known.reference.cohorts[0]?.profile.specHash ?? "";
  const found = await series.profilesByDevice({ deviceIds: members.map((d) => d.deviceId), bundleDigest: digest, fromMs, toMs }, hash);
  const devices = found.devices.map(({ deviceId, profile }) => ({ deviceId, labels: fleet.labelsOf(deviceId) ?? {}, profile }));
  const sum = sumOfProfiles(devices.map((d) => d.profile));
  const summary = sum?.features[index];
  if (sum === undefined || summary === undefined) return undefined;
  const references = new Map<string, Profile>();
  for (const { deviceId, labels } of devices) {
    const reference = referenceFor(known.reference, labels);
    if (reference !== undefined) references.set(deviceId, reference);
  }
  const expected = expectedShares(devices, references, index);
  const cells = cellsOf(summary);
  const total = Math.max(
    1,
    cells.reduce((a, c) => a + c, 0),
  );
  const look = drift.looks().find((l) => l.bundle.digest === digest);
  const key = scopeKey(scope as Parameters<typeof scopeKey>[0]);
  const { name, version } = known.bundle.manifest;
  return {
    bundle: { digest, name, version },
    feature,
    role: spec.role,
    kind: spec.kind,
    scope,
    fromMs,
    toMs,
    rows: sum.rows,
    referenceRows: expected.rows,
    bins: cells.map((c, i): Bin => ({ label: cellLabel(spec, i), reference: expected.shares[i] ?? 0, current: c / total })),
    invalid: { reference: expected.invalid, current: invalidOf(summary) },
    verdict: look?.verdicts.find((v) => v.feature === feature && scopeKey(v.scope) === key) ?? null,
  };
}

/** The latest look, histograms and time series. */
export function driftQueries(services: Services): Pick<Queries, "drift" | "histogram" | "series" | "driftSettings" | "tuneDrift"> {
  const { drift, config, clock } = services;
  return {
    async drift(asked) {
      const wanted = asked.model === undefined ? undefined : (await findModel(services, asked.model))?.digest;
      const looks = drift.looks().filter((l) => asked.model === undefined || l.bundle.digest === wanted);
      return { atMs: drift.lastLookAtMs, clean: looks.every((l) => l.causes.length === 0), looks: looks.map(lookView) };
    },
    async histogram(asked) {
      const toMs = asked.to ?? clock.nowMs();
      const fromMs = asked.from ?? toMs - config.drift.lookBackMs;
      for (const digest of await digestsFor(services, asked.model)) {
        const found = await histogramOf(services, { digest, feature: asked.feature, scope: readScope(asked.scope), fromMs, toMs });
        if (found !== undefined) return found;
      }
      return undefined;
    },
    series: (asked) => (asked.stat === "score" ? scoreAnswer(services, asked) : seriesAnswer(services, asked)),
    driftSettings: (model) => settingsOf(services, model),
    tuneDrift: (asked) => tuneAnswer(services, asked),
  };
}
