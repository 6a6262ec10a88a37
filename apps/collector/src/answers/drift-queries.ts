import type { Bin, FeatureHistogram, Scope, Series } from "@kedge/api";
import { matchesSelector, parseSelector, type Sha256 } from "@kedge/core";
import { cellLabel, type DeviceProfile, scopeKey } from "@kedge/drift";
import { type FeatureSummary, isIncompatible, mergeProfiles, type Profile, referenceFor } from "@kedge/profile";
import { type SeriesStatistic, seriesOf } from "@kedge/store";
import type { Answer, Queries } from "../commands.js";
import { deviceProfiles } from "../fleet/device-profiles.js";
import { lookView } from "./views.js";
import type { Services } from "../services.js";
import { findModel } from "./lookup.js";
import type { DeviceRecord } from "../collections.js";

const maxBuckets = 10_000;

function readScope(text: string): Scope {
  if (text.startsWith("device:")) return { kind: "device", deviceId: text.slice("device:".length) };
  return text.startsWith("cohort:") ? { kind: "cohort", selector: text.slice("cohort:".length) } : { kind: "fleet" };
}

function isIn(scope: Scope, device: DeviceRecord): boolean {
  if (scope.kind === "device") return device.deviceId === scope.deviceId;
  if (scope.kind === "fleet") return true;
  const selector = parseSelector(scope.selector);
  return typeof selector !== "string" && matchesSelector(selector, device.labels);
}

function cellsOf(summary: FeatureSummary | undefined): readonly number[] {
  if (summary === undefined) return [];
  return summary.kind === "numeric" ? summary.counts : [...summary.counts, summary.other];
}

function invalidOf(summary: FeatureSummary | undefined): number {
  if (summary === undefined) return 0;
  const invalid = summary.missing + summary.wrongType + (summary.kind === "numeric" ? summary.notANumber : 0);
  return invalid / Math.max(1, invalid + summary.count);
}

function merged(profiles: readonly Profile[]): Profile | undefined {
  return profiles.reduce<Profile | undefined>((sum, next) => {
    const both = sum === undefined ? next : mergeProfiles(sum, next);
    return isIncompatible(both) ? sum : both;
  }, undefined);
}

/** Each device's reference in proportion to its rows, as shares per cell. */
function expectedShares(
  devices: readonly DeviceProfile[],
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

/** The latest look, histograms and time series. */
export function driftQueries(services: Services): Pick<Queries, "drift" | "histogram" | "series"> {
  const { drift, fleet, shelf, series, config, clock } = services;

  async function digestsFor(model: string | undefined): Promise<Sha256[]> {
    if (model !== undefined) {
      const found = await findModel(services, model);
      return found === undefined ? [] : [found.digest];
    }
    const counts = new Map<Sha256, number>();
    for (const d of fleet.members()) {
      const digest = d.reported?.runningDigest;
      if (digest !== null && digest !== undefined) counts.set(digest, (counts.get(digest) ?? 0) + 1);
    }
    return [...counts].sort((a, b) => b[1] - a[1]).map(([digest]) => digest);
  }

  async function histogramOf(digest: Sha256, feature: string, scope: Scope, from: number, to: number): Promise<FeatureHistogram | undefined> {
    const known = await shelf.find(digest);
    const index = known?.reference.spec.features.findIndex((f) => f.name === feature) ?? -1;
    const spec = known?.reference.spec.features[index];
    if (known === undefined || spec === undefined) return undefined;
    const members = fleet.members().filter((d) => isIn(scope, d));
    const windows = await series.windows({ deviceIds: members.map((d) => d.deviceId), bundleDigest: digest, fromMs: from, toMs: to });
    const devices = deviceProfiles(members, windows);
    const sum = merged(devices.map((d) => d.profile));
    const summary = sum?.features[index];
    if (sum === undefined || summary === undefined) return undefined;
    const references = new Map(
      devices.flatMap((d) => {
        const reference = referenceFor(known.reference, d.labels);
        return reference === undefined ? [] : [[d.deviceId as string, reference] as const];
      }),
    );
    const expected = expectedShares(devices, references, index);
    const cells = cellsOf(summary);
    const total = Math.max(
      1,
      cells.reduce((a, c) => a + c, 0),
    );
    const bins = cells.map((c, i): Bin => ({ label: cellLabel(spec, i), reference: expected.shares[i] ?? 0, current: c / total }));
    const look = drift.looks().find((l) => l.bundle.digest === digest);
    const verdict = look?.verdicts.find((v) => v.feature === feature && scopeKey(v.scope) === scopeKey(scope as Parameters<typeof scopeKey>[0])) ?? null;
    const { name, version } = known.bundle.manifest;
    return {
      bundle: { digest, name, version },
      feature,
      role: spec.role,
      kind: spec.kind,
      scope,
      fromMs: from,
      toMs: to,
      rows: sum.rows,
      referenceRows: expected.rows,
      bins,
      invalid: { reference: expected.invalid, current: invalidOf(summary) },
      verdict,
    };
  }

  return {
    async drift(asked) {
      const wanted = asked.model === undefined ? undefined : (await findModel(services, asked.model))?.digest;
      const looks = drift.looks().filter((l) => asked.model === undefined || l.bundle.digest === wanted);
      return { atMs: drift.lastLookAtMs, clean: looks.every((l) => l.causes.length === 0), looks: looks.map(lookView) };
    },
    async histogram(asked) {
      const to = asked.to ?? clock.nowMs();
      const from = asked.from ?? to - config.drift.lookBackMs;
      for (const digest of await digestsFor(asked.model)) {
        const found = await histogramOf(digest, asked.feature, readScope(asked.scope), from, to);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    async series(asked): Promise<Answer<Series>> {
      const refuse = (message: string): Answer<Series> => ({ kind: "refused", reason: "usage", code: "collector/series", message });
      const needsFeature = asked.stat !== "rows" && asked.stat !== "errors";
      if (needsFeature && asked.feature === undefined) return refuse(`the statistic ${asked.stat} needs a feature`);
      if (asked.stat === "share" && asked.category === undefined) return refuse("the statistic share needs a category");
      if (asked.stat === "score") return refuse("drift scores over time are not kept; ask for mean or share, or for a histogram with from and to");
      const to = asked.to ?? clock.nowMs();
      const from = asked.from ?? to - 60 * asked.bucketMs;
      if ((to - from) / asked.bucketMs > maxBuckets) return refuse(`more than ${maxBuckets} buckets; choose longer ones`);
      const selector = parseSelector(asked.selector);
      const members = fleet.members(typeof selector === "string" ? [] : selector);
      const digests = asked.model === undefined ? undefined : await digestsFor(asked.model);
      const windows = (await series.windows({ deviceIds: members.map((d) => d.deviceId), fromMs: from, toMs: to })).filter(
        (w) => digests === undefined || digests.includes(w.bundleDigest),
      );
      const groups = new Map<string, typeof windows>();
      for (const window of windows) {
        const device = fleet.get(window.key.deviceId);
        const label =
          asked.groupBy === undefined
            ? "all"
            : asked.groupBy === "device"
              ? window.key.deviceId
              : asked.groupBy === "model"
                ? window.bundleDigest.slice(0, 8)
                : (device?.labels[asked.groupBy] ?? "(none)");
        groups.set(label, [...(groups.get(label) ?? []), window]);
      }
      const statistic: SeriesStatistic = asked.stat === "share" ? `share:${asked.category ?? ""}` : (asked.stat as SeriesStatistic);
      const times = [...new Set(windows.map((w) => Math.floor(w.endMs / asked.bucketMs) * asked.bucketMs))].sort((a, b) => a - b);
      const lines: { label: string; values: (number | null)[]; rows: number[] }[] = [];
      for (const [label, own] of [...groups].sort((a, b) => (a[0] < b[0] ? -1 : 1))) {
        const points = new Map<number, number | null>();
        const rows = new Map<number, number>();
        for (const digest of new Set(own.map((w) => w.bundleDigest))) {
          const known = await shelf.find(digest);
          const hash = known?.reference.cohorts[0]?.profile.specHash;
          if (known === undefined || hash === undefined) continue;
          const some = own.filter((w) => w.bundleDigest === digest);
          for (const point of seriesOf(some, { spec: known.reference.spec, hash }, asked.feature ?? "", statistic, asked.bucketMs))
            points.set(point.atMs, point.value);
          for (const point of seriesOf(some, { spec: known.reference.spec, hash }, "", "rows", asked.bucketMs))
            rows.set(point.atMs, (rows.get(point.atMs) ?? 0) + (point.value ?? 0));
        }
        lines.push({ label, values: times.map((t) => points.get(t) ?? null), rows: times.map((t) => rows.get(t) ?? 0) });
      }
      return { kind: "done", value: { feature: asked.feature ?? null, stat: asked.stat, bucketMs: asked.bucketMs, times, lines } };
    },
  };
}
