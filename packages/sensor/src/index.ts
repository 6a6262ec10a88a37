export { elementCount, isTensor, type Reading, type ReadingInput, type Tensor, type TensorType, type TensorValues } from "./reading.js";
export type { SensorSource, StopSignal } from "./sensor-source.js";
