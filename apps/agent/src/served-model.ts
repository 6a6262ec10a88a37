import type { ServedModel } from "@kedge/device/adapters";
import type { InferenceRuntime } from "@kedge/inference";
import { ModelSlot } from "./model-slot.js";
import type { SenseLoop } from "./sense-loop.js";

/** What the device loop serves bundles with: each is loaded whole before the one before makes way. */
export function servedBy(sense: SenseLoop, runtime: InferenceRuntime): ServedModel {
  return {
    serve: async (bundle) => sense.serve(bundle === undefined ? undefined : await ModelSlot.load(bundle, runtime)),
    standing() {
      const { windows, predictions, errors, samples } = sense.counters;
      return { running: sense.model?.digest ?? null, counters: { windows, predictions, errors, samples } };
    },
  };
}
