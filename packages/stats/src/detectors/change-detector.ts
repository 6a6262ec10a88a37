/**
 * Watches one stream of numbers for a change. `update` allocates nothing and takes well under a microsecond (KSWIN apart), so a detector
 * may sit on the path of every prediction of a device.
 *
 * Laws: `update` is true exactly at the value that tips the scale; the detector then starts anew with the next value by itself, so that it
 * goes on watching; reading a property changes nothing; `reset` forgets everything; NaN and ±∞ are counted in `ignored` and never stop it.
 */
export interface ChangeDetector {
  readonly kind: string;
  /** Takes one value in; true when the stream has changed. */
  update(value: number): boolean;
  /** Whether the stream looks as if it were about to change; detectors without a warning zone never say so. */
  readonly isWarning: boolean;
  /** Values left out since the beginning, because they were no finite number. */
  readonly ignored: number;
  reset(): void;
}
