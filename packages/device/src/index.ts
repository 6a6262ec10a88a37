export { type Acceptance, type AcceptOptions, acceptDesired } from "./accept-desired.js";
export {
  activated,
  adopted,
  committed,
  type DeviceRecord,
  emptyRecord,
  isRefusedBundle,
  maxTrialStarts,
  type RefusedBundle,
  readRecord,
  refused,
  reverted,
  settled,
  startedAgain,
  type Trial,
} from "./device-record.js";
export { type DeviceCode, deviceCodes } from "./errors.js";
export { type DeviceFacts, type DeviceStep, nextStep } from "./next-step.js";
export { judgeProbation, type Probation, type ProbationPolicy } from "./probation.js";
