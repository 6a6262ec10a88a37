import { mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { KedgeError, messageOf } from "@kedge/core";
import type { DeviceIdentity, GrantedIdentity } from "@kedge/identity/adapters";
import { simulatorCodes } from "../errors.js";

/** What is known of a device: its key from before it enrols, and what it was granted. */
export interface KnownDevice {
  readonly privateKeyPem: string;
  readonly granted: GrantedIdentity | undefined;
}

type Line = { readonly index: number } & ({ readonly privateKeyPem: string } | { readonly granted: GrantedIdentity });

const fileName = "devices.ndjson";
const lockName = "lock";

function unusable(what: string, path: string, cause?: unknown): KedgeError {
  return new KedgeError(simulatorCodes.state, cause === undefined ? what : `${what}: ${messageOf(cause)}`, {
    hint: "Give a directory that you may write with --state-dir.",
    context: { path, exit: "storage" },
    cause,
  });
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function lock(path: string): Promise<void> {
  for (let tries = 0; tries < 2; tries += 1) {
    try {
      return await writeFile(path, `${process.pid}\n`, { flag: "wx", mode: 0o600 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw unusable("making a lock failed", path, error);
      const owner = Number(await readFile(path, "utf8").catch(() => ""));
      if (owner > 1 && owner !== process.pid && isRunning(owner))
        throw new KedgeError(simulatorCodes.state, `the devices in ${dirname(path)} are simulated by process ${owner} at the moment`, {
          hint: "End it, or simulate others: --name.",
          context: { path, exit: "conflict" },
        });
      await rm(path, { force: true });
    }
  }
}

/**
 * Keys and certificates of a fleet, one line each in one file that only grows: a key is there before its device asks to be let in, so that an answer
 * that was lost is asked for again by the same key.
 */
export class IdentityFile {
  readonly #folder: string;
  readonly #known = new Map<number, KnownDevice>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Opens (and makes) the directory; one simulation at a time. */
  static async open(folder: string): Promise<IdentityFile> {
    const file = new IdentityFile(folder);
    await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
      throw unusable(`making the state directory ${folder} failed`, folder, error);
    });
    await lock(join(folder, lockName));
    await file.#read();
    return file;
  }

  get path(): string {
    return join(this.#folder, fileName);
  }

  async #read(): Promise<void> {
    let text: string;
    try {
      text = await readFile(this.path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
      throw unusable(`reading ${this.path} failed`, this.path, error);
    }
    // What stands behind the last line feed was being written when the power went.
    for (const line of text.split("\n").slice(0, -1)) this.#take(JSON.parse(line) as Line);
  }

  #take(line: Line): void {
    const before = this.#known.get(line.index);
    if ("privateKeyPem" in line) this.#known.set(line.index, { privateKeyPem: line.privateKeyPem, granted: undefined });
    else if (before !== undefined) this.#known.set(line.index, { ...before, granted: line.granted });
  }

  get(index: number): KnownDevice | undefined {
    return this.#known.get(index);
  }

  /** The identity of an enrolled device. */
  identity(index: number): DeviceIdentity | undefined {
    const known = this.#known.get(index);
    return known?.granted === undefined ? undefined : { ...known.granted, privateKeyPem: known.privateKeyPem };
  }

  /** Adds lines; they are on the disk when this resolves. */
  async add(lines: readonly Line[]): Promise<void> {
    if (lines.length === 0) return;
    const file = await open(this.path, "a", 0o600).catch((error: unknown) => {
      throw unusable(`opening ${this.path} failed`, this.path, error);
    });
    try {
      await file.writeFile(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
      await file.datasync();
    } catch (error) {
      throw unusable(`writing ${this.path} failed`, this.path, error);
    } finally {
      await file.close();
    }
    for (const line of lines) this.#take(line);
  }

  async close(): Promise<void> {
    await rm(join(this.#folder, lockName), { force: true });
  }
}
