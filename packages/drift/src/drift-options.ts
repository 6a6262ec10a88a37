/** When a difference counts. The defaults need no tuning; `effectLimit` is the one to set first. */
export interface DriftOptions {
  /** Share of readings that must have moved. 0.1 is a shift of a quarter of a standard deviation; smaller ones seldom matter to a model. */
  readonly effectLimit: number;
  /** The same for missing, not-a-number and wrong-type values, which are faults and not weather. */
  readonly missingLimit: number;
  /** False alarms allowed per look over the whole fleet, all features and nodes together. */
  readonly alphaPerLook: number;
  /** A node with fewer rows is not judged. */
  readonly minRows: number;
  /** Rows of one device that count in attribution. Beyond this, devices' natural differences would pass for causes. */
  readonly rowsCap: number;
}

export const defaultDriftOptions: DriftOptions = { effectLimit: 0.1, missingLimit: 0.02, alphaPerLook: 0.001, minRows: 50, rowsCap: 1_000 };
