/** The codes of this room's faults; README.md says what each means. */
export const profileCodes = {
  /** A spec asks for more bins of a number than a device counts. */
  tooManyBins: "profile/too-many-bins",
} as const;
