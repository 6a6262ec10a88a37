import type { Prediction } from "@kedge/inference";
import { createProfiler, createRowReader, type ProfileSpec } from "@kedge/profile";
import { HistogramBank, type NumberRow } from "@kedge/stats";
import { type Timing, timed } from "../support/timing.js";

/** Histograms alone, fed row by row with the arrays that a reader makes of each prediction. Nanoseconds a value. */
export function timeHistograms(spec: ProfileSpec, predictions: readonly Prediction[], repeats: number): Timing {
  const reader = createRowReader(spec.recipe);
  const numeric = spec.features.filter((f) => f.kind === "numeric");
  const places = Int32Array.from(numeric, (f) => reader.features.findIndex((g) => g.name === f.name));
  const width = reader.features.length;
  const numbers = new Float64Array(width * predictions.length);
  const states = new Uint8Array(width * predictions.length);
  const rows = predictions.map((prediction, i): NumberRow => {
    const [from, to] = [i * width, (i + 1) * width];
    reader.read(prediction);
    numbers.set(reader.numbers, from);
    states.set(reader.states, from);
    return { numbers: numbers.subarray(from, to), states: states.subarray(from, to) };
  });
  const bank = new HistogramBank(numeric);
  const run = (): void => {
    for (let i = 0; i < rows.length; i += 1) bank.addRow(rows[i] as NumberRow, places);
  };
  return timed(run, numeric.length * rows.length, repeats);
}

/** The whole path of a device: predictions with their tabular readings into a profiler. Nanoseconds a value. */
export function timeProfiler(spec: ProfileSpec, predictions: readonly Prediction[], repeats: number): Timing {
  const profiler = createProfiler(spec, "");
  const run = (): void => {
    for (let i = 0; i < predictions.length; i += 1) profiler.add(predictions[i] as Prediction);
  };
  return timed(run, spec.features.length * predictions.length, repeats);
}
