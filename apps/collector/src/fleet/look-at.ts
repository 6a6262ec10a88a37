import type { DeviceId, Sha256 } from "@kedge/core";
import { type Cause, evaluateAnomaliesFirst, judgedWindows, type Verdict } from "@kedge/drift";
import type { TimeSeriesStore } from "@kedge/store";
import type { DeviceRecord } from "../collections.js";
import type { CollectorConfig } from "../config.js";
import type { BundleShelf } from "./bundle-shelf.js";
import { deviceProfiles, lookBackOf } from "./device-profiles.js";

/** The latest look at the devices that run one bundle. */
export interface Look {
  readonly bundle: { readonly digest: Sha256; readonly name: string; readonly version: string };
  readonly atMs: number;
  readonly lookBackMs: number;
  readonly deviceIds: readonly DeviceId[];
  readonly rows: number;
  readonly leftOut: readonly string[];
  readonly causes: readonly Cause[];
  readonly verdicts: readonly Verdict[];
}

/** Rows that a device must have for its look to count as clean. */
const judgedRows = 50;

/** Looks once at the devices that run a bundle; `undefined` when it is not registered here. */
export async function lookAt(
  { shelf, series, config }: { readonly shelf: BundleShelf; readonly series: TimeSeriesStore; readonly config: CollectorConfig["drift"] },
  { digest, devices, atMs }: { readonly digest: Sha256; readonly devices: readonly DeviceRecord[]; readonly atMs: number },
): Promise<Look | undefined> {
  const known = await shelf.find(digest);
  if (known === undefined) return undefined;
  const lookBackMs = devices.reduce((longest, device) => Math.max(longest, lookBackOf(device, config.lookBackMs)), config.lookBackMs);
  const windows = await series.windows({ deviceIds: devices.map((d) => d.deviceId), bundleDigest: digest, fromMs: atMs - lookBackMs });
  const ofRun = new Set(known.reference.spec.features.flatMap((f) => (f.role === "runtime" ? [f.name] : [])));
  const profiles = deviceProfiles(devices, windows, (own, device) =>
    judgedWindows(own, { fromMs: atMs - lookBackOf(device, config.lookBackMs), leastRows: judgedRows, tells: (stream) => !ofRun.has(stream) }),
  );
  const { causes, verdicts, rows, leftOut } = evaluateAnomaliesFirst({ reference: known.reference, schema: known.schema, devices: profiles });
  const judged = profiles.filter((p) => p.profile.rows >= judgedRows && !leftOut.includes(p.deviceId)).map((p) => p.deviceId);
  const { name, version } = known.bundle.manifest;
  return { bundle: { digest, name, version }, atMs, lookBackMs: config.lookBackMs, deviceIds: judged, rows, leftOut, causes, verdicts };
}
