export type { AuditEntry, AuditFact, AuditLog } from "./audit.js";
export { type Collection, change, type Documents, type ListQuery, put, type SaveOutcome, type Stored } from "./documents.js";
export { storeCodes } from "./errors.js";
export type { RecordStore } from "./record-store.js";
export { type SeriesPoint, type SeriesStatistic, seriesOf } from "./series.js";
export {
  type Batch,
  type Committed,
  type DeadLetter,
  type IngestMark,
  type SampleQuery,
  type StoreCounts,
  type StoredSample,
  sampleId,
  type TimeSeriesStore,
  type WindowQuery,
} from "./time-series-store.js";
