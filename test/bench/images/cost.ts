import { seededRandom } from "@kedge/core";
import { imageFeatures, imageStatistics } from "@kedge/profile";
import type { Measurement } from "../support/figure.js";
import { rounded } from "../support/result.js";

const shape = { width: 28, height: 28, channels: 1 };
const frames = 64;

/** Microseconds that the statistics of one 28×28 frame take: the quickest of `rounds` rounds of `calls`, since others use the machine too. */
export function statisticsCost(rounds: number, calls: number): Measurement {
  const random = seededRandom(1);
  const pixels = Array.from({ length: frames }, () => Uint8Array.from({ length: 784 }, () => Math.floor(256 * random())));
  const out = new Float64Array(imageFeatures.length);
  const grey = new Float64Array(784);
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round += 1) {
    const started = performance.now();
    for (let i = 0; i < calls; i += 1) imageStatistics(pixels[i % frames] as Uint8Array, shape, out, grey);
    least = Math.min(least, ((performance.now() - started) * 1_000) / calls);
  }
  return { figures: { statisticsMicros: rounded(least, 2) }, details: { statisticsMicros: { trials: rounds * calls } } };
}
