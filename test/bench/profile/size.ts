import type { DeviceId, Sha256 } from "@kedge/core";
import type { Prediction } from "@kedge/inference";
import { createProfiler, type Profiler, type Profile, type ProfileSpec } from "@kedge/profile";
import { encodeWindow } from "@kedge/wire";

/** Bytes of the window that a device sends with this profile: a real one, with device, times and digests. */
export function windowBytes(profile: Profile): number {
  const bytes = encodeWindow({
    key: { deviceId: "camera-oslo-0001" as DeviceId, bootEpoch: 212_345_678, seq: 1_440 },
    startMs: 1_790_000_000_000,
    endMs: 1_790_000_060_000,
    bundleDigest: "cd".repeat(32) as Sha256,
    profile,
    trigger: "interval",
  });
  return bytes.length;
}

/** Heap and buffers in use, after the garbage is collected. */
function inUse(collect: () => void): number {
  for (let i = 0; i < 4; i += 1) collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Bytes that a thing keeps alive, over `copies` of it. */
function heldBytes(make: () => unknown, copies: number, collect: () => void): number {
  const warm = Array.from({ length: 100 }, make);
  const before = inUse(collect);
  const kept = Array.from({ length: copies }, make);
  const held = (inUse(collect) - before) / copies;
  return kept.length + warm.length > 0 ? held : 0;
}

/** Heap bytes a feature of a profiler at work, and of the spec that it counts by. `collect` forces a garbage collection. */
export function heapBytesPerFeature(
  spec: ProfileSpec,
  predictions: readonly Prediction[],
  collect: () => void,
): { readonly profiler: number; readonly spec: number } {
  const json = JSON.stringify(spec);
  const working = (): Profiler => {
    const profiler = createProfiler(spec, "");
    for (const prediction of predictions) profiler.add(prediction);
    return profiler;
  };
  return {
    profiler: heldBytes(working, 1_000, collect) / spec.features.length,
    spec: heldBytes(() => JSON.parse(json) as unknown, 1_000, collect) / spec.features.length,
  };
}
