import type { Kind } from "@kedge/core";
import { z } from "zod";
import type { Reading, SensorSource, SourceCounts, StopSignal } from "../../src/index.js";
import type { SensorDeps } from "../sensor-deps.js";
import { SkipCounter } from "../skip-counter.js";
import { LineSplitter } from "./line-splitter.js";
import { readLine } from "./read-line.js";

const config = z.strictObject({
  kind: z.literal("stdin-lines"),
  /** 8 MiB hold a base64 image of 6 megapixels; a line beyond it is dropped as it comes. */
  maxLineBytes: z
    .int()
    .min(1024)
    .max(256 * 1024 * 1024)
    .default(8 * 1024 * 1024),
});

type Config = z.infer<typeof config>;

/** Readings as lines of JSON on standard input. Reads no faster than readings are taken. */
export class StdinLinesSource implements SensorSource {
  readonly #config: Config;
  readonly #deps: SensorDeps;
  readonly #counter: SkipCounter;
  readonly #input: NodeJS.ReadableStream;
  #closed = false;
  #lines = 0;

  constructor(config: Config, deps: SensorDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#counter = new SkipCounter(deps.log, "stdin-lines");
    this.#input = deps.input ?? process.stdin;
  }

  async *readings(signal: StopSignal): AsyncIterable<Reading> {
    const splitter = new LineSplitter(this.#config.maxLineBytes);
    try {
      for await (const chunk of this.#input) {
        for (const line of splitter.push(typeof chunk === "string" ? Buffer.from(chunk) : chunk)) {
          if (this.#closed || signal.aborted) return;
          yield* this.#read(line);
        }
      }
      for (const line of splitter.end()) yield* this.#read(line);
    } catch (error) {
      // Closing destroys the stream under the iteration, which node reports as a premature close.
      if (!this.#closed) throw error;
    }
  }

  *#read(line: Parameters<typeof readLine>[0]): Generator<Reading> {
    this.#lines += 1;
    const found = readLine(line, { id: `line-${this.#lines}`, atMs: this.#deps.clock.nowMs() });
    if (found === undefined) return;
    if (found.kind === "rejected") {
      this.#counter.skip(found.code, found.message);
      return;
    }
    this.#counter.readOne();
    yield found.reading;
  }

  counts(): SourceCounts {
    return this.#counter.counts();
  }

  async close(): Promise<void> {
    this.#closed = true;
    if ("destroy" in this.#input && typeof this.#input.destroy === "function") this.#input.destroy();
  }
}

/** Lines on standard input as a kind. */
export const stdinLines: Kind<typeof config, Config, SensorDeps, SensorSource> = {
  kind: "stdin-lines",
  summary: "readings as lines of JSON on the program's standard input",
  config,
  create: (config, deps) => new StdinLinesSource(config, deps),
};
