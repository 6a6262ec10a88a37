import type { Tuning } from "@kedge/api";
import type { DriftSetting } from "@kedge/drift";
import { poissonInterval } from "@kedge/stats";
import type { Answer, Asked } from "../commands.js";
import { type BundleToReplay, replayHistory } from "../drift/replay.js";
import { lookBackOf } from "../fleet/device-profiles.js";
import type { Services } from "../services.js";
import { bundlesOf } from "./drift-commands.js";
import { notFound, usage } from "./refusals.js";

/** Settings that are tried, most sensitive first. Faults of sensors keep their proportion to the other effects. */
const grid: readonly DriftSetting[] = [0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4].flatMap((effectLimit) =>
  [1e-5, 1e-8].map((alphaPerLook) => ({ effectLimit, missingLimit: effectLimit / 5, alphaPerLook, falseDiscoveryRate: alphaPerLook === 1e-5 ? 0.05 : 0.005 })),
);
const weekMs = 7 * 86_400_000;
/** Looks at one device under one setting that a replay makes at most: a minute of work on a small machine. */
const mostWork = 400_000;
const mostLooks = 2_000;
/** The part of the look-back that is looked at by itself: steps as long as this miss nothing that a look a minute sees. */
const recentShare = 0.3;

const replaying = new WeakSet<Services>();

async function bundlesToReplay(services: Services, model: string): Promise<BundleToReplay[]> {
  const found: BundleToReplay[] = [];
  for (const digest of await bundlesOf(services, model)) {
    const known = await services.shelf.find(digest).catch(() => undefined);
    if (known !== undefined) found.push({ digest, reference: known.reference, schema: known.schema });
  }
  return found;
}

/** How many alarms a week the stored history of a model would have given under each setting, and which one to choose. */
export async function tuneAnswer(services: Services, asked: Asked<"drift", "tune">): Promise<Answer<Tuning>> {
  const { fleet, series, config, clock, drift, driftWatch } = services;
  const { model } = asked;
  const bundles = await bundlesToReplay(services, model);
  if (bundles.length === 0) return notFound(`model ${model}`);
  const { lookBackMs } = config.drift;
  const running = fleet.members().filter((d) => bundles.some((b) => b.digest === d.reported?.runningDigest));
  const devices = running.map((d) => ({ deviceId: d.deviceId, labels: d.labels, lookBackMs: lookBackOf(d, lookBackMs) }));
  const deviceIds = devices.map((d) => d.deviceId);
  const [first] = deviceIds.length === 0 ? [] : await series.windows({ deviceIds, fromMs: asked.from ?? 0, limit: 1 });
  if (first === undefined) return usage(`no device that runs ${model} has sent a window`, "Let the fleet run for some days first.");
  const toMs = Math.min(asked.to ?? clock.nowMs(), clock.nowMs());
  const stepMs = Math.max(config.drift.tickMs, recentShare * lookBackMs);
  const looks = Math.max(20, Math.min(mostLooks, Math.floor(mostWork / (devices.length * grid.length))));
  // Rather the latest part of history than all of it with gaps.
  const fromMs = Math.max(asked.from ?? first.startMs, first.startMs, toMs - looks * stepMs);
  if (toMs - fromMs < 3 * stepMs) return usage("the history is too short to replay", `At least ${Math.ceil((3 * stepMs) / 60_000)} minutes are needed.`);
  if (replaying.has(services))
    return { kind: "refused", reason: "busy", code: "collector/tuning", message: "another history is being replayed", hint: "Try again in a minute." };
  replaying.add(services);
  try {
    const seasonsOf: Parameters<typeof replayHistory>[1]["seasonsOf"] = (reference, training) => driftWatch.seasons.seasonsOf(model, reference, training);
    const plan = { model, bundles, devices, fromMs, toMs, stepMs, lookBackMs, policy: drift.policy, seasonsOf };
    const weeks = (toMs - fromMs) / weekMs;
    const rows = (await replayHistory(series, plan, grid)).map(({ setting, alarms }) => {
      const [low, high] = poissonInterval(alarms);
      return { setting, alarms, alarmsPerWeek: alarms / weeks, interval: [low / weeks, high / weeks] as const };
    });
    const proposed = rows.find((r) => r.alarmsPerWeek <= asked.alarmsPerWeek)?.setting ?? null;
    const made = Math.floor((toMs - fromMs) / stepMs);
    return { kind: "done", value: { model, fromMs, toMs, looks: made, devices: devices.length, weeks, alarmsPerWeek: asked.alarmsPerWeek, rows, proposed } };
  } finally {
    replaying.delete(services);
  }
}
