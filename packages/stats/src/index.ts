export type { Counts } from "./counts.js";
export { binIndex, nextBelow, quantileCuts } from "./cut-points.js";
export type { SketchDecoded, SketchRejected } from "./decoded.js";
export { type Adwin, type AdwinOptions, adwin } from "./detectors/adwin.js";
export type { ChangeDetector } from "./detectors/change-detector.js";
export { type CusumOptions, cusum, cusumThreshold } from "./detectors/cusum.js";
export { type DdmOptions, ddm } from "./detectors/ddm.js";
export { type EddmOptions, eddm } from "./detectors/eddm.js";
export { type ErrorCusum, type ErrorCusumOptions, errorCusum } from "./detectors/error-cusum.js";
export { type HddmAOptions, hddmA } from "./detectors/hddm-a.js";
export { type HddmWOptions, hddmW } from "./detectors/hddm-w.js";
export { type KswinOptions, kswin } from "./detectors/kswin.js";
export { levelAndSpread } from "./detectors/level-and-spread.js";
export { type PageHinkleyOptions, pageHinkley } from "./detectors/page-hinkley.js";
export { type RankBaseline, type RankChange, RankCusums, type RankStream, rankCusumThreshold } from "./detectors/rank-cusum.js";
export {
  hellinger,
  jensenShannon,
  jensenShannonCorrected,
  kullbackLeibler,
  largestCdfShift,
  largestShareShift,
  populationStability,
  type Shift,
  wasserstein,
} from "./distances.js";
export { type StatsCode, statsCodes } from "./errors.js";
export {
  addToFrequentItems,
  emptyFrequentItems,
  type FrequentItem,
  type FrequentItems,
  mergeFrequentItems,
  topItems,
  unlisted,
} from "./frequent-items.js";
export { histogramQuantile, type RangedHistogram } from "./histogram-quantile.js";
export { HistogramBank, type HistogramSpec, type HistogramSummary, mergeHistograms, type NumberRow, valueStates } from "./histogram.js";
export { decodeHll, encodeHll, type HllWidth } from "./hll/hll-codec.js";
export { estimateHll, hllStandardError } from "./hll/hll-estimate.js";
export { addToHll, emptyHll, type HllSketch, mergeHll } from "./hll/hll-sketch.js";
export { murmur3 } from "./hll/murmur3.js";
export { chiSquareFit, chiSquareHomogeneity, type HomogeneityOptions, type TestResult } from "./hypothesis/chi-square.js";
export { type CombinedResult, combinedNominalTest, combinedOrderedTest } from "./hypothesis/combined-counts.js";
export { type FeatureReference, featureMeanTest, featureReference, medianDistance } from "./hypothesis/feature-mean-test.js";
export { type FisherResult, fisherExact } from "./hypothesis/fisher-exact.js";
export {
  cdfDistance,
  exactKolmogorovSf,
  type KolmogorovSmirnovResult,
  kolmogorovSmirnov,
  type OrderedSample,
  orderedSample,
  sketchSampleSize,
} from "./hypothesis/kolmogorov-smirnov.js";
export { type LargestCellResult, largestCell } from "./hypothesis/largest-cell.js";
export { neymanSmooth, type SmoothTestResult } from "./hypothesis/neyman-smooth.js";
export { compareProportions, exactInterval, type Interval, type ProportionComparison, wilsonInterval } from "./hypothesis/proportions.js";
export { poissonInterval } from "./hypothesis/rates.js";
export { applyIsotonicMap, fitIsotonicMap, type IsotonicMap, isotonicRegression } from "./isotonic.js";
export { decodeKll, encodeKll, type KllItemType } from "./kll/kll-codec.js";
export { kllQuantile, kllRank, kllRankError, kllSample } from "./kll/kll-queries.js";
export { addToKll, emptyKll, type KllSketch, mergeKll } from "./kll/kll-sketch.js";
export {
  addToMoments,
  emptyMoments,
  largestMagnitude,
  meanOfBoth,
  type Moments,
  mergeMoments,
  squaresBetween,
  standardDeviation,
  variance,
} from "./moments.js";
export { benjaminiHochberg, benjaminiYekutieli, bonferroni, cauchyCombination, eBenjaminiHochberg, type Rejections } from "./multiplicity.js";
export {
  addToFeatureSum,
  emptyFeatureSum,
  type FeatureSum,
  mapInto,
  mergeFeatureSums,
  quantiseFeatureSum,
  type RandomFeatureSpec,
  type RandomFeatures,
  randomFeatures,
  restoreFeatureSum,
} from "./random-features.js";
export { emptyReservoir, mergeReservoirs, offerToReservoir, type Reservoir } from "./reservoir.js";
export { type BettingPlan, type BettingState, bettingEValue, planBets, robertsValue, startBetting, stepBetting } from "./sequential/betting.js";
export { type MeanSequence, meanInterval, shareSequence, startMeanSequence, stepMeanSequence } from "./sequential/confidence-sequence.js";
export {
  startTwoSample,
  stepTwoSample,
  type TwoSampleBlock,
  type TwoSampleSide,
  type TwoSampleState,
  twoSampleEValue,
} from "./sequential/two-sample.js";
export { betaI, betaQuantile, studentSf } from "./special/beta.js";
export { binomialPmf, logChoose } from "./special/binomial.js";
export { chiSquareSf, gammaP, gammaQ, logGamma } from "./special/gamma.js";
export { kolmogorovSf } from "./special/kolmogorov.js";
export { normalCdf, normalQuantile, normalSf } from "./special/normal.js";
