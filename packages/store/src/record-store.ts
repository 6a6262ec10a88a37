import type { AuditLog } from "./audit.js";
import type { Collection, Documents } from "./documents.js";

/** Records: documents with compare-and-set, and the audit log. */
export interface RecordStore {
  documents<T>(collection: Collection<T>): Documents<T>;
  readonly audit: AuditLog;
}
