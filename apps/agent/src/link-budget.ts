import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, type Log, messageOf } from "@kedge/core";
import { addAt, nothing, type SlidingTotal, type Span, totalAt } from "@kedge/sample";
import { affords, bucketBytes, type BudgetTokens, type ByteBudget, refillTokens, type SendPriority } from "@kedge/wire";

const span: Span = { bucketMs: 900_000, spanMs: 86_400_000 };
/** Of the bucket, what may be spent between two writes of the file: a crash forgets no more than this, and to the safe side. */
const sliceShare = 1 / 16;

/** What lies in the file. `tokens` are never more than there were at `atMs` after what may be spent until the next write. */
interface Kept {
  readonly tokens: number;
  readonly atMs: number;
  readonly spent: SlidingTotal;
}

function readKept(text: string): Kept | undefined {
  const raw = JSON.parse(text) as { tokens?: unknown; atMs?: unknown; spent?: { buckets?: unknown } } | null;
  const { tokens, atMs, spent } = raw ?? {};
  if (typeof tokens !== "number" || typeof atMs !== "number" || !Number.isFinite(tokens) || !Number.isFinite(atMs)) return undefined;
  const listed: unknown[] = Array.isArray(spent?.buckets) ? spent.buckets.slice(-200) : [];
  const buckets = listed.flatMap((b) => {
    const { index, amount } = (b ?? {}) as { index?: unknown; amount?: unknown };
    return Number.isInteger(index) && typeof amount === "number" && amount >= 0 ? [{ index: index as number, amount }] : [];
  });
  return { tokens, atMs, spent: { buckets } };
}

/** What the budget needs of the program. */
export interface LinkBudgetDeps {
  readonly stateDir: string;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The bytes that this device may put on its link, over all its starts, in `byte-budget.json` of the state directory. What is spent is
 * written before it is sent, in slices: after a crash there may be fewer bytes than there were, never more. Within a start time comes from a
 * clock that is never set; between two from the wall clock, of which a step back gives nothing.
 */
export class LinkBudget {
  readonly #deps: LinkBudgetDeps;
  readonly #budget: ByteBudget;
  readonly #path: string;
  #tokens: BudgetTokens;
  #spent: SlidingTotal;
  /** What may still be spent before the file is written again. */
  #slice = 0;
  #tail: Promise<unknown> = Promise.resolve();

  private constructor(deps: LinkBudgetDeps, budget: ByteBudget, kept: Kept | undefined) {
    const { clock, stateDir } = deps;
    this.#deps = deps;
    this.#budget = budget;
    this.#path = join(stateDir, "byte-budget.json");
    const [nowMs, monotonicMs] = [clock.nowMs(), clock.monotonicMs()];
    const before: BudgetTokens = kept === undefined ? { bytes: bucketBytes(budget), atMs: nowMs } : { bytes: kept.tokens, atMs: kept.atMs };
    this.#tokens = { bytes: refillTokens(before, budget, nowMs).bytes, atMs: monotonicMs };
    this.#spent = kept?.spent ?? nothing;
  }

  /** A file that cannot be read counts as a day in which everything was spent. */
  static async open(deps: LinkBudgetDeps, budget: ByteBudget): Promise<LinkBudget> {
    const path = join(deps.stateDir, "byte-budget.json");
    let kept: Kept | undefined;
    try {
      kept = readKept(await readFile(path, "utf8")) ?? { tokens: 0, atMs: deps.clock.nowMs(), spent: nothing };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") {
        deps.log.warn({ path, error: messageOf(error) }, "the byte budget cannot be read; today's bytes count as spent");
        kept = { tokens: 0, atMs: deps.clock.nowMs(), spent: nothing };
      }
    }
    return new LinkBudget(deps, budget, kept);
  }

  get bytesPerDay(): number {
    return this.#budget.bytesPerDay;
  }

  /** Bytes put on the link in the last 24 hours, at most. */
  get spentBytes(): number {
    return totalAt(this.#spent, span, this.#deps.clock.nowMs());
  }

  /** Bytes that could go now. */
  get freeBytes(): number {
    return Math.max(0, Math.floor(this.#refilled().bytes));
  }

  #refilled(): BudgetTokens {
    this.#tokens = refillTokens(this.#tokens, this.#budget, this.#deps.clock.monotonicMs());
    return this.#tokens;
  }

  /** Whether a promise to send can be given, see `affords` of the wire. */
  affords(bytes: number, promisedBytes: number, priority: SendPriority): boolean {
    return affords(this.#refilled(), this.#budget, { bytes, promisedBytes, priority });
  }

  /** Takes bytes that are about to be sent; false when there are not so many. */
  spend(bytes: number): Promise<boolean> {
    const turn = this.#tail.then(async () => {
      if (this.#refilled().bytes < bytes) return false;
      if (bytes > this.#slice && !(await this.#write(bytes))) return false;
      this.#slice -= bytes;
      this.#tokens = { ...this.#tokens, bytes: this.#tokens.bytes - bytes };
      this.#spent = addAt(this.#spent, span, { nowMs: this.#deps.clock.nowMs(), amount: bytes });
      return true;
    });
    this.#tail = turn.catch(() => undefined);
    return turn;
  }

  /** Gives back what was not sent after all. */
  giveBack(bytes: number): void {
    this.#tokens = { ...this.#tokens, bytes: this.#tokens.bytes + bytes };
    this.#slice += bytes;
    this.#spent = addAt(this.#spent, span, { nowMs: this.#deps.clock.nowMs(), amount: -bytes });
  }

  /** Reserves a slice on the disk, large enough for `bytes`. Without it nothing may be sent: the day's bytes could be spent twice. */
  async #write(bytes: number): Promise<boolean> {
    const slice = Math.max(bytes, bucketBytes(this.#budget) * sliceShare);
    if (!(await this.#save(this.#tokens.bytes - slice))) return false;
    this.#slice = slice;
    return true;
  }

  async #save(tokens: number): Promise<boolean> {
    const { clock, log } = this.#deps;
    try {
      await writeFile(`${this.#path}.new`, `${JSON.stringify({ tokens, atMs: clock.nowMs(), spent: this.#spent })}\n`, { mode: 0o600, flush: true });
      await rename(`${this.#path}.new`, this.#path);
      return true;
    } catch (error) {
      log.error({ path: this.#path, error: messageOf(error) }, "the byte budget could not be written; nothing is sent until it can");
      return false;
    }
  }

  /** Writes what is left exactly. Nothing may be spent afterwards. */
  async close(): Promise<void> {
    await this.#tail;
    await this.#save(this.#refilled().bytes);
  }
}
