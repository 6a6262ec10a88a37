export { type SensorCode, sensorCodes } from "./errors.js";
export { type Idx, type IdxRejected, idxItem, parseIdx } from "./idx.js";
export { nextPace, type Pace, startPace } from "./pace.js";
export { type ReadingAccepted, type ReadingLimits, type ReadingRejected, readingLimits, readReading } from "./read-reading.js";
export { elementCount, isTensor, type Reading, type ReadingInput, type Tensor, type TensorType, type TensorValues } from "./reading.js";
export type { SensorSource, SourceCounts, StopSignal } from "./sensor-source.js";
