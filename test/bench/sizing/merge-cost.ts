import { seededRandom } from "@kedge/core";
import type { ProfileSum } from "@kedge/profile";
import { encodeWindow, ProfileReader } from "@kedge/wire";
import { bundleDigest, deviceId, endMs, profileOf } from "../query/filled-store.js";
import type { TakePlan } from "./take-windows.js";

const windows = 500;
const rounds = 40;

/** Reading a window's bytes into a sum, in µs: many windows in turn, so that nothing is known of one from the time before. */
export function mergeMicros({ features, rows, seed }: Pick<TakePlan, "features" | "rows" | "seed">): number {
  const random = seededRandom(seed);
  const encoded = Array.from({ length: windows }, (_, i) => {
    const key = { deviceId: deviceId(i), bootEpoch: 1, seq: 1 };
    return encodeWindow({ key, startMs: endMs, endMs: endMs + 1, bundleDigest, trigger: "interval", profile: profileOf(features, rows, random) });
  });
  const reader = new ProfileReader();
  let sum: ProfileSum | undefined;
  let micros = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round += 1) {
    const before = performance.now();
    for (const bytes of encoded) {
      const read = reader.window(bytes);
      if (read.kind === "rejected") throw new Error(read.message);
      if (sum === undefined) sum = read.value.profile.copy();
      else sum.add(read.value.profile);
    }
    // The quickest of many rounds: others are held up by what else the machine does.
    micros = Math.min(micros, ((performance.now() - before) * 1_000) / windows);
  }
  if (sum?.rows !== windows * rounds * rows || reader.detours > 0) throw new Error("not every window was merged");
  return micros;
}
