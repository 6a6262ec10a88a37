/** When a difference counts. The defaults need no tuning; `effectLimit` is the one to set first. */
export interface DriftOptions {
  /** Share of readings that must have moved. 0.1 is a shift of a quarter of a standard deviation; smaller ones seldom matter to a model. */
  readonly effectLimit: number;
  /** The same for missing, not-a-number and wrong-type values and for readings that gave no prediction, which are faults and not weather. */
  readonly missingLimit: number;
  /**
   * Chance of any false alarm in one look, over the whole fleet, all features and nodes together. With a look a minute there are 10,080 a week,
   * so that 1e-5 is at most one false alarm in ten weeks, however looks, features and devices hang together. A cause that only just reaches
   * the limits of effect is found with some 1,000 rows, a plain one (half a standard deviation) with 150.
   */
  readonly alphaPerLook: number;
  /** Of the (device, feature) pairs that their sequences call drifted at any look, the share that may be false, in the mean. */
  readonly falseDiscoveryRate: number;
  /** How far the CDF may lie from the reference's for ever and still count as the same: what no model notices. */
  readonly tolerance: number;
  /** A node with fewer rows is not judged. */
  readonly minRows: number;
  /** Rows of one device that count in attribution. Beyond this, devices' natural differences would pass for causes. */
  readonly rowsCap: number;
}

/** What holds where nothing else is said. */
export const defaultDriftOptions: DriftOptions = {
  effectLimit: 0.1,
  missingLimit: 0.02,
  alphaPerLook: 1e-5,
  falseDiscoveryRate: 0.05,
  tolerance: 0.02,
  minRows: 50,
  rowsCap: 1_000,
};

/** What people may set of {@link DriftOptions}; what they leave out is as by default. */
export type DriftSetting = { readonly [K in "effectLimit" | "missingLimit" | "alphaPerLook" | "falseDiscoveryRate"]?: number | undefined };

/** The options in force under a setting. */
export function driftOptionsOf(setting: DriftSetting): DriftOptions {
  const given = Object.fromEntries(Object.entries(setting).filter(([, value]) => value !== undefined));
  return { ...defaultDriftOptions, ...given };
}
