import { z } from "zod";

/**
 * How much raw input may leave a device, and which is preferred. Everything is capped; `samplingOff` lets nothing out.
 * The caps hold over any sliding hour and any sliding day, not only from midnight to midnight.
 */
export interface SamplingPolicy {
  /** Samples in any 60 minutes; 0 switches sampling off. */
  readonly maxPerHour: number;
  /** Samples that may be taken at once after a quiet time; at least 1. */
  readonly burst: number;
  /** Bytes of raw input in any 24 hours. */
  readonly maxBytesPerDay: number;
  /** A larger reading is never sampled. */
  readonly maxBytesPerSample: number;
  /** Predictions whose score (0 to 1) lies below this are preferred. */
  readonly lowConfidenceBelow: number;
  /** The chance of an ordinary prediction as a fraction of the chance of one with low confidence (0 to 1). */
  readonly ordinaryShare: number;
  /** Whether classes become less likely the more they were sampled than the rarest. */
  readonly balanceClasses: boolean;
  /** Names of the reading's inputs that may leave the device, or all of them. */
  readonly inputs: "all" | readonly string[];
}

/** Nothing leaves the device: the default. */
export const samplingOff: SamplingPolicy = {
  maxPerHour: 0,
  burst: 1,
  maxBytesPerDay: 0,
  maxBytesPerSample: 0,
  lowConfidenceBelow: 0,
  ordinaryShare: 1,
  balanceClasses: false,
  inputs: "all",
};

/** The largest values a policy may hold; the wire refuses directives beyond them. */
export const samplingLimits = {
  maxPerHour: 100_000,
  burst: 10_000,
  maxBytesPerDay: 1024 ** 4,
  maxBytesPerSample: 4 * 1024 * 1024,
  inputs: 64,
  inputNameLength: 128,
} as const;

/**
 * The schema of a policy in configuration files and over the API. What is left out takes a modest default (60 samples
 * an hour, 10 at once, 16 MiB a day, 256 KiB a sample); leave the whole policy out to switch sampling off.
 */
export const samplingPolicySchema = z.strictObject({
  maxPerHour: z.int().min(0).max(samplingLimits.maxPerHour).default(60),
  burst: z.int().min(1).max(samplingLimits.burst).default(10),
  maxBytesPerDay: z
    .int()
    .min(0)
    .max(samplingLimits.maxBytesPerDay)
    .default(16 * 1024 * 1024),
  maxBytesPerSample: z
    .int()
    .min(0)
    .max(samplingLimits.maxBytesPerSample)
    .default(256 * 1024),
  lowConfidenceBelow: z.number().min(0).max(1).default(0.6),
  ordinaryShare: z.number().gt(0).max(1).default(0.25),
  balanceClasses: z.boolean().default(true),
  inputs: z.union([z.literal("all"), z.array(z.string().min(1).max(samplingLimits.inputNameLength)).max(samplingLimits.inputs)]).default("all"),
});
