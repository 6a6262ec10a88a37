export { type Acceptance, type AcceptOptions, acceptDesired } from "./accept-desired.js";
export { activated, committed, type DeviceRecord, emptyRecord, maxTrialStarts, type RefusedBundle, readRecord, refused, reverted, startedAgain, type Trial } from "./device-record.js";
export { type DeviceCode, deviceCodes } from "./errors.js";
export { type DeviceFacts, type DeviceStep, nextStep } from "./next-step.js";
export { judgeProbation, type Probation, type ProbationPolicy } from "./probation.js";
