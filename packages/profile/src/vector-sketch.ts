import { seededRandom } from "@kedge/core";
import {
  addToFeatureSum,
  emptyFeatureSum,
  type FeatureSum,
  quantiseFeatureSum,
  type RandomFeatureSpec,
  type RandomFeatures,
  randomFeatures,
} from "@kedge/stats";
import type { EmbeddingFeatureSpec } from "./feature-spec.js";
import { type RowReader, valueStates } from "./feature-values.js";
import type { EmbeddingSummary } from "./profile.js";

/** What a sketch's whole numbers are multiples of: 1/√F, the most that one of φ's numbers can be, in this many steps. */
export const sketchSteps = 32_767;

/** The map of a feature: the same on every machine, since all of it comes from the spec. */
export function mapOf({ seed, dimensions, frequencies, bandwidth }: EmbeddingFeatureSpec): RandomFeatures {
  const spec: RandomFeatureSpec = { seed, dimensions, features: frequencies, bandwidth };
  return randomFeatures(spec, seededRandom);
}

/** Counts one vector feature in memory fixed by its spec: the map, 2F sums and a scratch of 2F numbers. */
export class VectorSketch {
  readonly #map: RandomFeatures;
  readonly #place: number;
  readonly #scratch: Float64Array;
  #sum: FeatureSum;
  #missing = 0;
  #wrongType = 0;

  /** `place` is the feature's in the row; −1 when the recipe does not give it. */
  constructor(spec: EmbeddingFeatureSpec, place: number) {
    this.#map = mapOf(spec);
    this.#place = place;
    this.#scratch = new Float64Array(2 * spec.frequencies);
    this.#sum = emptyFeatureSum(this.#map.spec);
  }

  add({ vectors, states }: RowReader): void {
    const state = this.#place < 0 ? valueStates.missing : states[this.#place];
    const vector = vectors[this.#place];
    if (state === valueStates.missing) this.#missing += 1;
    // A recipe may give vectors of another length than the spec's map takes.
    else if (state === valueStates.wrongType || vector?.length !== this.#map.spec.dimensions) this.#wrongType += 1;
    else addToFeatureSum(this.#sum, this.#map, vector, this.#scratch);
  }

  take(): EmbeddingSummary {
    const { rows, notANumber } = this.#sum;
    // The mean is rounded to what a window carries before it is summed up, so that what is stored is what was sent. Adding 0 makes −0 plain.
    const sums = Array.from(quantiseFeatureSum(this.#sum), (step) => step * rows + 0);
    const summary: EmbeddingSummary = {
      kind: "embedding",
      sums,
      missing: this.#missing,
      notANumber,
      wrongType: this.#wrongType,
      count: rows,
      spread: null,
    };
    this.#sum = emptyFeatureSum(this.#map.spec);
    this.#missing = this.#wrongType = 0;
    return summary;
  }
}
