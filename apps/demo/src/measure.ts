import type { Agent } from "node:http";
import { postFrame } from "./camera.js";
import { type FrameTransform, transformFrame } from "./frame-transform.js";
import { fashionClasses, type LabelledImage } from "./first-model.js";

/** How often the devices' own answers were right. */
export interface Measured {
  readonly accuracy: number;
  readonly frames: number;
}

/**
 * Asks the running agents themselves, by the address that they serve predictions at, about frames that no device has streamed and no model
 * was trained on. `observe=false`: the measurement is answered and neither counted nor sampled.
 */
export async function measureAccuracy(ports: readonly number[], images: readonly LabelledImage[], transform: FrameTransform, agent: Agent): Promise<Measured> {
  const right = await Promise.all(
    ports.map(async (port, lane) => {
      let hits = 0;
      for (let i = lane; i < images.length; i += ports.length) {
        const image = images[i];
        if (image === undefined) continue;
        const { status, body } = await postFrame(port, transformFrame(image.frame, transform).pixels, agent, "?observe=false");
        if (status === 200 && (body as { label?: string }).label === fashionClasses[image.label]) hits += 1;
      }
      return hits;
    }),
  );
  return { accuracy: right.reduce((sum, n) => sum + n, 0) / images.length, frames: images.length };
}
