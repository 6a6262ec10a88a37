export type { AuditEntry, AuditFact, AuditLog } from "./audit.js";
export type { DeadLetter, DeadLetterQuery, DeadLetterTotal, StoredDeadLetter } from "./dead-letter.js";
export { type Collection, change, type Documents, type ListQuery, put, type SaveOutcome, type Stored } from "./documents.js";
export { type StoreCode, storeCodes } from "./errors.js";
export type { Beat, Fence, HeldLease, Leases, LeaseStanding } from "./leases.js";
export { jsonText } from "./json-text.js";
export { type DeviceWindows, type MergedWindows, type SummedWindows, WindowMerger } from "./merge-windows.js";
export { FleetFold, type PiecePages, profilesOf } from "./merged-answers.js";
export {
  checkQuestion,
  finiteValues,
  inOrder,
  type MetricAggregate,
  type MetricLine,
  type MetricPoint,
  type MetricQuestion,
  type MetricStore,
  metricLabels,
} from "./metric-store.js";
export type { RecordStore } from "./record-store.js";
export {
  byText,
  DeviceFold,
  dayMs,
  hourMs,
  isWhole,
  type Level,
  type Piece,
  pieceOf,
  quarterMs,
  rolledUp,
  startOf,
  type TimeRange,
  type Unit,
} from "./roll-up.js";
export { type SeriesPoint, type SeriesQuestion, type SeriesStatistic, SeriesSums, seriesOf } from "./series.js";
export { outside, uncovered } from "./stretches.js";
export { shareOut } from "./share-out.js";
export { storeLimits } from "./store-limits.js";
export { tooManySamples, tooManyWindows } from "./too-large.js";
export {
  type Batch,
  type Committed,
  type DeviceProfiles,
  type EncodedWindow,
  type FleetProfile,
  type IngestLedger,
  type IngestMark,
  messageOfWindow,
  type ReceivedWindow,
  type Retention,
  type SampleQuery,
  type StoreCounts,
  type StoredSample,
  sampleId,
  type TimeSeriesStore,
  totalsOf,
  type WindowQuery,
  windowOf,
} from "./time-series-store.js";
