import type { KedgeClient, Rollout } from "@kedge/api";
import { exitCodes, KedgeError } from "@kedge/core";
import { moment, oneLine } from "../output/plain.js";
import { printLines } from "../output/print.js";
import type { Session } from "../session.js";
import { landmarks, rolloutTree } from "./rollout-view.js";

/** How often a watched rollout is asked for. */
const pollMs = 1_000;

const endings: Readonly<Partial<Record<Rollout["state"], number>>> = {
  FINISHED: exitCodes.ok,
  ABORTED: exitCodes.rolledBack,
  ROLLED_BACK: exitCodes.rolledBack,
};

/** Shows one state after another: a tree that is drawn over on a terminal, else a line per change. */
class Watch {
  readonly #session: Session;
  #drawn = 0;
  #told = new Map<string, string>();

  constructor(session: Session) {
    this.#session = session;
  }

  show(rollout: Rollout): void {
    const { io, format, paint, nowMs } = this.#session;
    if (format === "json") {
      const text = JSON.stringify(rollout);
      if (this.#told.get("json") !== text) this.#session.out(`${text}\n`);
      this.#told.set("json", text);
      return;
    }
    if (io.stdout.isTerminal) {
      const lines = rolloutTree(rollout, paint, nowMs);
      this.#session.out(`${this.#drawn === 0 ? "" : `\u001b[${this.#drawn}A\u001b[J`}${lines.join("\n")}\n`);
      this.#drawn = lines.length;
      return;
    }
    const marks = landmarks(rollout);
    for (const [key, text] of marks) if (this.#told.get(key) !== text) this.#session.out(`${moment(nowMs)} ${oneLine(text)}\n`);
    this.#told = marks;
  }

  /** A message must not be drawn over. */
  say(text: string): void {
    this.#drawn = 0;
    this.#session.say(text);
  }
}

/**
 * Follows a rollout to its end, through connections that break. Exit codes: 0 finished, 7 aborted or rolled back, 6 when
 * `timeoutMs` passed before.
 */
export async function watchRollout(
  session: Session,
  client: KedgeClient,
  options: { readonly rolloutId: string; readonly timeoutMs: number | undefined },
): Promise<number> {
  const { rolloutId, timeoutMs } = options;
  const { io } = session;
  const watch = new Watch(session);
  const startMs = io.clock.monotonicMs();
  let isLost = false;
  while (!io.signal.aborted) {
    try {
      const rollout = await client.rollouts.get({ rolloutId });
      if (isLost) watch.say("the collector answers again");
      isLost = false;
      watch.show(rollout);
      const exit = endings[rollout.state];
      if (exit !== undefined) return exit;
    } catch (error) {
      if (!(error instanceof KedgeError) || !error.retryable) throw error;
      if (!isLost) watch.say(`${error.message}; trying again`);
      isLost = true;
    }
    if (timeoutMs !== undefined && io.clock.monotonicMs() - startMs >= timeoutMs) {
      watch.say(`the rollout still runs after ${Math.round(timeoutMs / 1000)} s; it goes on without being watched`);
      return exitCodes.timeout;
    }
    await io.sleep(pollMs);
  }
  return exitCodes.ok;
}

/** One look at a rollout, in the format that was asked for. */
export function printRollout(session: Session, rollout: Rollout): void {
  if (session.format === "name") session.out(`${rollout.rolloutId}\n`);
  else printLines(session, rollout, rolloutTree(rollout, session.paint, session.nowMs));
}
