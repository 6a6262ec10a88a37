export type { AuditEntry, AuditFact, AuditLog } from "./audit.js";
export { type Collection, change, type Documents, type ListQuery, put, type SaveOutcome, type Stored } from "./documents.js";
export { type StoreCode, storeCodes } from "./errors.js";
export { jsonText } from "./json-text.js";
export { type DeviceWindows, type MergedWindows, WindowMerger } from "./merge-windows.js";
export type { RecordStore } from "./record-store.js";
export { type SeriesPoint, type SeriesQuestion, type SeriesStatistic, SeriesSums, seriesOf } from "./series.js";
export { storeLimits } from "./store-limits.js";
export {
  type Batch,
  type Committed,
  type DeadLetter,
  type DeviceProfiles,
  type FleetProfile,
  type IngestMark,
  type ReceivedWindow,
  type SampleQuery,
  type StoreCounts,
  type StoredSample,
  sampleId,
  type TimeSeriesStore,
  type WindowQuery,
} from "./time-series-store.js";
