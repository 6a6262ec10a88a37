export {
  type AnomalyCount,
  type AnomalyCounts,
  type AnomalyTally,
  compareAnomalies,
  countAnomalies,
  createAnomalyTally,
  maxAnomalyPairs,
  mergeAnomalies,
  withAnomalies,
} from "./anomaly-counts.js";
export { buildSpec, maxCategories, maxMapNumbers, profileOf, referenceBins, referenceFor, referenceFrequencies } from "./build-reference.js";
export { profileCodes } from "./errors.js";
export type { CategoricalFeatureSpec, EmbeddingFeatureSpec, FeatureRole, FeatureSpec, NumericFeatureSpec } from "./feature-spec.js";
export { createRowReader, type RowReader } from "./feature-values.js";
export { isoMs } from "./iso-time.js";
export { type ImageShape, imageFeatures, imageStatistics, type Pixels } from "./image-statistics.js";
export { emptyProfile, isIncompatible, mergeProfiles, specHash, sumOfProfiles } from "./merge-profiles.js";
export {
  type CategoricalSummary,
  type EmbeddingSummary,
  type FeatureSummary,
  invalidIn,
  type NumericSummary,
  type Profile,
  type ProfileSpec,
} from "./profile.js";
export { layoutKinds, ProfileLayout } from "./profile-layout.js";
export { type Incompatible, ProfileSum } from "./profile-sum.js";
export { createProfiler, maxBins, type Profiler, type ProfilerOptions } from "./profiler.js";
export type { Column, ImageInput, InputRecipe, Recipe } from "./recipe.js";
export type { ReferenceCohort, ReferenceProfile } from "./reference-profile.js";
export { maxValuesPerRow, type RecipeFeature, type ValueList } from "./row-part.js";
export { sketchSteps } from "./vector-sketch.js";
export { Watch, type WatchOptions } from "./watch.js";
export { type AlarmBudget, defaultAlarmBudget, errorStream, planWatch, type WatchedStream, type WatchPlan } from "./watch-plan.js";
export type { FeatureSketch, StreamAlarm, Window, WindowDetail, WindowKey } from "./window.js";
export {
  type ClosedWindow,
  fineFrom,
  flushHold,
  type HoldQuestion,
  mayEndEarly,
  mergeClosed,
  type ReportingPolicy,
  startHold,
  type Taken,
  takeWindow,
  waitingIn,
  type WindowHold,
} from "./window-hold.js";
