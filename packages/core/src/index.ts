export { BoundedQueue } from "./bounded-queue.js";
export { canonicalJson, type Json } from "./canonical-json.js";
export type { Clock } from "./clock.js";
export { InvariantError, invariant, KedgeError, type KedgeErrorDetails, messageOf, unreachable } from "./errors.js";
export { type ExitCodeName, exitCodeOf, exitCodes } from "./exit-codes.js";
export { type DeviceId, newId, parseDeviceId, parseSha256, type Sha256, type Sha256Of } from "./ids.js";
export type { Kind } from "./kind.js";
export { fromEnvironment, layered, type SettingsTree, setPath, settingsLimits, settingsTextFault } from "./layers.js";
export { type Log, silentLog } from "./log.js";
export { isRefused, type Refused, type Step, type Transition } from "./machine.js";
export { normal, type Random, randomInt, seededRandom, shuffled } from "./random.js";
export { type RetrySchedule, retryDelayMs } from "./retry-schedule.js";
export {
  formatSelector,
  isLabelKey,
  isLabelValue,
  type Labels,
  matchesSelector,
  parseSelector,
  type Requirement,
  type Selector,
} from "./selector.js";
export { isAtLeast, type Severity, severities } from "./severity.js";
