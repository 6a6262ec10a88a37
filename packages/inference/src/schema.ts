import { z } from "zod";
import type { ModelSignature } from "./model-signature.js";
import type { Preprocessing } from "./preprocessing.js";

/** Names of tensors and classes as strangers write them: short, so that a list of them is bounded. */
const name = z.string().min(1).max(256);
const tensorType = z.enum(["float32", "uint8", "int32", "int64", "bool", "string"]);
/** -1 is free; a dimension past 2^31 fits no runtime. */
const dims = z.array(z.int().min(-1).max(2147483647)).max(8).readonly();
const spec = z.strictObject({ name, type: tensorType, dims }).readonly();
const classes = z.array(name).min(2).max(10_000).readonly();

const task = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("classification"), classes, scores: name, activation: z.enum(["probabilities", "logits"]) }).readonly(),
  z.strictObject({ kind: z.literal("regression"), output: name }).readonly(),
  z.strictObject({ kind: z.literal("anomaly"), output: name }).readonly(),
  z
    .strictObject({
      kind: z.literal("detection"),
      classes: z.array(name).min(1).max(10_000).readonly(),
      boxes: name,
      scores: name,
      labels: name,
      count: name.nullable(),
      layout: z.enum(["xyxy", "yxyx", "cxcywh", "xywh"]),
      frame: z.strictObject({ width: z.number().positive(), height: z.number().positive() }).readonly().nullable(),
      minScore: z.number().min(0).max(1),
    })
    .readonly(),
]);

/** Parses a {@link ModelSignature} from outside. Its sense is judged by `checkSignature`. */
export const modelSignatureSchema: z.ZodType<ModelSignature> = z
  .strictObject({ inputs: z.array(spec).min(1).max(64).readonly(), outputs: z.array(spec).min(1).max(64).readonly(), task })
  .readonly();

const perColumn = z.array(z.number()).min(1).max(100_000).readonly();
const step = z.discriminatedUnion("op", [
  z.strictObject({ op: z.literal("scale"), by: z.number(), offset: z.number() }).readonly(),
  z.strictObject({ op: z.literal("standardise"), mean: perColumn, sd: perColumn }).readonly(),
  z.strictObject({ op: z.literal("clip"), low: z.number(), high: z.number() }).readonly(),
]);

const rule = z
  .strictObject({
    from: z.union([name, z.array(name).min(1).max(10_000).readonly()]),
    raw: z.strictObject({ type: tensorType, dims }).readonly().nullable(),
    steps: z.array(step).max(16).readonly(),
  })
  .readonly();

/** Parses a {@link Preprocessing} from outside. Its sense is judged by `checkPreprocessing`. */
export const preprocessingSchema: z.ZodType<Preprocessing> = z.strictObject({ inputs: z.record(name, rule).readonly() }).readonly();
