import { accessSync, closeSync, constants, createReadStream, openSync, readSync } from "node:fs";
import { basename } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { createGunzip } from "node:zlib";
import { type Kind, KedgeError, messageOf } from "@kedge/core";
import { z } from "zod";
import {
  idxItem,
  nextPace,
  type Pace,
  type Reading,
  type SensorSource,
  type SourceCounts,
  type StopSignal,
  sensorCodes as codes,
  startPace,
} from "../../src/index.js";
import type { SensorDeps } from "../sensor-deps.js";
import { SkipCounter } from "../skip-counter.js";
import { LineSplitter } from "../stdin-lines/line-splitter.js";
import { readLine } from "../stdin-lines/read-line.js";
import { readIdxFile } from "./read-idx-file.js";

const config = z.strictObject({
  kind: z.literal("replay-file"),
  path: z.string().min(1),
  /** `auto` takes `.ndjson`, `.jsonl` and `.json` (also with `.gz`) for lines of JSON, all else for IDX. */
  format: z.enum(["auto", "idx", "ndjson"]).default("auto"),
  /** The reading input that an IDX item becomes. */
  input: z.string().min(1).max(256).default("image"),
  perSecond: z.number().positive().max(100_000).default(10),
  loop: z.boolean().default(false),
  /** The first IDX item to play, and how many of them. */
  first: z.int().nonnegative().default(0),
  count: z.int().positive().optional(),
  maxLineBytes: z
    .int()
    .min(1024)
    .max(256 * 1024 * 1024)
    .default(8 * 1024 * 1024),
});

type Config = z.infer<typeof config>;

function fileFault(path: string, cause: unknown): KedgeError {
  return new KedgeError(codes.fileUnreadable, `reading the file of readings ${path} failed: ${messageOf(cause)}`, {
    hint: "name a readable file: lines of JSON, or images in the IDX format, gzipped or not",
    context: { path, exit: "config" },
    cause,
  });
}

function isGzip(path: string): boolean {
  const start = Buffer.alloc(2);
  const file = openSync(path, "r");
  try {
    readSync(file, start, 0, 2, 0);
  } finally {
    closeSync(file);
  }
  return start[0] === 0x1f && start[1] === 0x8b;
}

function openBytes(path: string): Readable {
  const file = createReadStream(path);
  if (!isGzip(path)) return file;
  const unpacked = createGunzip();
  file.on("error", (error) => unpacked.destroy(error));
  unpacked.on("close", () => file.destroy());
  return file.pipe(unpacked);
}

/** Plays a file as if a sensor gave it: at a rate, once or for ever. */
export class ReplayFileSource implements SensorSource {
  readonly #config: Config;
  readonly #deps: SensorDeps;
  readonly #counter: SkipCounter;
  readonly #closing = new AbortController();
  #pace: Pace;

  /** Fails with KedgeError `sensor/file-unreadable` when the file cannot be read. */
  constructor(config: Config, deps: SensorDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#counter = new SkipCounter(deps.log, `replay-file ${config.path}`);
    this.#pace = startPace(config.perSecond, deps.clock.monotonicMs());
    try {
      accessSync(config.path, constants.R_OK);
    } catch (cause) {
      throw fileFault(config.path, cause);
    }
  }

  async *readings(signal: StopSignal): AsyncIterable<Reading> {
    const lines = this.#config.format === "ndjson" || (this.#config.format === "auto" && /\.(ndjson|jsonl|json)(\.gz)?$/.test(this.#config.path));
    const passes = lines ? (pass: number) => this.#lines(pass, signal) : await this.#images(signal);
    this.#pace = startPace(this.#config.perSecond, this.#deps.clock.monotonicMs());
    for (let pass = 0; !this.#stopped(signal); pass += 1) {
      const before = this.#counter.counts().read;
      yield* passes(pass);
      // A file without a single reading would be read for ever, as fast as the disk goes.
      if (!this.#config.loop || this.#counter.counts().read === before) return;
    }
  }

  #stopped(signal: StopSignal): boolean {
    return signal.aborted || this.#closing.signal.aborted;
  }

  /** Waits until the next reading is due; false when the source was stopped meanwhile. */
  async #due(signal: StopSignal): Promise<boolean> {
    const { waitMs, pace } = nextPace(this.#pace, this.#deps.clock.monotonicMs());
    this.#pace = pace;
    // The stop signal can only be asked, so long waits are cut.
    for (let left = waitMs; left > 0 && !this.#stopped(signal); left -= 200) {
      await sleep(Math.min(left, 200), undefined, { signal: this.#closing.signal }).catch(() => undefined);
    }
    return !this.#stopped(signal);
  }

  async #images(signal: StopSignal): Promise<(pass: number) => AsyncGenerator<Reading>> {
    const { path, input, first, count } = this.#config;
    const idx = await readIdxFile(path);
    const last = Math.min(idx.items, first + (count ?? idx.items));
    const { counter, clock, due } = { counter: this.#counter, clock: this.#deps.clock, due: () => this.#due(signal) };
    return async function* (pass) {
      for (let i = first; i < last; i += 1) {
        if (!(await due())) return;
        counter.readOne();
        yield { id: pass === 0 ? `${basename(path)}-${i}` : `${basename(path)}-${i}.${pass}`, atMs: clock.nowMs(), inputs: { [input]: idxItem(idx, i) } };
      }
    };
  }

  async *#lines(pass: number, signal: StopSignal): AsyncGenerator<Reading> {
    const { path, maxLineBytes } = this.#config;
    const splitter = new LineSplitter(maxLineBytes);
    let number = 0;
    let bytes: Readable | undefined;
    try {
      bytes = openBytes(path);
      for await (const chunk of bytes) {
        for (const line of splitter.push(chunk as Uint8Array)) yield* this.#line(line, `${basename(path)}-${number++}`, pass, signal);
        if (this.#stopped(signal)) return;
      }
      for (const line of splitter.end()) yield* this.#line(line, `${basename(path)}-${number++}`, pass, signal);
    } catch (cause) {
      throw fileFault(path, cause);
    } finally {
      bytes?.destroy();
    }
  }

  async *#line(line: Parameters<typeof readLine>[0], id: string, pass: number, signal: StopSignal): AsyncGenerator<Reading> {
    if (this.#stopped(signal)) return;
    const found = readLine(line, { id, atMs: this.#deps.clock.nowMs() });
    if (found === undefined) return;
    if (found.kind === "rejected") {
      this.#counter.skip(found.code, found.message);
      return;
    }
    if (!(await this.#due(signal))) return;
    this.#counter.readOne();
    const { reading } = found;
    yield { ...reading, id: pass === 0 ? reading.id : `${reading.id}.${pass}`, atMs: this.#deps.clock.nowMs() };
  }

  counts(): SourceCounts {
    return this.#counter.counts();
  }

  async close(): Promise<void> {
    this.#closing.abort();
  }
}

/** A file played as a sensor, as a kind. */
export const replayFile: Kind<typeof config, Config, SensorDeps, SensorSource> = {
  kind: "replay-file",
  summary: "plays a file of readings (lines of JSON, or IDX images; gzipped or not) at a rate, once or for ever",
  config,
  create: (config, deps) => new ReplayFileSource(config, deps),
};
