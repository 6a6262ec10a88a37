import type { Prediction } from "@kedge/inference";
import { createProfiler, createRowReader, type ProfileSpec } from "@kedge/profile";
import { HistogramBank, type NumberRow } from "@kedge/stats";
import { type Timing, timed } from "../support/timing.js";

/** Histograms alone: each row is copied into the reader's array and counted in all features, as the profiler does. Nanoseconds a value. */
export function timeHistograms(spec: ProfileSpec, predictions: readonly Prediction[], repeats: number): Timing {
  const reader = createRowReader(spec.recipe);
  const width = reader.features.length;
  const numbers = new Float64Array(width * predictions.length);
  const states = new Uint8Array(width * predictions.length);
  predictions.forEach((prediction, row) => {
    reader.read(prediction);
    numbers.set(reader.numbers, row * width);
    states.set(reader.states, row * width);
  });
  const numeric = spec.features.filter((f) => f.kind === "numeric");
  const bank = new HistogramBank(numeric);
  const places = Int32Array.from(numeric, (f) => reader.features.findIndex((g) => g.name === f.name));
  const row: NumberRow = { numbers: new Float64Array(width), states: new Uint8Array(width) };
  const run = (): void => {
    for (let from = 0; from < numbers.length; from += width) {
      for (let i = 0; i < width; i += 1) {
        row.numbers[i] = numbers[from + i] as number;
        row.states[i] = states[from + i] as number;
      }
      bank.addRow(row, places);
    }
  };
  return timed(run, numeric.length * predictions.length, repeats);
}

/** The whole path of a device: predictions with their tabular readings into a profiler. Nanoseconds a value. */
export function timeProfiler(spec: ProfileSpec, predictions: readonly Prediction[], repeats: number): Timing {
  const profiler = createProfiler(spec, "");
  const run = (): void => {
    for (let i = 0; i < predictions.length; i += 1) profiler.add(predictions[i] as Prediction);
  };
  return timed(run, spec.features.length * predictions.length, repeats);
}
