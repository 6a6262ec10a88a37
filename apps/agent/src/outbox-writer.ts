import { type Log, messageOf } from "@kedge/core";
import type { Outbox } from "@kedge/wire";

/** Where records go, and who is told. */
export interface OutboxWriterDeps {
  readonly outbox: Outbox;
  readonly log: Log;
  /** Something was put into the outbox. */
  readonly onRecord: () => void;
}

/** Puts records into the outbox one after the other, so that what ended first is numbered first. What it does not take is counted. */
export class OutboxWriter {
  readonly #deps: OutboxWriterDeps;
  #tail: Promise<unknown> = Promise.resolve();
  lost = 0;

  constructor(deps: OutboxWriterDeps) {
    this.#deps = deps;
  }

  /** Runs `work` when all before it is done; it may use {@link append}. */
  inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#tail.then(work).catch((error: unknown) => this.#deps.log.error({ error: messageOf(error) }, "keeping what was counted failed"));
    this.#tail = turn;
    return turn;
  }

  /** Whether the outbox has it. Only within a turn. */
  async append(kind: "window" | "sample", encode: Parameters<Outbox["append"]>[1]): Promise<boolean> {
    const { outbox, log } = this.#deps;
    try {
      const outcome = await outbox.append(kind, encode);
      if (outcome.kind === "appended") return true;
      log.warn({ kind, code: outcome.code }, outcome.message);
    } catch (error) {
      log.error({ kind, error: messageOf(error) }, "writing to the outbox failed; what was to be sent is lost");
    }
    this.lost += 1;
    return false;
  }

  /** There is something to send. */
  tell(): void {
    this.#deps.onRecord();
  }

  /** Resolves when all turns so far are over. */
  async settled(): Promise<void> {
    await this.#tail;
  }
}
