import { KedgeError } from "@kedge/core";
import { retrainCodes as codes } from "../../src/index.js";
import type { NetLayer } from "./net.js";

/** The refusal of a layer or of one of its options, by name. */
export function unsupported(layer: NetLayer, what?: string): KedgeError {
  const subject = `layer "${layer.name}" (${layer.className})`;
  return new KedgeError(
    codes.unsupportedLayer,
    `exporting the model to ONNX failed: ${subject} ${what === undefined ? "has no ONNX form here" : `has ${what}`}`,
    {
      hint: "use layers that can be exported (see the room's README), or another trainer",
      context: { layer: layer.name, className: layer.className },
    },
  );
}

/** A whole-number pair such as strides or a pool size. */
export function pair(layer: NetLayer, key: string, fallback: readonly [number, number]): readonly [number, number] {
  const value = layer.config[key] ?? fallback;
  const [a, b] = Array.isArray(value) ? (value.length === 1 ? [value[0], value[0]] : value) : [value, value];
  if (!Number.isInteger(a) || !Number.isInteger(b)) throw unsupported(layer, `${key} ${JSON.stringify(value)}`);
  return [a, b];
}

/** A number, or the fallback when the option is absent. */
export function numberOption(layer: NetLayer, key: string, fallback: number): number {
  const value = layer.config[key] ?? fallback;
  if (typeof value !== "number") throw unsupported(layer, `${key} ${JSON.stringify(value)}`);
  return value;
}

/** Refuses a layer whose option has another value than the ones given; an absent option is its default. */
export function allowOnly(layer: NetLayer, key: string, allowed: readonly unknown[]): void {
  const value = layer.config[key];
  if (value !== undefined && value !== null && !allowed.includes(value)) throw unsupported(layer, `${key} ${JSON.stringify(value)}`);
}

/** Weight `i` of a layer. */
export function weight(layer: NetLayer, i: number): NetLayer["weights"][number] {
  const found = layer.weights[i];
  if (found === undefined) throw unsupported(layer, `${layer.weights.length} weights`);
  return found;
}

/** Size along one axis of an image, `null` when it is free. */
export interface Window {
  readonly size: number | null;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
}

/**
 * Rows of zeros before and after for TensorFlow's `same`: as many as make ⌈size / stride⌉ outputs, the odd one after.
 * Written out because the ONNX Runtime's own SAME_UPPER knows no dilation and fails when the stride exceeds the kernel.
 */
function samePads(layer: NetLayer, { size, kernel, stride, dilation }: Window): readonly [number, number] {
  const reach = (kernel - 1) * dilation + 1;
  if (size === null && stride > 1) throw unsupported(layer, "same padding with strides on an image of free size");
  const total = size === null ? reach - 1 : Math.max(0, (Math.ceil(size / stride) - 1) * stride + reach - size);
  return [Math.floor(total / 2), total - Math.floor(total / 2)];
}

/** ONNX's `pads` (top, left, bottom, right) for the layer's `padding`. */
export function pads(layer: NetLayer, rows: Window, columns: Window): readonly number[] {
  allowOnly(layer, "padding", ["same", "valid"]);
  if (layer.config["padding"] !== "same") return [0, 0, 0, 0];
  const [[top, bottom], [left, right]] = [samePads(layer, rows), samePads(layer, columns)];
  return [top, left, bottom, right];
}
