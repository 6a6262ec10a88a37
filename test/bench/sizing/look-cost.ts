import { type DeviceId, seededRandom } from "@kedge/core";
import { FleetLooker, type WatchedFleet } from "@kedge/drift";
import type { Profile, ReferenceProfile, Window } from "@kedge/profile";
import type { TimeSeriesStore } from "@kedge/store";
import { bundleDigest, deviceId, endMs, profileOf, specHash, specOf } from "../query/filled-store.js";

/** What is looked at: devices that send a window a minute, each looked at over its last ten, once a minute. */
export interface LookPlan {
  readonly devices: number;
  readonly looks: number;
  readonly features: number;
  readonly rows: number;
  readonly seed: number;
}

/** What one look cost a device, in µs of processor time. */
export interface LookCost {
  readonly windowsMicros: number;
  readonly takeMicros: number;
  readonly judgeMicros: number;
}

const minuteMs = 60_000;
const lookBackMinutes = 10;
/** As many as the collector has in memory at once. */
const devicesAtOnce = 50;

const cpuMicros = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/** Profiles in which nothing drifts, with moments that fit their bins. */
function quietProfiles({ features, rows, seed }: LookPlan): { readonly reference: ReferenceProfile; readonly some: readonly Profile[] } {
  const random = seededRandom(seed);
  const quiet = (n: number): Profile => {
    const profile = profileOf(features, n, random);
    return { ...profile, features: profile.features.map((f) => (f.kind === "numeric" ? { ...f, mean: 0.5, m2: Math.fround(f.count / 12) } : f)) };
  };
  const all = quiet(20 * rows);
  return {
    reference: { spec: specOf(features), cohorts: [{ selector: "", profile: all, rows: all.rows }] },
    some: Array.from({ length: 300 }, () => quiet(rows)),
  };
}

async function send(series: TimeSeriesStore, minute: number, devices: number, some: readonly Profile[]): Promise<void> {
  const windows = Array.from({ length: devices }, (_, d): Window => {
    const span = { startMs: endMs + minute * minuteMs, endMs: endMs + (minute + 1) * minuteMs };
    const profile = { ...(some[(d + 7 * minute) % some.length] as Profile), specHash };
    return { key: { deviceId: deviceId(d), bootEpoch: 1, seq: minute + 1 }, ...span, bundleDigest, trigger: "interval", profile };
  });
  await series.commit({ windows, samples: [], marks: [] });
}

/** The evaluator's looks, as the collector makes them: windows read from the store, taken in, judged. The first, which sees all windows for the first time, is not counted. */
export async function lookCost(series: TimeSeriesStore, plan: LookPlan): Promise<LookCost> {
  const { reference, some } = quietProfiles(plan);
  const ids: DeviceId[] = Array.from({ length: plan.devices }, (_, d) => deviceId(d));
  let memories: WatchedFleet["memories"] = new Map();
  const spent = { windows: 0, take: 0, judge: 0 };
  for (let minute = 0; minute < lookBackMinutes + plan.looks; minute += 1) {
    await send(series, minute, plan.devices, some);
    if (minute < lookBackMinutes - 1) continue;
    const [atMs, lookBackMs] = [endMs + (minute + 1) * minuteMs, lookBackMinutes * minuteMs];
    const looker = new FleetLooker({ bundleDigest, reference, memories, atMs, lookBackMs });
    const own = { windows: 0, take: 0, judge: 0 };
    for (let at = 0; at < ids.length; at += devicesAtOnce) {
      const begun = cpuMicros();
      const deviceIds = ids.slice(at, at + devicesAtOnce);
      const byDevice = new Map<DeviceId, Window[]>(deviceIds.map((id) => [id, []]));
      for (const window of await series.windows({ deviceIds, bundleDigest, fromMs: atMs - lookBackMs })) byDevice.get(window.key.deviceId)?.push(window);
      const read = cpuMicros();
      for (const [id, windows] of byDevice) looker.take({ deviceId: id, labels: { site: `s${Number(id.slice(4)) % 7}` }, windows });
      own.windows += read - begun;
      own.take += cpuMicros() - read;
    }
    const taken = cpuMicros();
    memories = looker.look().memories;
    own.judge = cpuMicros() - taken;
    if (minute < lookBackMinutes) continue;
    for (const part of ["windows", "take", "judge"] as const) spent[part] += own[part];
  }
  const each = plan.devices * plan.looks;
  return { windowsMicros: spent.windows / each, takeMicros: spent.take / each, judgeMicros: spent.judge / each };
}
