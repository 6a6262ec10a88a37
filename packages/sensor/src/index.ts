export { type SensorCode, sensorCodes } from "./errors.js";
export { type Idx, type IdxRejected, idxItem, parseIdx } from "./idx.js";
export { nextPace, type Pace, startPace } from "./pace.js";
export { type ReadingAccepted, type ReadingLimits, type ReadingRejected, readingLimits, readReading } from "./read-reading.js";
export { elementCount, isTensor, type Reading, type ReadingInput, type Tensor, type TensorType, type TensorValues } from "./reading.js";
export { type Anomaly, type AnomalyRule, anomalyRules, timeField } from "./schema/anomaly.js";
export { type CheckOptions, createSchemaChecker, refusalOf, type SchemaChecker } from "./schema/check-reading.js";
export { compareSchemas, type SchemaChange } from "./schema/compare-schemas.js";
export { type InferOptions, inferSchema, type SchemaInferred } from "./schema/infer-schema.js";
export {
  type AnomalyPolicy,
  type AnyValueField,
  type BooleanField,
  type FieldSchema,
  type InputSchema,
  type NumberField,
  rulesOf,
  type Span,
  type StuckLimit,
  schemaLimits,
  type TensorField,
  type TextField,
  type TimeRule,
} from "./schema/input-schema.js";
export { parseSchema, readSchema, type SchemaRead, type SchemaRefused, schemaText } from "./schema/read-schema.js";
export type { SensorSource, SourceCounts, StopSignal } from "./sensor-source.js";
