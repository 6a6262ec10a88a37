import { BoundedQueue, type Clock, type DeviceId, type Labels, type Log, messageOf, type Random, retryDelayMs, type Sha256 } from "@kedge/core";
import type { Window } from "@kedge/profile";
import { type MetricPoint, type MetricStore, type ReceivedWindow, windowOf } from "@kedge/store";
import type { Look } from "../drift/look.js";
import type { BundleShelf } from "../fleet/bundle-shelf.js";
import { lookPoints } from "./look-points.js";
import { SeriesBudget } from "./series-budget.js";
import { devicePoint, featurePoints, featureSeries, windowPoint, type WindowBundle } from "./window-points.js";

/** What the mirror needs of the program. */
export interface MetricMirrorDeps {
  readonly store: MetricStore;
  readonly shelf: Pick<BundleShelf, "find">;
  readonly labelsOf: (deviceId: DeviceId) => Labels | undefined;
  /** Series that are written at most. */
  readonly maxSeries: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** How long what came is gathered before it is written; half a second by default. */
  readonly gatherMs?: number;
}

/** What became of what was mirrored, since the collector started. */
export interface MirrorStanding {
  readonly windows: number;
  readonly points: number;
  /** Windows and looks that wait. */
  readonly waiting: number;
  /** Windows and looks that found no room: `kedge metrics backfill` writes them. */
  readonly dropped: number;
  /** Windows of which less was written than there is, by `store.metrics.maxSeries`. */
  readonly shortened: number;
  /** Windows that were found to be sound and yet could not be decoded here: of them nothing is written. */
  readonly unreadable: number;
  readonly series: number;
  readonly failures: number;
  /** Why the last write failed; null: it did not. */
  readonly fault: string | null;
}

/** The points of a look. */
interface LookItem {
  readonly points: readonly MetricPoint[];
}

/** What waits to be decoded, and then to be written. */
type Item = ReceivedWindow | LookItem;
type ReadItem = Window | LookItem;

/** Windows and looks that may wait: some 10 KiB each. */
const mostWaiting = 5_000;
const batch = 500;
const retry = { firstMs: 1_000, maxMs: 30_000 };
/** How long a collector that stops waits for its last write. */
const lastWriteMs = 3_000;

/**
 * store → metrics: writes the numbers of windows that are committed, and of looks, into a database of metrics. Nothing waits for it: what finds no
 * room is counted and left out, what fails is tried again, and what is written twice is one.
 */
export class MetricMirror {
  readonly #deps: MetricMirrorDeps;
  readonly #queue = new BoundedQueue<Item>(mostWaiting);
  readonly #budget: SeriesBudget;
  /** The labels of devices as they were written last; as many as the budget admits. */
  readonly #labelled = new Map<DeviceId, MetricPoint>();
  #underWay: readonly ReadItem[] = [];
  #running: Promise<void> | undefined;
  #wake: () => void = () => {};
  #isStopped = false;
  readonly #counts = { windows: 0, points: 0, shortened: 0, unreadable: 0, failures: 0 };
  #fault: string | null = null;

  constructor(deps: MetricMirrorDeps) {
    this.#deps = deps;
    this.#budget = new SeriesBudget(deps.maxSeries);
  }

  get standing(): MirrorStanding {
    const waiting = this.#queue.size + this.#underWay.length;
    return { ...this.#counts, waiting, dropped: this.#queue.refused, series: this.#budget.used, fault: this.#fault };
  }

  /** These windows are committed. */
  offerWindows(windows: readonly ReceivedWindow[]): void {
    // As messages they are small. A copy: a message lies in whatever its connection brought at once.
    for (const w of windows) this.#queue.offer("encoded" in w ? { ...w, encoded: new Uint8Array(w.encoded) } : w);
    this.#start();
  }

  /** Of a look its points wait, and not what they are made of: that may have thousands of verdicts. */
  offerLook(look: Look): void {
    this.#queue.offer({ points: lookPoints(look) });
    this.#start();
  }

  /**
   * The points of windows, within the bound of series; windows of bundles that are not known have none. `isLabelled`: whose labels are written, too:
   * those of now.
   */
  async pointsOf(windows: readonly Window[], isLabelled: (deviceId: DeviceId) => boolean = () => true): Promise<MetricPoint[]> {
    const points: MetricPoint[] = [];
    const labelled = new Map<string, MetricPoint>();
    for (const window of windows) {
      const { deviceId } = window.key;
      const bundle = await this.#bundleOf(window.bundleDigest as Sha256);
      if (bundle === undefined) continue;
      const share = this.#budget.admit(window, featureSeries(bundle.spec));
      if (share !== "all") this.#counts.shortened += 1;
      if (share === "none") continue;
      points.push(windowPoint(window, bundle), ...(share === "all" ? featurePoints(window, bundle) : []));
      if (isLabelled(deviceId)) for (const point of this.#labelPoints(deviceId, window.endMs)) labelled.set(JSON.stringify([point.labels, point.atMs]), point);
    }
    return [...points, ...labelled.values()];
  }

  /** A device's labels as they are now; when they changed, what they were is said to be over: a device with two sets of labels could not be joined. */
  #labelPoints(deviceId: DeviceId, endMs: number): MetricPoint[] {
    const now = devicePoint(deviceId, this.#deps.labelsOf(deviceId) ?? {}, endMs);
    const before = this.#labelled.get(deviceId);
    this.#labelled.set(deviceId, now);
    if (before === undefined || JSON.stringify(before.labels) === JSON.stringify(now.labels)) return [now];
    return [{ ...before, atMs: Math.floor(endMs), values: { info: 0 } }, now];
  }

  async #bundleOf(digest: Sha256): Promise<WindowBundle | undefined> {
    const known = await this.#deps.shelf.find(digest);
    if (known === undefined) return undefined;
    const { name, version } = known.bundle.manifest;
    return { name, version, spec: known.reference.spec };
  }

  #start(): void {
    if (this.#running !== undefined || this.#isStopped) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  async #run(): Promise<void> {
    await this.#pause(this.#deps.gatherMs ?? 500);
    for (let failed = 0; this.#queue.size > 0 || this.#underWay.length > 0; ) {
      if (this.#underWay.length === 0) this.#underWay = this.#queue.take(batch).flatMap((item) => this.#readable(item));
      if (await this.#write(this.#underWay)) {
        this.#underWay = [];
        failed = 0;
        continue;
      }
      if (this.#isStopped) return;
      await this.#pause(Math.max(100, retryDelayMs(retry, failed, this.#deps.random)));
      failed += 1;
    }
  }

  /** Once, and not at each try to write: what cannot be decoded never will be. */
  #readable(item: Item): ReadItem[] {
    if ("points" in item) return [item];
    try {
      return [windowOf(item)];
    } catch (error) {
      this.#counts.unreadable += 1;
      this.#deps.log.error({ ...item.key, error: messageOf(error) }, "the numbers of a window cannot be read, and are not written to be drawn; it is stored");
      return [];
    }
  }

  async #write(items: readonly ReadItem[]): Promise<boolean> {
    const { store, log } = this.#deps;
    const windows = items.filter((item): item is Window => "key" in item);
    try {
      const points = [...(await this.pointsOf(windows)), ...items.flatMap((item) => ("points" in item ? item.points : []))];
      await store.write(points);
      this.#counts.windows += windows.length;
      this.#counts.points += points.length;
      if (this.#fault !== null) log.info({}, "metrics are written again");
      this.#fault = null;
      return true;
    } catch (error) {
      this.#counts.failures += 1;
      // Told once, not at each try.
      if (this.#fault === null) log.warn({ error: messageOf(error) }, "metrics could not be written; they are tried again");
      this.#fault = messageOf(error);
      return false;
    }
  }

  #pause(ms: number): Promise<void> {
    if (this.#isStopped) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Writes what waits, once, and no longer than a few seconds. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#wake();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, lastWriteMs);
    });
    await Promise.race([this.#running, late]);
    clearTimeout(timer);
  }
}
