import type { KedgeClient } from "@kedge/api";
import { type FrameTransform, transformFrame } from "./frame-transform.js";
import { fashionClasses, type LabelledImage } from "./first-model.js";

const pollMs = 500;

/** Plays the person who labels: knows every frame that the cameras can show, clean or disturbed, and says what it truly is. */
export class Labeller {
  readonly #labels = new Map<string, string>();
  readonly #client: KedgeClient;
  #isStopped = false;
  #work: Promise<void> = Promise.resolve();
  labelled = 0;

  constructor(client: KedgeClient, images: readonly LabelledImage[], transforms: readonly FrameTransform[]) {
    this.#client = client;
    for (const { frame, label } of images) {
      for (const transform of transforms)
        this.#labels.set(Buffer.from(transformFrame(frame, transform).pixels).toString("base64"), fashionClasses[label] ?? "");
    }
  }

  start(): void {
    this.#work = this.#run();
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      const found = await this.#labelOnce().catch(() => 0);
      if (found < 100) await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }

  async #labelOnce(): Promise<number> {
    const { items } = await this.#client.samples.list({ state: "unlabelled", limit: 300 });
    const labels = items.flatMap((sample) => {
      const label = this.#labels.get(sample.inputs?.[0]?.base64 ?? "");
      return label === undefined ? [] : [{ sampleId: sample.sampleId, label }];
    });
    if (labels.length === 0) return 0;
    const { stored } = await this.#client.samples.label({ labels });
    this.labelled += stored;
    return stored;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#work;
  }
}
