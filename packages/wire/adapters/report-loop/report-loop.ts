import { type DeviceId, type Log, messageOf } from "@kedge/core";
import { compareKeys, decodeAck, type Link, type LinkMessage, type Outbox, type OutboxKey, type OutboxKind, topicFor } from "../../src/index.js";

/** What the loop needs of the program. */
export interface ReportDeps {
  readonly deviceId: DeviceId;
  readonly outbox: Outbox;
  readonly link: Link;
  readonly log: Log;
  /** Told the collector's time. */
  readonly onTime?: (collectorMs: number) => void;
  /** Resolves when what is being put into the outbox is there whole, and nothing of it elsewhere. */
  readonly settled?: () => Promise<void>;
}

const leafOf: Readonly<Record<OutboxKind, "stats" | "sample" | "evt">> = { window: "stats", sample: "sample", event: "evt" };
/** Records sent beyond the last acknowledgement. More would fill a slow link with what may have to be sent again. */
const maxUnacknowledged = 64;
/**
 * Without an acknowledgement for this long, everything unacknowledged is sent again: the broker may have lost it. Twice as long each time
 * that it does not help, since bytes cost money where a collector is away for a day.
 */
const resendAfterMs = 15_000;
const longestResendMs = 3_600_000;

/** profile → wire: sends what is in the outbox, in order, and forgets it only when the collector says that it is committed. */
export class ReportLoop {
  readonly #deps: ReportDeps;
  #sent: OutboxKey | undefined;
  #unacknowledged: OutboxKey[] = [];
  #progressMs = 0;
  #resendAfterMs = resendAfterMs;
  #isRunning = false;
  #isDue = false;
  #timer: NodeJS.Timeout | undefined;
  #onDrained: (() => void)[] = [];
  readonly counters = { sent: 0, resent: 0, acknowledged: 0 };

  constructor(deps: ReportDeps) {
    this.#deps = deps;
  }

  async start(): Promise<void> {
    const { deviceId, link } = this.#deps;
    await link.subscribe(topicFor(deviceId, "ack"), { qos: 0 }, (message) => void this.#acknowledge(message));
    // A new connection knows nothing of what the old one had under way.
    link.onConnect(() => {
      this.#resendAfterMs = resendAfterMs;
      this.#sendAgain();
    });
    this.#timer = setInterval(() => {
      if (this.#unacknowledged.length === 0 || performance.now() - this.#progressMs <= this.#resendAfterMs) return this.wake();
      this.#resendAfterMs = Math.min(longestResendMs, 2 * this.#resendAfterMs);
      this.#sendAgain();
    }, 1_000);
  }

  #sendAgain(): void {
    this.counters.resent += this.#unacknowledged.length;
    this.#sent = undefined;
    this.#unacknowledged = [];
    this.#progressMs = performance.now();
    this.wake();
  }

  /** There may be something to send. */
  wake(): void {
    this.#isDue = true;
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#send().finally(() => {
      this.#isRunning = false;
    });
  }

  async #send(): Promise<void> {
    const { outbox, log, settled } = this.#deps;
    try {
      while (this.#isDue) {
        this.#isDue = false;
        await settled?.();
        const room = maxUnacknowledged - this.#unacknowledged.length;
        if (room <= 0) return;
        const records = await outbox.peek(room, this.#sent);
        for (const record of records) if (!(await this.#sendOne(record))) return;
        if (records.length === room) this.#isDue = true;
        if (records.length === 0 && this.#unacknowledged.length === 0) this.#drained();
      }
    } catch (error) {
      log.error({ error: messageOf(error) }, "reading the outbox failed");
    }
  }

  async #sendOne(record: Awaited<ReturnType<Outbox["peek"]>>[number]): Promise<boolean> {
    const { link, deviceId, log } = this.#deps;
    const { bootEpoch, seq } = record;
    const outcome = await link.publish(topicFor(deviceId, leafOf[record.kind]), record.bytes, { qos: 1 });
    if (outcome.kind === "retryable") return false;
    if (outcome.kind === "failed") log.error({ code: outcome.code, bootEpoch, seq }, outcome.message);
    if (this.#unacknowledged.length === 0) this.#progressMs = performance.now();
    this.#sent = { bootEpoch, seq };
    this.#unacknowledged.push({ bootEpoch, seq });
    this.counters.sent += 1;
    return true;
  }

  async #acknowledge(message: LinkMessage): Promise<void> {
    const { outbox, log, onTime } = this.#deps;
    const ack = decodeAck(message.payload);
    if (ack.kind === "rejected") {
      log.warn({ code: ack.code }, `an acknowledgement was ignored: ${ack.message}`);
      return;
    }
    if (ack.value.collectorMs !== undefined) onTime?.(ack.value.collectorMs);
    const before = this.#unacknowledged.length;
    this.#unacknowledged = this.#unacknowledged.filter((key) => key.bootEpoch !== ack.value.bootEpoch || compareKeys(key, ack.value) > 0);
    const acknowledged = before - this.#unacknowledged.length;
    this.counters.acknowledged += acknowledged;
    // An answer that brings nothing new is no progress: the first of those under way may be what is lost.
    if (acknowledged > 0) {
      this.#progressMs = performance.now();
      this.#resendAfterMs = resendAfterMs;
    }
    try {
      await outbox.ackThrough(ack.value);
    } catch (error) {
      log.error({ error: messageOf(error) }, "noting an acknowledgement failed; it will be sent again");
    }
    this.wake();
  }

  #drained(): void {
    for (const resolve of this.#onDrained.splice(0)) resolve();
  }

  /** Resolves when everything is acknowledged, or after `timeoutMs`; at once when nobody is there who could. */
  async drain(timeoutMs: number): Promise<void> {
    if (this.#deps.link.stats().state !== "connected") return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#onDrained.push(() => {
        clearTimeout(timer);
        resolve();
      });
      this.wake();
    });
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#drained();
  }
}
