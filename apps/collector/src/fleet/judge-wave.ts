import { evaluateFleet } from "@kedge/drift";
import { type GateEvidence, type GateVerdict, gateOnPredictions } from "@kedge/rollout";
import type { TimeSeriesStore } from "@kedge/store";
import type { RolloutRecord } from "../collections.js";
import type { BundleShelf } from "./bundle-shelf.js";
import { deviceProfiles } from "./device-profiles.js";
import type { Fleet } from "./fleet.js";

/** Where the facts about a wave's devices come from. */
export interface WaveFacts {
  readonly fleet: Fleet;
  readonly shelf: BundleShelf;
  readonly series: TimeSeriesStore;
}

/** Share of readings that may fail under the new bundle. */
const maxErrorShare = 0.02;

/** What the wave's devices have shown since it began, held against the new bundle's own reference. */
export async function judgeWave(record: RolloutRecord, { shelf, series, fleet }: WaveFacts): Promise<GateVerdict[]> {
  const { state, gateRows } = record;
  const wave = state.waves[state.wave];
  const known = await shelf.find(state.bundleDigest);
  if (wave === undefined || known === undefined) return [];
  const devices = wave.deviceIds.flatMap((id) => fleet.get(id) ?? []).filter((d) => state.devices[d.deviceId]?.status === "COMMITTED");
  const windows = await series.windows({ deviceIds: devices.map((d) => d.deviceId), bundleDigest: state.bundleDigest });
  const profiles = deviceProfiles(devices, windows);
  const { verdicts } = evaluateFleet({ reference: known.reference, devices: profiles });
  const worst = new Map<string, GateEvidence["outputs"][number]>();
  for (const { feature, role, score, limit, drifted } of verdicts) {
    const before = worst.get(feature);
    if (role === "output" && (before === undefined || score > before.score || drifted))
      worst.set(feature, { feature, score, limit, drifted: drifted || before?.drifted === true });
  }
  const rows = profiles.reduce((sum, p) => sum + p.profile.rows, 0);
  const errors = profiles.reduce((sum, p) => sum + p.profile.errors, 0);
  return gateOnPredictions({ rows, errors, outputs: [...worst.values()] }, { minRows: gateRows, maxErrorShare });
}
