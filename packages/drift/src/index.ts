export { type DeviceMemory, decodeMemory } from "./device-memory.js";
export type { DeviceProfile, LabelledAnswers } from "./device-profile.js";
export { defaultDriftOptions, type DriftOptions, driftOptionsOf, type DriftSetting, driftSetting } from "./drift-options.js";
export { evaluateFleet, type FleetEvaluation, type FleetToEvaluate } from "./evaluate-fleet.js";
export { changeWords, explainCause } from "./explain.js";
export { cellLabel } from "./feature-counts.js";
export { type FleetLook, FleetLooker, lookAtFleet, type WatchedDevice, type WatchedFleet } from "./look-at-fleet.js";
export { distanceOfSeasons, learnSeason, seasonAt, seasonSlots, type SeasonProfiles, slotOf } from "./seasons.js";
export { type Cause, type CauseClass, type Change, type EvidenceSource, type MovedBin, type Scope, scopeKey, scopeName, type Verdict } from "./verdict.js";
