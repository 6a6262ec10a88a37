/** Codes that a device gives as reasons, `code: words`. */
export const deviceCodes = {
  /** The desired state is not signed by a director key that this device trusts. */
  untrustedDesired: "device/untrusted-desired",
  /** It is older than one accepted before: a replay. */
  staleDesired: "device/stale-desired",
  /** It is for another device. */
  otherDevice: "device/other-device",
  /** It was to be begun before a time that has passed. */
  pastDeadline: "device/past-deadline",
  /** The bytes that came are not what was signed. */
  digestMismatch: "device/digest-mismatch",
  /** More bytes came than were signed for. */
  tooManyBytes: "device/too-many-bytes",
  /** The collector did not send what was asked for. */
  downloadStalled: "device/download-stalled",
  /** Not room enough for the bundle. */
  noSpace: "device/no-space",
  /** The model does not load, or answers its golden inputs otherwise than signed. */
  selfTestFailed: "device/self-test-failed",
  /** The new model failed its first predictions. */
  probationFailed: "device/probation-failed",
  /** The agent ended twice while the new model was on trial. */
  crashLoop: "device/crash-loop",
  /** Another bundle was wanted before this one was committed. */
  superseded: "device/superseded",
  /** A step failed on the disk; it is tried again. */
  stepFailed: "device/step-failed",
  /** The state directory cannot be read or written. */
  stateUnusable: "device/state-unusable",
} as const;

/** One of {@link deviceCodes}. */
export type DeviceCode = (typeof deviceCodes)[keyof typeof deviceCodes];
