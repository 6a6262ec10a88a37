import { messageOf, type Random, type RetrySchedule, retryDelayMs, type Sha256 } from "@kedge/core";
import { type Chunk, type ChunkRequest, chunkCountOf, chunkLengthOf, wireLimits } from "@kedge/wire";
import { type DeviceCode, deviceCodes } from "../../src/index.js";
import type { DirectorySlots } from "../directory-slots/directory-slots.js";

/** Asks for chunks and is told of those that come: the two `art` topics. */
export interface ChunkLink {
  request(request: ChunkRequest): Promise<void>;
  /** Replaces whoever listened before. */
  onChunk(listen: (chunk: Chunk) => void): void;
}

/** Why a part did not come. `retryable`: the network's or the disk's fault and not the bundle's. */
export interface PullFault {
  readonly kind: "refused";
  readonly code: DeviceCode | string;
  readonly message: string;
  readonly retryable: boolean;
}

/** One blob of a bundle. */
export interface Part {
  readonly name: string;
  readonly sha256: Sha256;
  /** The exact size, or the most that is taken when the size is not signed (the envelope). */
  readonly bytes: number;
  readonly isExact: boolean;
}

/** How patiently to pull. */
export interface PullOptions {
  readonly random: Random;
  /** Ends the download between two chunks. */
  readonly signal?: AbortSignal;
  /** Chunks under way at once; 4 by default, which is within a factor of two of what HTTP reaches. */
  readonly windowChunks?: number;
  /** How long to wait for a chunk before asking again; 5 s by default. */
  readonly chunkTimeoutMs?: number;
  /** Tries without a single chunk coming; 8 by default. */
  readonly maxTries?: number;
  /** Waits between such tries, with full jitter; 250 ms growing to 15 s by default. */
  readonly retry?: RetrySchedule;
}

const defaults = { windowChunks: 4, chunkTimeoutMs: 5_000, maxTries: 8, retry: { firstMs: 250, maxMs: 15_000 } } as const;

export function fault(code: DeviceCode | string, message: string, retryable: boolean): PullFault {
  return { kind: "refused", code, message, retryable };
}

/** What has come of one part and is not written yet: at most a window of chunks, each of them asked for. */
class Arrivals {
  readonly #part: Part;
  readonly #window: number;
  readonly #waiting = new Map<number, Uint8Array>();
  #wake: () => void = () => {};
  total: number | undefined;
  next: number;
  fault: PullFault | undefined;

  constructor(part: Part, next: number, window: number) {
    this.#part = part;
    this.#window = window;
    this.next = next;
    this.total = part.isExact ? part.bytes : undefined;
  }

  readonly take = (chunk: Chunk): void => {
    const { name, sha256, bytes, isExact } = this.#part;
    if (chunk.digest !== sha256) return;
    const isTotalGood = isExact ? chunk.total === bytes : chunk.total <= bytes && (this.total === undefined || chunk.total === this.total);
    if (!isTotalGood) {
      this.fault ??= fault(
        deviceCodes.tooManyBytes,
        `${name}: the collector speaks of ${chunk.total} bytes, signed are ${isExact ? "" : "at most "}${bytes}`,
        false,
      );
    } else if (chunk.bytes.length !== chunkLengthOf(chunk.total, chunk.index)) {
      this.fault ??= fault(deviceCodes.digestMismatch, `${name}: chunk ${chunk.index} has ${chunk.bytes.length} bytes`, true);
    } else if (chunk.index >= this.next && chunk.index < this.next + this.#window && !this.#waiting.has(chunk.index)) {
      this.total ??= chunk.total;
      this.#waiting.set(chunk.index, chunk.bytes.slice());
    }
    this.#wake();
  };

  get isDone(): boolean {
    return this.total !== undefined && this.next >= chunkCountOf(this.total);
  }

  /** How many chunks to ask for now; of a blob of unknown size the first. */
  get wanted(): number {
    return this.total === undefined ? 1 : Math.min(this.#window, chunkCountOf(this.total) - this.next);
  }

  /** The next chunk in order, when it comes within `ms`. */
  async nextChunk(ms: number, signal: AbortSignal | undefined): Promise<Uint8Array | undefined> {
    const deadline = performance.now() + ms;
    while (this.fault === undefined && signal?.aborted !== true) {
      const chunk = this.#waiting.get(this.next);
      if (chunk !== undefined) return chunk;
      const left = deadline - performance.now();
      if (left <= 0) return undefined;
      await this.#woken(left, signal);
    }
    return undefined;
  }

  /** The next chunk is written. */
  advance(): void {
    this.#waiting.delete(this.next);
    this.next += 1;
  }

  #woken(ms: number, signal: AbortSignal | undefined): Promise<void> {
    return sleep(ms, signal, (wake) => {
      this.#wake = wake;
    });
  }
}

function sleep(ms: number, signal: AbortSignal | undefined, onStart: (wake: () => void) => void = () => {}): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    signal?.addEventListener("abort", wake);
    onStart(wake);
  });
}

/**
 * Pulls one blob chunk by chunk, in order, going on where an earlier try stopped. Chunks that nobody asked for are dropped, doubles are
 * written once, and no byte beyond the signed size is kept. `undefined` when all of it is there; its digest is not looked at here.
 */
export async function pullPart(slots: DirectorySlots, bundle: Sha256, part: Part, link: ChunkLink, options: PullOptions): Promise<PullFault | undefined> {
  const { windowChunks, chunkTimeoutMs, maxTries, retry } = { ...defaults, ...options };
  const { signal } = options;
  // Nothing to ask for: the collector has no chunk of an empty file.
  if (part.isExact && part.bytes === 0) return slots.writePartial(bundle, part.name, 0, new Uint8Array(0)).then(() => undefined);
  const arrivals = new Arrivals(part, Math.floor((await slots.partialSize(bundle, part.name)) / wireLimits.chunkBytes), windowChunks);
  link.onChunk(arrivals.take);
  try {
    for (let tries = 0; !arrivals.isDone; ) {
      const { next: first, wanted } = arrivals;
      const isAsked = await ask(link, { digest: part.sha256, index: first, count: wanted });
      while (isAsked && arrivals.next < first + wanted) {
        const bytes = await arrivals.nextChunk(chunkTimeoutMs, signal);
        if (bytes === undefined) break;
        await slots.writePartial(bundle, part.name, arrivals.next * wireLimits.chunkBytes, bytes);
        arrivals.advance();
      }
      if (signal?.aborted === true) return fault(deviceCodes.superseded, `${part.name}: the download was given up`, true);
      if (arrivals.fault !== undefined) return arrivals.fault;
      tries = arrivals.next > first ? 0 : tries + 1;
      if (tries >= maxTries) return fault(deviceCodes.downloadStalled, `${part.name}: no chunk came in ${tries} tries`, true);
      if (tries > 0) await sleep(retryDelayMs(retry, tries, options.random), signal);
    }
    return undefined;
  } catch (error) {
    // The disk, most likely full: what is there stays for the next try.
    return fault(deviceCodes.stepFailed, `${part.name}: ${messageOf(error)}`, true);
  } finally {
    link.onChunk(() => {});
  }
}

async function ask(link: ChunkLink, request: ChunkRequest): Promise<boolean> {
  try {
    await link.request(request);
    return true;
  } catch {
    return false;
  }
}
