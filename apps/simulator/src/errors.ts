/** Codes of this program's faults. */
export const simulatorCodes = {
  /** The scenario, from its file or the flags, was refused. */
  scenario: "simulator/scenario",
  /** Nobody said where the collector is, or how its API lets us in. */
  noCollector: "simulator/no-collector",
  /** A device was not let in. */
  notEnrolled: "simulator/not-enrolled",
  /** The state directory cannot be used, or is of another collector. */
  state: "simulator/state-unusable",
  /** No bundle to simulate, and no way to get one. */
  noModel: "simulator/no-model",
  /** A process of the fleet ended by itself. */
  partEnded: "simulator/part-ended",
} as const;
