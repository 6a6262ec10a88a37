import type { Reading } from "./reading.js";

/** Says that somebody no longer wants what was asked for; an `AbortSignal` fits. */
export interface StopSignal {
  readonly aborted: boolean;
}

/** What a source has done since it was made. */
export interface SourceCounts {
  readonly read: number;
  /** What came in and was no reading. */
  readonly skipped: number;
  /** Why the last one was skipped: code and message. */
  readonly lastSkip: string | null;
}

/**
 * Where readings come from. Laws: readings come in the order they were taken, each once; after `signal.aborted` is
 * true at most one more comes; a reading that cannot be read is skipped and counted, never thrown; the iteration ends
 * when the source does; `close` may be called at any time and more than once, and ends a running iteration.
 */
export interface SensorSource {
  readings(signal: StopSignal): AsyncIterable<Reading>;
  counts(): SourceCounts;
  close(): Promise<void>;
}
