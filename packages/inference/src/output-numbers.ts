import type { Tensor } from "@kedge/sensor";
import { inferenceCodes as codes } from "./errors.js";

/** The model gave what its signature does not allow, such as NaN. */
export interface OutputRejected {
  readonly kind: "rejected";
  readonly code: typeof codes.badOutput;
  readonly message: string;
}

/** A rejection of what a model gave. */
export function rejectOutput(message: string): OutputRejected {
  return { kind: "rejected", code: codes.badOutput, message };
}

/** The finite numbers of one output, in float64. */
export function numbersOf(outputs: Readonly<Record<string, Tensor>>, name: string): Float64Array | OutputRejected {
  const tensor = Object.hasOwn(outputs, name) ? outputs[name] : undefined;
  if (tensor === undefined) return rejectOutput(`output "${name}": expected a tensor, found nothing`);
  if (tensor.type === "string") return rejectOutput(`output "${name}": expected numbers, found strings`);
  const out = new Float64Array(tensor.values.length);
  for (let i = 0; i < out.length; i += 1) {
    const v = Number(tensor.values[i]);
    if (!Number.isFinite(v)) return rejectOutput(`output "${name}": expected finite numbers, found ${v} at element ${i}`);
    out[i] = v;
  }
  return out;
}
