import { type ModelSignature, modelSignatureSchema, type Preprocessing, preprocessingSchema } from "@kedge/inference";
import { z } from "zod";

/** How a trainer learns. What a trainer does not know it refuses; nothing is silently left out. */
export interface Hyperparameters {
  readonly epochs: number;
  readonly batchSize: number;
  /** Adam's step at the start; it falls to nothing along a cosine (Loshchilov & Hutter 2017). */
  readonly learningRate: number;
  /** Sizes of the hidden layers. */
  readonly hidden: readonly number[];
}

/** One file of labelled frames, and how much a row of it counts against a row of the others. */
export interface TrainingDataset {
  readonly name: string;
  readonly path: string;
  readonly rows: number;
  readonly weight: number;
}

/**
 * All a trainer is told. It reads the datasets, learns a model with this signature on rows that went through this
 * preprocessing, and writes the model and its metrics. The same job gives the same model on the same machine.
 */
export interface TrainingJob {
  readonly jobId: string;
  readonly seed: number;
  readonly signature: ModelSignature;
  readonly preprocessing: Preprocessing;
  readonly classes: readonly string[];
  readonly datasets: readonly TrainingDataset[];
  readonly hyperparameters: Hyperparameters;
  /** A model file (ONNX) whose weights to start from, when it has the same layers. */
  readonly warmStart?: string;
}

/** Parses {@link Hyperparameters}; the defaults suit small dense nets on thousands of rows. */
export const hyperparametersSchema = z
  .strictObject({
    epochs: z.int().min(1).max(10_000).default(15),
    batchSize: z.int().min(1).max(65_536).default(64),
    learningRate: z.number().positive().max(10).default(0.002),
    hidden: z.array(z.int().min(1).max(65_536)).max(16).readonly().default([64]),
  })
  .readonly();

const dataset = z
  .strictObject({
    name: z.string().min(1).max(256),
    path: z.string().min(1),
    rows: z.int().nonnegative(),
    weight: z.number().positive().max(1e6),
  })
  .readonly();

/** Parses a `job.json`. A job's id names its directory, so it can hold no path. */
export const trainingJobSchema = z
  .strictObject({
    jobId: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, "1 to 64 of A-Z, a-z, 0-9, _ and -"),
    seed: z.int().min(0).max(4294967295),
    signature: modelSignatureSchema,
    preprocessing: preprocessingSchema,
    classes: z.array(z.string().min(1).max(256)).min(2).max(10_000).readonly(),
    datasets: z.array(dataset).min(1).max(64).readonly(),
    hyperparameters: hyperparametersSchema,
    warmStart: z.string().min(1).exactOptional(),
  })
  .readonly();

/** Parses a `metrics.json`: a flat object of numbers. */
export const trainingMetricsSchema = z.record(z.string().min(1).max(64), z.number()).readonly();
