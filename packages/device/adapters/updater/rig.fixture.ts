import { seededRandom, type Sha256, silentLog } from "@kedge/core";
import { manualClock } from "@kedge/testkit";
import type { DesiredState } from "@kedge/wire";
import type { DeviceRecord } from "../../src/index.js";
import { type ChunkDesk, targets } from "../collector.fixture.js";
import { DirectorySlots, type ShelvedBundle } from "../directory-slots/directory-slots.js";
import type { FileOperations } from "../directory-slots/file-operations.js";
import { Updater, type UpdaterDeps } from "./updater.js";

/** An updater with everything around it, from one start of the agent to its end. */
export class Rig {
  readonly clock = manualClock(1_000);
  readonly slots: DirectorySlots;
  readonly updater: Updater;
  /** What was served, in order; null: nothing. */
  readonly served: (Sha256 | null)[] = [];
  readonly tested: Sha256[] = [];
  readonly records: DeviceRecord[] = [];

  private constructor(slots: DirectorySlots, desk: ChunkDesk, changes: Partial<UpdaterDeps>) {
    this.slots = slots;
    this.updater = new Updater({
      slots,
      chunks: desk,
      targetsKeys: () => [targets.trusted],
      probation: { predictions: 3, maxMs: 30_000 },
      selfTest: async ({ digest }) => {
        this.tested.push(digest);
        return undefined;
      },
      serve: async (bundle) => {
        if (bundle !== undefined) await this.#load(bundle);
        this.served.push(bundle?.digest ?? null);
      },
      onChange: (record) => this.records.push(record),
      clock: this.clock,
      random: seededRandom(5),
      log: silentLog,
      pull: { chunkTimeoutMs: 20, maxTries: 3, retry: { firstMs: 1, maxMs: 2 } },
      ...changes,
    });
  }

  async #load(bundle: ShelvedBundle): Promise<void> {
    for (const role of Object.keys(bundle.manifest.files)) await bundle.read(role);
  }

  /** Starts the agent on this disk. */
  static async start(desk: ChunkDesk, files: FileOperations, changes: Partial<UpdaterDeps> = {}, root = "/state"): Promise<Rig> {
    const rig = new Rig(await DirectorySlots.open(root, files), desk, changes);
    await rig.updater.start();
    return rig;
  }

  get record(): DeviceRecord {
    return this.updater.record;
  }

  async follow(desired: DesiredState): Promise<void> {
    this.updater.follow(desired);
    await this.updater.idle();
  }

  /** The bundle on trial answers well (or not) often enough. */
  async answer(isGood = true, readings = 6): Promise<void> {
    const { current } = this.record;
    if (current !== null) for (let i = 0; i < readings; i += 1) this.updater.noteOutcome(isGood, current);
    this.updater.tick();
    await this.updater.idle();
  }

  /** Time passes, as far as retries and trials wait for it. */
  async wait(ms: number): Promise<void> {
    this.clock.advance(ms);
    this.updater.tick();
    await this.updater.idle();
  }
}
