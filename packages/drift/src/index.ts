export { evaluateAnomaliesFirst, type SchemedFleet } from "./anomalies-first.js";
export type { DeviceProfile, LabelledAnswers } from "./device-profile.js";
export { defaultDriftOptions, type DriftOptions } from "./drift-options.js";
export { evaluateFleet, type FleetEvaluation, type FleetToEvaluate } from "./evaluate-fleet.js";
export { explainCause } from "./explain.js";
export { cellLabel } from "./feature-counts.js";
export { judgedWindows, type LookBack } from "./judged-windows.js";
export { type Cause, type CauseClass, type MovedBin, type Scope, scopeKey, scopeName, type Verdict } from "./verdict.js";
