export { decide, type SampleCandidate, type SampleDecision, type SampleReason, type SamplingState, type SkipReason, startSampling } from "./decide.js";
export { bytesPerElement, contentBytes, readInput, type SampleInput, type SampleInputType, sampleBytes, sampleInputs } from "./sample-input.js";
export { samplingLimits, samplingOff, type SamplingPolicy, samplingPolicySchema } from "./sampling-policy.js";
export { addAt, countedAsOf, nothing, type SlidingTotal, type Span, totalAt } from "./sliding-total.js";
