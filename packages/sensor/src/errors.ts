/** Codes of this room. The first group are expected outcomes (values), the second are faults (KedgeError). */
export const sensorCodes = {
  /** A line is longer than the configured bound. */
  lineTooLong: "sensor/line-too-long",
  /** A line is no JSON, or no UTF-8. */
  notJson: "sensor/not-json",
  /** A reading's JSON is not what a reading is: the message names the path, what was expected and what was found. */
  badReading: "sensor/bad-reading",
  /** A file is no IDX file, or one cut short. */
  badIdx: "sensor/bad-idx",

  /** A file of readings cannot be opened or read. */
  fileUnreadable: "sensor/file-unreadable",
} as const;

/** One of {@link sensorCodes}. */
export type SensorCode = (typeof sensorCodes)[keyof typeof sensorCodes];
