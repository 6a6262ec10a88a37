import type { DeviceAlarm, FeatureQuantiles, Quantile } from "@kedge/api";
import { decodeKll, kllQuantile, kllRankError, type KllSketch, mergeKll } from "@kedge/stats";
import type { EarlyRecord } from "../collections.js";
import type { Queries } from "../commands.js";
import type { Services } from "../services.js";
import { isIn, readScope } from "./scopes.js";

const shares = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1];
/** Windows that a question is answered from, the newest. */
const mostMerged = 2_000;
const weekMs = 7 * 86_400_000;

function sketchOf(base64: string): KllSketch | undefined {
  const decoded = decodeKll(new Uint8Array(Buffer.from(base64, "base64")), "float32");
  return decoded.kind === "decoded" && decoded.value.n > 0 ? decoded.value : undefined;
}

const quantilesOf = (sketch: KllSketch): Quantile[] => shares.map((share) => ({ share, value: kllQuantile(sketch, share) }));

async function alarmView(services: Services, { atMs, bundleDigest, rows, alarms, sketches }: EarlyRecord): Promise<DeviceAlarm> {
  const since = sketches.flatMap(({ feature, base64 }) => {
    const sketch = sketchOf(base64);
    return sketch === undefined ? [] : [{ feature, values: sketch.n, quantiles: quantilesOf(sketch) }];
  });
  return { atMs, bundle: await services.shelf.nameOf(bundleDigest), rows, alarms, since };
}

/** What devices found by themselves. */
export function earlyQueries(services: Services): Pick<Queries, "deviceAlarms" | "quantiles"> {
  const { documents, fleet, clock, random } = services;
  return {
    async deviceAlarms(deviceId) {
      if (fleet.get(deviceId) === undefined) return undefined;
      const found = await documents.early.list({ status: [deviceId], newestFirst: true, limit: 20 });
      return { items: await Promise.all(found.map(({ body }) => alarmView(services, body))) };
    },
    async quantiles({ feature, scope: text, from }) {
      const scope = readScope(text);
      const fromMs = from ?? clock.nowMs() - weekMs;
      const found = await documents.early.list({ newestFirst: true, limit: mostMerged });
      const devices = new Set<string>();
      let merged: KllSketch | undefined;
      for (const { body } of found) {
        const device = fleet.get(body.deviceId);
        const base64 = body.sketches.find((s) => s.feature === feature)?.base64;
        if (body.atMs < fromMs || device === undefined || device.isRetired || base64 === undefined || !isIn(scope, device)) continue;
        const sketch = sketchOf(base64);
        if (sketch === undefined) continue;
        devices.add(body.deviceId);
        merged = merged === undefined ? sketch : mergeKll(merged, sketch, random);
      }
      if (merged === undefined) return undefined;
      const answer: FeatureQuantiles = {
        feature,
        scope,
        fromMs,
        devices: devices.size,
        values: merged.n,
        shareError: kllRankError(merged),
        quantiles: quantilesOf(merged),
      };
      return answer;
    },
  };
}
