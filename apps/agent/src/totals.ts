import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Log, messageOf } from "@kedge/core";

/** What an agent counts. */
export type Counts = Readonly<Record<"windows" | "predictions" | "errors" | "samples" | "lost" | "sent" | "resent" | "acknowledged", number>>;

const none: Counts = { windows: 0, predictions: 0, errors: 0, samples: 0, lost: 0, sent: 0, resent: 0, acknowledged: 0 };
const saveEveryMs = 5_000;

function readCounts(text: string): Counts | undefined {
  const raw = JSON.parse(text) as Partial<Record<keyof Counts, unknown>> | null;
  const counts = { ...none };
  for (const key of Object.keys(none) as (keyof Counts)[]) {
    const value = raw?.[key] ?? 0;
    if (typeof value !== "number" || !Number.isFinite(value) || value < 0) return undefined;
    counts[key] = value;
  }
  return counts;
}

/**
 * Counts since the device was enrolled, over all starts of the agent, in `totals.json` of the state directory. Written every few seconds
 * when they have changed: a crash may cost the last ones, since they are for people to look at and nothing rests on them.
 */
export class Totals {
  readonly #path: string;
  readonly #before: Counts;
  readonly #live: () => Counts;
  readonly #log: Log;
  #timer: NodeJS.Timeout | undefined;
  #written = "";
  #tail: Promise<void> = Promise.resolve();

  private constructor(path: string, before: Counts, live: () => Counts, log: Log) {
    this.#path = path;
    this.#before = before;
    this.#live = live;
    this.#log = log;
  }

  /** `live` gives what was counted since this start. Counts that cannot be read begin anew. */
  static async open(stateDir: string, live: () => Counts, log: Log): Promise<Totals> {
    const path = join(stateDir, "totals.json");
    let before: Counts | undefined;
    try {
      before = readCounts(await readFile(path, "utf8"));
      if (before === undefined) log.warn({ path }, "the totals cannot be read and begin anew");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") log.warn({ path, error: messageOf(error) }, "the totals cannot be read and begin anew");
    }
    return new Totals(path, before ?? none, live, log);
  }

  get counts(): Counts {
    const live = this.#live();
    return Object.fromEntries((Object.keys(none) as (keyof Counts)[]).map((key) => [key, this.#before[key] + live[key]])) as Counts;
  }

  start(): void {
    this.#timer = setInterval(() => void this.save(), saveEveryMs);
  }

  /** Writes what has changed since it was last written. */
  async save(): Promise<void> {
    this.#tail = this.#tail.then(() => this.#write());
    await this.#tail;
  }

  async #write(): Promise<void> {
    const text = `${JSON.stringify(this.counts)}\n`;
    if (text === this.#written) return;
    try {
      await writeFile(`${this.#path}.new`, text, { mode: 0o600 });
      await rename(`${this.#path}.new`, this.#path);
      this.#written = text;
    } catch (error) {
      this.#log.warn({ path: this.#path, error: messageOf(error) }, "the totals could not be written");
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.save();
  }
}
