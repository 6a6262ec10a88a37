import type { Clock, DeviceId, Log } from "@kedge/core";
import { countRefusal, noRefusals, type Refusal } from "@kedge/ingest";
import type { TimeSeriesStore } from "@kedge/store";
import type { DeviceLeaf } from "@kedge/wire";
import type { Arrival } from "./commit-queue.js";

const letterBytes = 65_536;

/** Counts the messages that are not taken, and keeps them for people to look at. */
export class LetterBox {
  readonly #deps: { readonly series: TimeSeriesStore; readonly clock: Clock; readonly log: Log };
  refused = noRefusals;

  constructor(deps: { readonly series: TimeSeriesStore; readonly clock: Clock; readonly log: Log }) {
    this.#deps = deps;
  }

  /** Counts what is not worth a letter: it says nothing that the next of its kind does not. */
  count(code: Refusal["code"]): void {
    this.refused = countRefusal(this.refused, code);
  }

  /** Settles when the letter is kept; rejects when it cannot be. */
  async keep(deviceId: DeviceId, leaf: DeviceLeaf, payload: Uint8Array, { code, message }: Pick<Refusal, "code" | "message">): Promise<void> {
    const { series, clock } = this.#deps;
    this.count(code);
    await series.addDeadLetter({ atMs: clock.nowMs(), deviceId, leaf, reason: code, message, bytes: new Uint8Array(payload.subarray(0, letterBytes)) });
  }

  /** Of a message that was admitted and that no store takes. Rejects when it cannot be kept: then the message must come again. */
  async keepUnstorable({ deviceId, window, sample }: Arrival, message: string): Promise<void> {
    const leaf = window !== undefined ? "stats" : sample !== undefined ? "sample" : "evt";
    this.#deps.log.error({ deviceId, leaf }, `a message cannot be stored: ${message}`);
    // Encoding it anew may be the very thing that fails.
    await this.keep(deviceId, leaf, window?.encoded ?? new Uint8Array(0), { code: "ingest/unstorable", message });
  }
}
