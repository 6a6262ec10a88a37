import { type Clock, type DeviceId, isRefused, type Log, messageOf, type Refused } from "@kedge/core";
import { type DeviceReport, isOver, type RolloutEffect, type RolloutEvent, type RolloutState, stepRollout } from "@kedge/rollout";
import type { Documents } from "@kedge/store";
import type { ReportedState, UpdateState } from "@kedge/wire";
import type { RolloutRecord } from "./collections.js";
import type { Director } from "./fleet/director.js";
import { judgeWave, type WaveFacts } from "./fleet/judge-wave.js";

/** What the loop needs of the program. */
export interface RolloutDeps extends WaveFacts {
  readonly rollouts: Documents<RolloutRecord>;
  readonly director: Pick<Director, "setDesired">;
  readonly clock: Clock;
  readonly log: Log;
  /** A rollout changed and is stored. */
  readonly onRollout: (record: RolloutRecord) => Promise<void>;
  readonly announce: (record: RolloutRecord, effect: Extract<RolloutEffect, { kind: "Announce" }>) => Promise<void>;
}

/** How often waves are looked at. */
const tickMs = 1_000;
/** How long reports are gathered to be taken together: a rollout is one record, which takes longer to read and write the more devices it has. */
const gatherMs = 100;

/** For good. FAILED is not among them: the device tries again by itself, until the wave's time is over. */
const failures: ReadonlySet<UpdateState> = new Set<UpdateState>(["REJECTED", "ROLLED_BACK"]);

function reportOf({ deviceId, runningDigest, targetDigest, update, reason }: ReportedState): DeviceReport {
  // A bundle on trial is served but not committed yet.
  const outcome = failures.has(update) ? "failed" : update === "COMMITTED" || update === "IDLE" ? "committed" : "updating";
  return { deviceId, runningDigest, outcome, targetDigest, reason };
}

/** registry → rollout → device: steps every rollout that is under way. State is stored before its effects run; effects may run twice. */
export class RolloutLoop {
  readonly #deps: RolloutDeps;
  #tail: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  /** What devices said last and is not stored yet: one report a device of the fleet. */
  readonly #reports = new Map<DeviceId, ReportedState>();
  #gathering: NodeJS.Timeout | undefined;

  constructor(deps: RolloutDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#timer = setInterval(() => void this.tick().catch(() => undefined), tickMs);
  }

  /** Looks at every rollout that is under way, after what waits; what fails is also told to the log. */
  tick(): Promise<void> {
    return this.#queue(() => this.#tick());
  }

  /** Steps of all rollouts wait for one another; a fault of one is told to the log. */
  #queue<T>(act: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(async () => {
      await this.#takeReports();
      return act();
    });
    this.#tail = result.catch((error: unknown) => this.#deps.log.error({ error: messageOf(error) }, "a step of a rollout failed"));
    return result;
  }

  /** Brings an event to a rollout; why it was refused, or `undefined` when there is no such rollout. */
  apply(rolloutId: string, event: RolloutEvent): Promise<RolloutRecord | Refused | undefined> {
    return this.#queue(() => this.#step(rolloutId, event));
  }

  async #step(rolloutId: string, event: RolloutEvent): Promise<RolloutRecord | Refused | undefined> {
    const { rollouts, clock } = this.#deps;
    for (;;) {
      const found = await rollouts.get(rolloutId);
      if (found === undefined) return undefined;
      const step = stepRollout(found.body.state, event, { nowMs: clock.nowMs() });
      if (isRefused(step)) return step;
      if (step.to === found.body.state) return found.body;
      const record = { ...found.body, state: step.to };
      const saved = await rollouts.save(rolloutId, record, found.version);
      if (saved.kind === "conflict") continue;
      await this.#deps.onRollout(record);
      await this.#run(record, step.effects);
      return record;
    }
  }

  async #run(record: RolloutRecord, effects: readonly RolloutEffect[]): Promise<void> {
    const { director, announce } = this.#deps;
    for (const effect of effects) {
      if (effect.kind === "SetDesired") await director.setDesired(effect.deviceId, effect.bundleDigest, record.rolloutId);
      else await announce(record, effect);
    }
  }

  /** A device said what it runs. */
  reported(report: ReportedState): void {
    // Who is not of the fleet is part of no rollout.
    if (this.#deps.fleet.get(report.deviceId) === undefined) return;
    this.#reports.set(report.deviceId, report);
    this.#takeAfter(gatherMs);
  }

  #takeAfter(ms: number): void {
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      this.#queue(async () => {}).catch(() => undefined);
    }, ms);
  }

  /** Brings what devices said to their rollouts. What could not be stored waits for the next time, and holds up nothing behind it. */
  async #takeReports(): Promise<void> {
    if (this.#reports.size === 0) return;
    const said = [...this.#reports.values()];
    try {
      await this.#bring(said.map(reportOf));
    } catch (error) {
      this.#deps.log.error({ devices: said.length, error: messageOf(error) }, "what devices reported could not be stored; it is tried again");
      this.#takeAfter(tickMs);
      return;
    }
    // What a device said meanwhile is not among it.
    for (const report of said) if (this.#reports.get(report.deviceId) === report) this.#reports.delete(report.deviceId);
  }

  async #bring(reports: readonly DeviceReport[]): Promise<void> {
    for (const { rolloutId, state } of await this.#underWay()) {
      const own = reports.filter(({ deviceId }) => state.devices[deviceId] !== undefined);
      if (own.length > 0) await this.#step(rolloutId, { kind: "DevicesReported", reports: own });
    }
  }

  async #underWay(): Promise<RolloutRecord[]> {
    const found = await this.#deps.rollouts.list({ status: ["RUNNING", "PAUSED", "ROLLING_BACK", "FINISHED", "ROLLED_BACK"], newestFirst: true, limit: 50 });
    return found.map((d) => d.body);
  }

  async #tick(): Promise<void> {
    const { fleet } = this.#deps;
    const reachable = fleet.members().flatMap((d): DeviceId[] => (d.isOnline ? [d.deviceId] : []));
    for (const record of await this.#underWay()) {
      if (isOver(record.state.status)) continue;
      await this.#repeatWishes(record.state, record.rolloutId);
      const stepped = await this.#step(record.rolloutId, { kind: "Ticked", reachable });
      const state = stepped === undefined || "refused" in stepped ? record.state : stepped.state;
      const wave = state.waves[state.wave];
      if (state.status !== "RUNNING" || wave?.status !== "SOAKING") continue;
      const verdicts = await judgeWave({ ...record, state }, this.#deps);
      await this.#step(record.rolloutId, { kind: "GateEvaluated", wave: state.wave, verdicts });
    }
  }

  /** After a crash between storing a step and running its effects, what was decided is said once more. */
  async #repeatWishes(state: RolloutState, rolloutId: string): Promise<void> {
    const { fleet, director } = this.#deps;
    for (const [id, device] of Object.entries(state.devices) as [DeviceId, RolloutState["devices"][string]][]) {
      const wish = device.status === "OFFERED" ? state.bundleDigest : device.status === "REVERTING" ? device.previousDigest : null;
      if (wish !== null && fleet.get(id)?.desired?.digest !== wish) await director.setDesired(id, wish, rolloutId);
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#takeNoMore();
    await this.#tail;
    // What failed in the meantime would be tried again.
    this.#takeNoMore();
  }

  /** Until the next report: whoever no longer evaluates the fleet goes on hearing its devices. */
  #takeNoMore(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
  }
}
