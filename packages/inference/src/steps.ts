import type { PreprocessStep } from "./preprocessing.js";

/** Reads element `i` of some raw values as a number. */
export type NumberAt = (i: number) => number;

function applyStep(step: PreprocessStep, v: number, column: number): number {
  switch (step.op) {
    case "scale":
      return v * step.by + step.offset;
    case "standardise": {
      const k = step.mean.length === 1 ? 0 : column;
      return (v - (step.mean[k] ?? 0)) / (step.sd[k] ?? 1);
    }
    case "clip":
      return v < step.low ? step.low : v > step.high ? step.high : v;
  }
}

/**
 * Runs the steps over `count` raw elements into `out` from `offset` on. Arithmetic is in float64; the one rounding to
 * float32 is the write. `columns` is the length of the last dimension, for steps with a value per column.
 * Trainers call it on stored rows, so that a model learns from exactly what it will be given on a device.
 */
export function applySteps(steps: readonly PreprocessStep[], at: NumberAt, count: number, columns: number, out: Float32Array, offset = 0): void {
  for (let i = 0; i < count; i += 1) {
    let v = at(i);
    for (const step of steps) v = applyStep(step, v, i % columns);
    out[offset + i] = v;
  }
}
