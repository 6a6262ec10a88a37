import { type Log, messageOf } from "@kedge/core";
import type { Outbox } from "@kedge/wire";

/** Where records go, and who is told. */
export interface OutboxWriterDeps {
  readonly outbox: Outbox;
  readonly log: Log;
  /** Something was put into the outbox. */
  readonly onRecord: () => void;
}

/** What became of a record: `unwritable`: the disk is full or broken, and may take it later; `refused`: no outbox ever takes it. */
export type Written = "appended" | "refused" | "unwritable";

/** Puts records into the outbox one after the other, so that what ended first is numbered first. */
export class OutboxWriter {
  readonly #deps: OutboxWriterDeps;
  #tail: Promise<unknown> = Promise.resolve();
  /** Windows and samples that were given up. */
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

  /** Only within a turn. What it does not take is not counted yet: the caller may keep it. */
  async append(kind: "window" | "sample", encode: Parameters<Outbox["append"]>[1]): Promise<Written> {
    const { outbox, log } = this.#deps;
    try {
      const outcome = await outbox.append(kind, encode);
      if (outcome.kind === "appended") return "appended";
      log.warn({ kind, code: outcome.code }, outcome.message);
      return "refused";
    } catch (error) {
      log.error({ kind, error: messageOf(error) }, "writing to the outbox failed");
      return "unwritable";
    }
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
