import { createClient, type KedgeClient } from "@kedge/api";
import { resolveTarget, type Target } from "./context/target.js";
import type { Io } from "./io.js";
import { type Paint, paintFor } from "./output/paint.js";
import { plain } from "./output/plain.js";
import type { Format } from "./output/print.js";

/** Flags that every command takes. */
export interface GlobalFlags {
  readonly url?: string;
  readonly tokenFile?: string;
  readonly caFile?: string;
  readonly context?: string;
  readonly output: Format;
  readonly json?: boolean;
  readonly quiet?: boolean;
  /** False for `--no-color`. */
  readonly color: boolean;
}

/** One run of one command: how to print, and the way to the collector, opened when first needed. */
export class Session {
  readonly io: Io;
  readonly format: Format;
  readonly paint: Paint;
  readonly #flags: GlobalFlags;
  #target: Target | undefined;

  constructor(io: Io, flags: GlobalFlags) {
    this.io = io;
    this.#flags = flags;
    this.format = flags.json === true ? "json" : flags.output;
    this.paint = paintFor(io, io.stdout.isTerminal, flags.color);
  }

  get isColourAllowed(): boolean {
    return this.#flags.color;
  }

  /** The collector in words, once there is one. */
  get where(): string | undefined {
    return this.#target === undefined ? undefined : `${this.#target.url} (${this.#target.chosenBy})`;
  }

  get nowMs(): number {
    return this.io.clock.nowMs();
  }

  /** Data. */
  out(text: string): void {
    this.io.stdout.write(text);
  }

  /** A message to people; `--quiet` keeps it back. */
  say(text: string): void {
    if (this.#flags.quiet !== true) this.io.stderr.write(`${plain(text)}\n`);
  }

  async target(): Promise<Target> {
    this.#target ??= await resolveTarget(this.io, this.#flags, (text) => this.say(`warning: ${text}`));
    return this.#target;
  }

  async client(): Promise<KedgeClient> {
    const { url, token, ca } = await this.target();
    return createClient({ url, token, fetch: this.io.fetchWith(ca) });
  }
}
