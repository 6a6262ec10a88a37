import type { TensorType } from "../reading.js";
import type { AnomalyRule } from "./anomaly.js";

/** Both ends belong to it. */
export interface Span {
  readonly min: number;
  readonly max: number;
}

/** The same value so often in a row, and (when it says so) for so long, is abnormal. */
export interface StuckLimit {
  readonly values: number;
  readonly seconds: number | null;
}

/** What every field says. */
interface AnyField {
  /** The share of readings in which it may be absent or null; 0: it is required. */
  readonly maxMissingShare: number;
}

/** A number of a table. */
export interface NumberField extends AnyField {
  readonly type: "number";
  /** What the readings that it was inferred from held, for whoever reviews it; nothing is checked by it. */
  readonly seen: Span | null;
  /** What is allowed. */
  readonly range: Span | null;
  readonly isWhole: boolean;
  /** In words, such as "celsius". */
  readonly unit: string | null;
  /** What a value in this unit can be at all; beyond it, the unit is another. */
  readonly plausible: Span | null;
  readonly stuck: StuckLimit | null;
}

/** A word or a text. */
export interface TextField extends AnyField {
  readonly type: "text";
  /** The words that may come, ascending; null: any. */
  readonly domain: readonly string[] | null;
  /** Characters (UTF-16 units). */
  readonly maxLength: number;
}

/** True or false. */
export interface BooleanField extends AnyField {
  readonly type: "boolean";
}

/** Anything: of this field only its presence is watched. */
export interface AnyValueField extends AnyField {
  readonly type: "any";
}

/** A tensor: an image, a stretch of sound. */
export interface TensorField extends AnyField {
  readonly type: "tensor";
  readonly element: TensorType;
  /** -1: any size; null: any shape. */
  readonly dims: readonly number[] | null;
  /** Of its elements; null: whatever the element type holds. */
  readonly range: Span | null;
  readonly stuck: StuckLimit | null;
}

export type FieldSchema = NumberField | TextField | BooleanField | AnyValueField | TensorField;

/** What becomes of a reading that breaks a rule: it is predicted and counted, or only counted. */
export type AnomalyPolicy = "count" | "refuse";

/** When a reading's own time is in order. */
export interface TimeRule {
  /** So much earlier than the reading before it may a reading be. */
  readonly maxStepBackMs: number;
  /** So much later than the device's clock. */
  readonly maxAheadMs: number;
}

/** What readings must be, inferred from a training set and reviewed as a file. */
export interface InputSchema {
  readonly formatVersion: 1;
  /** What it was inferred from; `isStream`: readings in the order they were taken, so that runs of equal values mean something. */
  readonly inferredFrom: { readonly readings: number; readonly isStream: boolean } | null;
  readonly policy: Readonly<Record<AnomalyRule, AnomalyPolicy>>;
  readonly time: TimeRule | null;
  readonly fields: Readonly<Record<string, FieldSchema>>;
}

/** The largest that each thing in a schema may be, checked before anything is made of it. */
export const schemaLimits = {
  bytes: 1_048_576,
  fields: 256,
  /** Characters of a field's name: as many as a window's. */
  name: 128,
  words: 1_024,
  word: 256,
} as const;

/** The rules that a field can break. */
export function rulesOf(field: FieldSchema): readonly AnomalyRule[] {
  switch (field.type) {
    case "any":
      return ["missing"];
    case "boolean":
      return ["missing", "type"];
    case "text":
      return ["missing", "type", "length", ...(field.domain === null ? [] : (["domain"] as const))];
    case "number":
      return [
        "missing",
        "type",
        "not_a_number",
        ...(field.plausible === null ? [] : (["unit"] as const)),
        ...(field.range === null ? [] : (["below", "above"] as const)),
        ...(field.isWhole ? (["fraction"] as const) : []),
        ...(field.stuck === null ? [] : (["stuck"] as const)),
      ];
    case "tensor":
      return [
        "missing",
        "type",
        "shape",
        "not_a_number",
        ...(field.range === null ? [] : (["below", "above"] as const)),
        ...(field.stuck === null ? [] : (["stuck"] as const)),
      ];
  }
}
