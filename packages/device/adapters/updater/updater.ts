import { type Clock, type Log, messageOf, type Random, retryDelayMs, type Sha256 } from "@kedge/core";
import { belowFloor, registryCodes, type TrustedKey } from "@kedge/registry";
import type { DesiredState } from "@kedge/wire";
import {
  activated,
  adopted,
  committed,
  type DeviceRecord,
  type DeviceStep,
  deviceCodes,
  judgeProbation,
  nextStep,
  type ProbationPolicy,
  refused,
  reverted,
  settled,
  startedAgain,
} from "../../src/index.js";
import type { DirectorySlots, ShelvedBundle } from "../directory-slots/directory-slots.js";
import { type Downloaded, downloadBundle } from "../download/download-bundle.js";
import type { ChunkLink, PullOptions } from "../download/pull-part.js";

/** What the updater needs of the program. */
export interface UpdaterDeps {
  readonly slots: DirectorySlots;
  readonly chunks: ChunkLink;
  /** Who may sign bundles. */
  readonly targetsKeys: () => readonly TrustedKey[];
  /** Asks who may sign bundles now, because one came that nobody known has signed; whether that changed. */
  readonly refreshKeys?: () => Promise<boolean>;
  readonly probation: ProbationPolicy;
  /** Runs a bundle's golden inputs where nothing is served from; why it must not be served, or `undefined`. */
  readonly selfTest: (bundle: ShelvedBundle, signal: AbortSignal) => Promise<string | undefined>;
  /** Serves a bundle (or none) from now on. Throws when it cannot be loaded; then what was served before still is. */
  readonly serve: (bundle: ShelvedBundle | undefined) => Promise<void>;
  /** The record changed, and the change is on the disk. */
  readonly onChange: (record: DeviceRecord, before: DeviceRecord) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly pull?: Partial<PullOptions>;
}

/** Steps that failed for want of network or room are tried again after this, growing. */
const retry = { firstMs: 20_000, maxMs: 900_000 } as const;

/**
 * Brings the device from what it runs to what is wanted, step by step, each as {@link nextStep} says from the facts; so it goes on after
 * any crash. One step at a time; a newer wish ends a download or self-test of what is no longer wanted.
 */
export class Updater {
  readonly #deps: UpdaterDeps;
  readonly #tested = new Set<Sha256>();
  /** On the shelf, but not what their names say. */
  readonly #damaged = new Set<Sha256>();
  #desired: DesiredState | null = null;
  #served: Sha256 | null = null;
  #watch = { good: 0, bad: 0, sinceMs: 0 };
  #isDue = false;
  #isStopped = false;
  #failures = 0;
  #retryAtMs: number | undefined;
  #running: Promise<void> | undefined;
  #giveUp = new AbortController();

  constructor(deps: UpdaterDeps) {
    this.#deps = deps;
  }

  get record(): DeviceRecord {
    return this.#deps.slots.record;
  }

  /** What is served: the current bundle, or the one before while the current one is damaged. */
  get served(): Sha256 | null {
    return this.#served;
  }

  /** Counts the start, goes back from a trial that has crashed the agent before, and serves what is current. */
  async start(): Promise<void> {
    const { slots, clock } = this.#deps;
    await slots.save(startedAgain(this.record));
    this.#watch = { good: 0, bad: 0, sinceMs: clock.monotonicMs() };
    const step = nextStep(null, { record: this.record, shelf: new Set(), tested: this.#tested });
    if (step?.kind === "Revert") await this.#revert(step.reason);
    else await this.#serveCurrent();
  }

  /** This is wanted from now on: it was verified, see `acceptDesired`. */
  follow(desired: DesiredState): void {
    if (desired.bundleDigest !== this.#desired?.bundleDigest) this.#giveUp.abort();
    this.#desired = desired;
    this.#failures = 0;
    this.#wake();
  }

  /** What was wanted could not be followed; the reason is reported. */
  async noteRefusal(reason: string): Promise<void> {
    if (this.record.reason !== reason) await this.#save({ ...this.record, reason });
  }

  /** A reading of the bundle that is served came out well or not; only a bundle on trial is judged by it. */
  noteOutcome(isGood: boolean, digest: Sha256): void {
    if (this.record.trial === null || digest !== this.record.current) return;
    if (isGood) this.#watch.good += 1;
    else this.#watch.bad += 1;
  }

  /** Time has passed: a trial may be over, a retry due. */
  tick(): void {
    const isRetryDue = this.#retryAtMs !== undefined && this.#deps.clock.monotonicMs() >= this.#retryAtMs;
    if (isRetryDue || this.record.trial !== null) this.#wake();
  }

  /** There is a connection again: what failed for want of one is tried at once. */
  retryNow(): void {
    if (this.#retryAtMs !== undefined) this.#wake();
  }

  /** Resolves when no step is under way. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** Ends what is under way, at a place from which the next start goes on. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#giveUp.abort();
    await this.idle();
  }

  #wake(): void {
    this.#isDue = true;
    this.#retryAtMs = undefined;
    this.#running ??= this.#steps().finally(() => {
      this.#running = undefined;
    });
  }

  async #steps(): Promise<void> {
    while (this.#isDue && !this.#isStopped) {
      this.#isDue = false;
      this.#giveUp = new AbortController();
      try {
        await this.#adopt();
        const step = nextStep(this.#desired, { record: this.record, shelf: await this.#wholeBundles(), tested: this.#tested });
        if (step !== undefined && (await this.#take(step))) this.#isDue = true;
      } catch (error) {
        await this.#retryLater(`${deviceCodes.stepFailed}: ${messageOf(error)}`);
      }
    }
  }

  async #adopt(): Promise<void> {
    if (this.#desired !== null) await this.#save(adopted(this.record, this.#desired));
  }

  async #wholeBundles(): Promise<Set<Sha256>> {
    const shelf = await this.#deps.slots.shelf();
    for (const digest of this.#damaged) shelf.delete(digest);
    return shelf;
  }

  async #save(record: DeviceRecord): Promise<void> {
    const before = this.record;
    if (record === before) return;
    await this.#deps.slots.save(record);
    this.#deps.onChange(record, before);
  }

  async #retryLater(reason: string): Promise<void> {
    const { clock, random, log } = this.#deps;
    const delayMs = retry.firstMs + retryDelayMs(retry, this.#failures, random);
    this.#failures += 1;
    this.#retryAtMs = clock.monotonicMs() + delayMs;
    log.warn({ reason, retryInMs: Math.round(delayMs) }, "a step of the update failed; it is tried again");
    try {
      await this.#save({ ...this.record, update: this.record.trial === null ? "FAILED" : this.record.update, reason });
    } catch (error) {
      log.error({ error: messageOf(error) }, "the update record cannot be written");
    }
  }

  /** Takes one step; whether the next one may follow at once. */
  async #take(step: DeviceStep): Promise<boolean> {
    const { slots, log } = this.#deps;
    if (step.kind !== "Watch") log.info({ ...step, step: step.kind }, "update step");
    switch (step.kind) {
      case "Download":
        return this.#download(step);
      case "SelfTest":
        return this.#selfTest(step.digest);
      case "Activate":
        await this.#save(activated(this.record, step.digest));
        await this.#serveCurrent();
        this.#watch = { good: 0, bad: 0, sinceMs: this.#deps.clock.monotonicMs() };
        return true;
      case "Watch":
        return this.#judgeTrial(step.digest);
      case "Revert":
        await this.#revert(step.reason);
        return true;
      case "Settle":
        await this.#save(settled(this.record));
        return true;
      case "Delete":
        await slots.remove(step.digest);
        this.#damaged.delete(step.digest);
        return true;
    }
  }

  async #download(step: Extract<DeviceStep, { kind: "Download" }>): Promise<boolean> {
    const { signal } = this.#giveUp;
    await this.#save({ ...this.record, update: "DOWNLOADING", targetDigest: step.digest, reason: "" });
    let outcome = await this.#fetch(step, signal);
    const isStranger = outcome.kind === "refused" && outcome.code === registryCodes.unknownKey;
    // Whoever was enrolled before a key was trusted does not know it; asked for once a download.
    if (isStranger && (await this.#deps.refreshKeys?.()) === true) outcome = await this.#fetch(step, signal);
    if (outcome.kind === "downloaded") {
      this.#damaged.delete(step.digest);
      this.#failures = 0;
      if (step.digest === this.record.current) await this.#serveCurrent();
      return true;
    }
    // Given up for another wish, which has woken the loop already; or because the agent stops.
    if (signal.aborted) return false;
    const reason = `${outcome.code}: ${outcome.message}`;
    if (outcome.retryable) await this.#retryLater(reason);
    else await this.#save(refused(this.record, step.digest, reason));
    return false;
  }

  #fetch(step: Extract<DeviceStep, { kind: "Download" }>, signal: AbortSignal): Promise<Downloaded> {
    const { slots, chunks, targetsKeys, random, pull } = this.#deps;
    return downloadBundle(slots, step, chunks, { ...pull, targetsKeys: targetsKeys(), securityFloor: this.record.securityFloor, random, signal });
  }

  async #selfTest(digest: Sha256): Promise<boolean> {
    const { slots, selfTest } = this.#deps;
    const { signal } = this.#giveUp;
    await this.#save({ ...this.record, update: "SELF_TESTING", targetDigest: digest, reason: "" });
    const bundle = await slots.bundle(digest);
    // It may have lain on the shelf for long: the disk or the floor may have changed since.
    const damage = await slots.damageOf(digest);
    if (bundle === undefined || damage !== undefined) {
      this.#damaged.add(digest);
      await this.#retryLater(`${deviceCodes.digestMismatch}: ${damage ?? "the bundle is gone"}`);
      return false;
    }
    if (belowFloor(bundle.manifest, this.record.securityFloor)) {
      const { securityCounter } = bundle.manifest;
      const reason = `${registryCodes.belowSecurityFloor}: its security counter is ${securityCounter}, and ${this.record.securityFloor} is the least that may run here`;
      await this.#save(refused(this.record, digest, reason));
      return true;
    }
    const fault = await selfTest(bundle, signal);
    if (signal.aborted) return false;
    if (fault === undefined) this.#tested.add(digest);
    else await this.#save(refused(this.record, digest, `${deviceCodes.selfTestFailed}: ${fault}`));
    return true;
  }

  async #judgeTrial(digest: Sha256): Promise<boolean> {
    const { slots, probation, clock } = this.#deps;
    const verdict = judgeProbation(this.#watch, probation, clock.monotonicMs());
    if (verdict === "running") return false;
    if (verdict === "failed") {
      const { good, bad } = this.#watch;
      await this.#revert(`${deviceCodes.probationFailed}: ${bad} of the first ${bad + good} readings failed`);
    } else {
      const bundle = await slots.bundle(digest);
      await this.#save(committed(this.record, bundle?.manifest.securityCounter ?? 0));
    }
    return true;
  }

  async #revert(reason: string): Promise<void> {
    this.#deps.log.warn({ reason }, "going back to the bundle before");
    await this.#save(reverted(this.record, reason));
    await this.#serveCurrent();
  }

  /** Serves the current bundle. One on trial that cannot be is gone back from; for a committed one, the one before steps in. */
  async #serveCurrent(): Promise<void> {
    const { current, previous, trial } = this.record;
    const fault = await this.#tryToServe(current);
    if (fault === undefined) return;
    this.#deps.log.error({ bundle: current, fault }, "the current bundle cannot be served");
    if (trial !== null) return this.#revert(`${deviceCodes.selfTestFailed}: ${fault}`);
    if ((previous === null || (await this.#tryToServe(previous)) !== undefined) && this.#served !== current) await this.#tryToServe(null);
  }

  /** Why a bundle cannot be served; damaged ones are marked, to be downloaded anew. */
  async #tryToServe(digest: Sha256 | null): Promise<string | undefined> {
    if (digest === this.#served) return undefined;
    const { slots, serve } = this.#deps;
    try {
      const damage = digest === null ? undefined : await slots.damageOf(digest);
      if (damage !== undefined && digest !== null) this.#damaged.add(digest);
      if (damage !== undefined) return damage;
      await serve(digest === null ? undefined : await slots.bundle(digest));
      this.#served = digest;
    } catch (error) {
      return messageOf(error);
    }
    return undefined;
  }
}
