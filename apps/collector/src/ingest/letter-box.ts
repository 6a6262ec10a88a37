import { type Clock, type DeviceId, type Log, messageOf } from "@kedge/core";
import { countRefusal, noRefusals, type RefusalCode } from "@kedge/ingest";
import { storeLimits, type TimeSeriesStore } from "@kedge/store";
import type { Arrival } from "./commit-queue.js";

/** A message that is not taken, and why. */
export interface Letter {
  readonly deviceId: DeviceId;
  /** Of its topic; `-` where it is none of a device's. */
  readonly leaf: string;
  readonly payload: Uint8Array;
  /** Where `payload` is only the beginning of it. */
  readonly size?: number;
  readonly code: RefusalCode;
  readonly message: string;
}

/** Counts the messages that are not taken, and keeps them for people to look at. */
export class LetterBox {
  readonly #deps: { readonly series: TimeSeriesStore; readonly clock: Clock; readonly log: Log };
  refused = noRefusals;

  constructor(deps: { readonly series: TimeSeriesStore; readonly clock: Clock; readonly log: Log }) {
    this.#deps = deps;
  }

  /** Says that a message is not taken, and keeps it. Whether it is kept: of one that is not, nothing must be acknowledged. */
  async take(letter: Letter): Promise<boolean> {
    const { deviceId, leaf, code, message } = letter;
    const { log } = this.#deps;
    log.warn({ deviceId, leaf, code }, message);
    try {
      await this.keep(letter);
      return true;
    } catch (error) {
      log.error({ deviceId, leaf, error: messageOf(error) }, "a dead letter could not be kept; the message will come again");
      return false;
    }
  }

  /** Settles when the letter is kept; rejects when it cannot be. */
  async keep({ deviceId, leaf, payload, size = payload.length, code, message }: Letter): Promise<void> {
    const { series, clock } = this.#deps;
    this.refused = countRefusal(this.refused, code);
    // A copy: the payload may be a view of a buffer that is used again.
    const bytes = new Uint8Array(payload.subarray(0, storeLimits.deadLetterBytes));
    await series.addDeadLetter({ atMs: clock.nowMs(), deviceId, leaf, reason: code, message, bytes, size });
  }

  /** Of a message that was admitted and that no store takes. Rejects when it cannot be kept: then the message must come again. */
  async keepUnstorable({ deviceId, window, sample }: Arrival, message: string): Promise<void> {
    const leaf = window !== undefined ? "stats" : sample !== undefined ? "sample" : "evt";
    this.#deps.log.error({ deviceId, leaf }, `a message cannot be stored: ${message}`);
    // Encoding it anew may be the very thing that fails.
    const payload = window !== undefined && "encoded" in window ? window.encoded : new Uint8Array(0);
    await this.keep({ deviceId, leaf, payload, code: "ingest/unstorable", message });
  }
}
