import type { Clock, DeviceId, Log } from "@kedge/core";
import { messageOf } from "@kedge/core";
import {
  type ClosedWindow,
  fineFrom,
  flushHold,
  type HoldQuestion,
  mergeClosed,
  type ReportingPolicy,
  startHold,
  type Taken,
  takeWindow,
  waitingIn,
  type WindowHold,
} from "@kedge/profile";
import { encodeWindow, type Outbox, type SendPriority } from "@kedge/wire";
import type { HeldFile } from "./held-file.js";
import type { OutboxWriter } from "./outbox-writer.js";

/** What the desk needs of the program. */
export interface WindowDeskDeps {
  readonly deviceId: DeviceId;
  readonly policy: ReportingPolicy;
  readonly writer: OutboxWriter;
  readonly outbox: Pick<Outbox, "peek">;
  readonly held: HeldFile;
  /** Whether so many payloads of so many bytes may be promised to the link. */
  readonly affords: (payloadBytes: readonly number[], priority: SendPriority) => boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/** Windows that ended become windows that are sent: at once, or merged into coarser ones, as the device's reporting and its bytes allow. */
export class WindowDesk {
  readonly #deps: WindowDeskDeps;
  #hold: WindowHold;
  /** Windows put into the outbox; merged and stripped of their detail for want of bytes. */
  readonly counters = { windows: 0, mergedWindows: 0, droppedDetails: 0 };

  constructor(deps: WindowDeskDeps) {
    this.#deps = deps;
    this.#hold = startHold(deps.policy, deps.clock.nowMs());
  }

  get policy(): ReportingPolicy {
    return this.#deps.policy;
  }

  /** Rows that wait to be sent with later ones. */
  get heldRows(): number {
    return waitingIn(this.#hold)?.profile.rows ?? 0;
  }

  /** Takes up what waited when the agent ended. */
  async open(): Promise<void> {
    const { held, outbox, log } = this.#deps;
    const found = held.read();
    if (found === undefined) return;
    if (typeof found === "string") {
      log.error({ reason: found }, "the window that waited to be sent cannot be read and is given up");
      return held.remove();
    }
    const { window, releasedAs } = found;
    if (releasedAs !== undefined) {
      const [record] = await outbox.peek(1, { bootEpoch: releasedAs.bootEpoch, seq: releasedAs.seq - 1 });
      // The number alone proves nothing: another record may have taken it after a disk that was full.
      if (record !== undefined && Buffer.compare(record.bytes, releasedAs.bytes) === 0) return held.remove();
    }
    this.#hold = { ...this.#hold, held: window };
  }

  /** A window ended. */
  take(window: ClosedWindow): void {
    void this.#deps.writer.inTurn(async () => {
      const taken = takeWindow(this.#hold, window, this.#question());
      if (taken.isMergedForBytes) this.counters.mergedWindows += 1;
      if (taken.isDetailDropped) this.counters.droppedDetails += 1;
      await this.#follow(taken);
    });
  }

  /** Nothing was counted: what waits may be due all the same. */
  idle(): void {
    void this.#flush(false);
  }

  /** The device stops: what waits goes if it may, or stays on the disk. */
  stop(): Promise<void> {
    return this.#flush(true);
  }

  /** A new bundle is served. */
  beginFine(): void {
    this.#hold = fineFrom(this.#hold, this.#deps.policy, this.#deps.clock.nowMs());
  }

  #flush(isLast: boolean): Promise<void> {
    return this.#deps.writer.inTurn(() => this.#follow(flushHold(this.#hold, this.#question(), isLast)));
  }

  #question(): HoldQuestion {
    const { policy, clock, affords, deviceId } = this.#deps;
    const size = (window: ClosedWindow): number => encodeWindow({ ...window, key: { deviceId, bootEpoch: 0xffff_ffff, seq: 0xffff_ffff } }).length;
    return { policy, nowMs: clock.nowMs(), affords: (windows, priority) => affords(windows.map(size), priority) };
  }

  async #follow({ hold, release }: Pick<Taken, "hold" | "release">): Promise<void> {
    const { held, writer, log } = this.#deps;
    const unwritten = await this.#release(release);
    const waits = waitingIn(hold);
    const waiting = unwritten.length === 0 ? waits : this.#asOne(waits === undefined ? unwritten : [...unwritten, waits]);
    const fineUntilMs = Math.max(hold.fineUntilMs, this.#hold.fineUntilMs);
    this.#hold = unwritten.length === 0 ? { ...hold, fineUntilMs } : { held: waiting, recent: [], fineUntilMs };
    if (waiting !== undefined) {
      try {
        held.keep(waiting);
      } catch (error) {
        log.warn({ error: messageOf(error) }, "the window that waits could not be kept on the disk; a crash would lose it");
      }
    }
    if (release.length > unwritten.length) writer.tell();
  }

  /** Puts windows into the outbox, in order; gives those for which the disk has no room. */
  async #release(release: readonly ClosedWindow[]): Promise<readonly ClosedWindow[]> {
    const { held, writer, deviceId } = this.#deps;
    for (const [i, window] of release.entries()) {
      // The first one has all rows that waited: they must not be found in both places after a crash.
      const isKept = held.isThere;
      const written = await writer.append("window", (key) => {
        const encoded = encodeWindow({ ...window, key: { deviceId, ...key } });
        if (isKept) held.release(encoded);
        return encoded;
      });
      if (written === "unwritable") return release.slice(i);
      if (written === "appended") this.counters.windows += 1;
      else writer.lost += 1;
      if (isKept) held.remove();
    }
    return [];
  }

  /** Windows that wait for room are merged: what waits is bounded, and every row stays. One of another bundle than the latest is given up. */
  #asOne(windows: readonly ClosedWindow[]): ClosedWindow | undefined {
    return windows.reduce<ClosedWindow | undefined>((sum, window) => {
      const merged = sum === undefined ? window : mergeClosed(sum, window);
      if (merged === undefined) {
        this.#deps.writer.lost += 1;
        this.#deps.log.error(
          { bundle: sum?.bundleDigest, rows: sum?.profile.rows },
          "a window for which the disk has no room is given up: another bundle is served",
        );
      }
      return merged ?? window;
    }, undefined);
  }
}
