import { join } from "node:path";
import { dataDir, fashionSignature, type FrameTransform, firstModel, keptDir, type LabelledImage, predictAll, readFashion, transformFrame } from "@kedge/demo";
import type { LoadedModel, Prediction } from "@kedge/inference";
import { OnnxruntimeNodeRuntime } from "@kedge/inference/adapters";
import { readIdxFile } from "@kedge/sensor/adapters";

/** A frame as the agent takes it in, with the model's answer and whether that was right. */
export interface Seen {
  readonly prediction: Prediction;
  readonly isRight: boolean;
  /** Its true class. */
  readonly label: number;
}

/** The images that the model has never learned from, as cameras see them in any state. */
export class Scenes {
  readonly #model: LoadedModel;
  readonly #images: readonly LabelledImage[];
  readonly #seen = new Map<string, Promise<readonly Seen[]>>();

  constructor(model: LoadedModel, images: readonly LabelledImage[]) {
    this.#model = model;
    this.#images = images;
  }

  get images(): number {
    return this.#images.length;
  }

  /** All images through `transform`, in their order. */
  through(transform: FrameTransform): Promise<readonly Seen[]> {
    const key = JSON.stringify(transform);
    const known = this.#seen.get(key);
    if (known !== undefined) return known;
    const found = this.#look(transform);
    this.#seen.set(key, found);
    return found;
  }

  async #look(transform: FrameTransform): Promise<readonly Seen[]> {
    const shown = this.#images.map((image) => ({ ...image, frame: transformFrame(image.frame, transform) }));
    // How long a prediction took is of this machine, and is not looked at: a constant keeps a seed's result the same.
    const predictions = await predictAll(this.#model, shown, () => 0);
    return predictions.map((prediction, i) => {
      const label = shown[i]?.label ?? -1;
      return { prediction, label, isRight: prediction.outcome.kind === "classification" && prediction.outcome.classIndex === label };
    });
  }

  dispose(): Promise<void> {
    return this.#model.dispose();
  }
}

/** The demo's own images and first model; it is trained (some seconds) where no earlier run left it. */
export async function openScenes(): Promise<Scenes> {
  const sets = await readFashion(dataDir, readIdxFile);
  const { onnx } = await firstModel({
    sets,
    dataDir,
    cacheDir: join(keptDir, "bench"),
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
  const model = await new OnnxruntimeNodeRuntime().load(onnx, fashionSignature);
  return new Scenes(model, [...sets.heldOut, ...sets.stream, ...sets.measure]);
}
