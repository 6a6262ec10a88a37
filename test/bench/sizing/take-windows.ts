import { type DeviceId, seededRandom } from "@kedge/core";
import { ackFor, admit, emptyIngestState, type IngestState, screenMessage } from "@kedge/ingest";
import type { FeatureSummary } from "@kedge/profile";
import type { TimeSeriesStore } from "@kedge/store";
import { encodeAck, encodeWindow, ProfileReader } from "@kedge/wire";
import { bundleDigest, deviceId, endMs, profileOf, specHash } from "../query/filled-store.js";

/** How much is taken. */
export interface TakePlan {
  readonly devices: number;
  readonly windowsOfEach: number;
  readonly features: number;
  readonly rows: number;
  /** Messages of one commit. */
  readonly batch: number;
  readonly seed: number;
}

/** What taking them cost. */
export interface Taken {
  readonly windows: number;
  readonly seconds: number;
  /** Of this process, all threads. */
  readonly cpuSeconds: number;
  /** Of a message, on average. */
  readonly messageBytes: number;
}

const minuteMs = 60_000;

/**
 * What a collector does with windows between broker and acknowledgement, in one process and without the broker: decode, screen, admit, commit with
 * the marks, encode the acknowledgement. Messages are made before the clock runs.
 */
export async function takeWindows(series: TimeSeriesStore, plan: TakePlan): Promise<Taken> {
  const random = seededRandom(plan.seed);
  // Features drawn once and put together anew for each window: stores that compress must find nothing that devices would not send.
  const pool = Array.from({ length: Math.min(1_000, plan.devices) }, () => profileOf(plan.features, plan.rows, random).features).flat();
  const drawn = (): FeatureSummary => {
    const feature = pool[Math.floor(random() * pool.length)];
    if (feature === undefined) throw new Error("there are features");
    return feature;
  };
  const states = new Map<DeviceId, IngestState>();
  const reader = new ProfileReader();
  let [windows, bytes, seconds, cpuSeconds] = [0, 0, 0, 0];
  for (let seq = 1; seq <= plan.windowsOfEach; seq += 1) {
    const messages = Array.from({ length: plan.devices }, (_, d) => {
      const end = endMs + seq * minuteMs + Math.floor(random() * minuteMs);
      const profile = { specHash, rows: plan.rows, errors: 0, features: Array.from({ length: plan.features }, drawn) };
      const key = { deviceId: deviceId(d), bootEpoch: 1, seq };
      return { deviceId: key.deviceId, payload: encodeWindow({ key, startMs: end - minuteMs, endMs: end, bundleDigest, trigger: "interval", profile }) };
    });
    const [began, cpu] = [performance.now(), process.cpuUsage()];
    for (let i = 0; i < messages.length; i += plan.batch) {
      const taken = messages.slice(i, i + plan.batch).map(({ deviceId: sender, payload }) => {
        const passed = screenMessage(reader.window(payload), payload, sender);
        if (passed.kind === "refused") throw new Error(passed.message);
        const admitted = admit(states.get(sender) ?? emptyIngestState, passed.value.key);
        if (admitted.kind !== "admitted") throw new Error(`window ${seq} of ${sender} is not admitted`);
        states.set(sender, admitted.state);
        const { key, startMs, endMs, bundleDigest, trigger, profile } = passed.value;
        const { rows, errors } = profile;
        return { window: { key, startMs, endMs, bundleDigest, trigger, rows, errors, encoded: payload }, mark: { deviceId: sender, state: admitted.state } };
      });
      await series.commit({ windows: taken.map((t) => t.window), samples: [], marks: taken.map((t) => t.mark) });
      for (const { mark } of taken) {
        const ack = ackFor(mark.state, 1);
        if (ack !== undefined) encodeAck({ ...ack, collectorMs: endMs });
      }
    }
    seconds += (performance.now() - began) / 1_000;
    const spent = process.cpuUsage(cpu);
    cpuSeconds += (spent.user + spent.system) / 1e6;
    windows += messages.length;
    bytes += messages.reduce((sum, { payload }) => sum + payload.length, 0);
  }
  return { windows, seconds, cpuSeconds, messageBytes: bytes / windows };
}
