import { isOpen } from "@kedge/alert";
import { messageOf, type Sha256 } from "@kedge/core";
import type { AlertOutlets } from "./alert-outlets.js";
import { clockFault, isClockSet } from "./clock-guard.js";
import type { Director } from "./fleet/director.js";
import type { Services } from "./services.js";

const sweepMs = 30_000;
/** Devices of which is stored when they were last seen, at a time: each takes a sync to disk of milliseconds, in which nothing else is done. */
const storedPerSweep = 100;
const storedAtStop = 1_000;
const pruneMs = 3_600_000;
/** Ended deliveries are shown for so long. */
const deliveriesKeptMs = 30 * 86_400_000;

/** Looks every registered bundle up once, so that the shelf knows what their windows are counted by. */
export async function learnBundles({ documents, shelf, log }: Pick<Services, "documents" | "shelf" | "log">): Promise<void> {
  for (const { id } of await documents.bundles.list({ limit: 10_000 })) {
    await shelf.find(id as Sha256).catch((error: unknown) => log.error({ bundle: id, error: messageOf(error) }, "a registered bundle cannot be read"));
  }
}

/** Says again what is retained for others: the broker keeps it in memory only. */
export async function sayAgain({ fleet, documents, alerts }: Services, director: Director): Promise<void> {
  for (const device of fleet.members()) if (fleet.isOwn(device.deviceId)) await director.say(device);
  const incidents = await documents.incidents.list({ status: ["OPEN", "ACKNOWLEDGED"], newestFirst: true, limit: 10_000 });
  await alerts.showOpen(incidents.map((i) => i.body).filter(isOpen));
}

/** Calls devices offline that went without a word, rolls up what they sent, and deletes what is older than it is to be kept. */
export class Upkeep {
  readonly #services: Services;
  readonly #outlets: AlertOutlets;
  readonly #timers: NodeJS.Timeout[] = [];
  #work: Promise<void> = Promise.resolve();

  constructor(services: Services, outlets: AlertOutlets) {
    this.#services = services;
    this.#outlets = outlets;
  }

  start(): void {
    this.#timers.push(
      setInterval(() => this.#queue(() => this.#sweep()), sweepMs),
      setInterval(() => this.#queue(() => this.#prune()), pruneMs),
    );
  }

  #queue(act: () => Promise<void>): void {
    this.#work = this.#work.then(act).catch((error: unknown) => this.#services.log.error({ error: messageOf(error) }, "upkeep failed"));
  }

  async #sweep(): Promise<void> {
    const { fleet, series, clock, config, faults } = this.#services;
    const nowMs = clock.nowMs();
    if (!isClockSet(clock)) return faults.raise("clock", `${clockFault(clock)}; nothing is taken from devices until it is set`);
    faults.clear("clock");
    for (const { deviceId, isOnline, lastSeenAtMs, reported } of fleet.members()) {
      // Of a device that saves bytes not every word is awaited: its connection, which the broker watches, is what says that it is there.
      const quietMs = Math.max(config.offlineAfterMs, 2 * (reported?.quietMs ?? 0));
      if (isOnline && lastSeenAtMs !== null && nowMs - lastSeenAtMs > quietMs && fleet.isOwn(deviceId)) await fleet.gone(deviceId);
    }
    await fleet.storeSeen({ most: storedPerSweep });
    await series.rollUp(nowMs);
  }

  async #prune(): Promise<void> {
    if (!isClockSet(this.#services.clock)) return;
    const { alerts, clock, config, documents, log, series, shards } = this.#services;
    const { windowsMs, hoursMs, daysMs, samplesMs, deadLettersMs } = config.retention;
    const ago = (ms: number): number => clock.nowMs() - ms;
    await series.deleteBefore({
      windowsMs: ago(windowsMs),
      hoursMs: ago(hoursMs),
      daysMs: ago(daysMs),
      samplesMs: ago(samplesMs),
      deadLettersMs: ago(deadLettersMs),
      ...(config.cluster.enabled ? { shards: shards.shards() } : {}),
    });
    const trimmed = await series.trimSamples(config.sampling.storedBytes);
    if (trimmed > 0) log.warn({ samples: trimmed }, "stored readings took more than sampling.storedBytes; the oldest are deleted");
    await alerts.prune(clock.nowMs() - deliveriesKeptMs);
    await this.#outlets.keepOnly(new Set((await documents.subscriptions.list({ limit: 100_000 })).map((s) => s.id)));
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#work;
    await this.#services.fleet.storeSeen({ most: storedAtStop, isAll: true });
  }
}
