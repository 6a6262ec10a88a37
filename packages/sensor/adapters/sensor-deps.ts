import type { Clock, Log } from "@kedge/core";

/** What every sensor source needs of the program. */
export interface SensorDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Bytes of lines for `stdin-lines`; the program's standard input when left out. */
  readonly input?: NodeJS.ReadableStream;
}
