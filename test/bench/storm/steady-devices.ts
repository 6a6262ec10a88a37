import { seededRandom } from "@kedge/core";
import { encodeChunkRequest, topicFor } from "@kedge/wire";
import { profileOf } from "../query/filled-store.js";
import type { FleetFiles } from "./fleet-files.js";
import { StormDevice } from "./storm-device.js";

/** What devices that were not dropped met with. */
export interface SteadyFigures {
  readonly windows: number;
  readonly ackP50Ms: number;
  readonly ackP95Ms: number;
  readonly ackMaxMs: number;
  readonly chunks: number;
  readonly chunkP95Ms: number;
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Number((sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0).toFixed(1));
}

/** Devices whose connections stand while others are dropped: each ends a window a second, and the first fetches a model as in a rollout, chunk by chunk. */
export class SteadyDevices {
  readonly #devices: readonly StormDevice[];
  readonly #modelDigest: FleetFiles["modelDigest"];
  readonly #timers: NodeJS.Timeout[] = [];
  #chunkMs: number[] = [];
  windows = 0;

  constructor(fleet: FleetFiles, indices: readonly number[], options: { readonly url: string; readonly features: number; readonly seed: number }) {
    const profile = { ...profileOf(options.features, 1_000, seededRandom(options.seed)), specHash: fleet.specHash };
    const around = { url: options.url, authorityPem: fleet.authorityPem, bundleDigest: fleet.bundleDigest, profile, seed: options.seed };
    this.#modelDigest = fleet.modelDigest;
    this.#devices = indices.flatMap((i) => {
      const papers = fleet.devices[i];
      return papers === undefined ? [] : [new StormDevice(papers, around, i, 0)];
    });
  }

  async start(): Promise<void> {
    await Promise.all(this.#devices.map((device) => device.start()));
    this.#timers.push(
      setInterval(() => {
        for (const device of this.#devices) {
          this.windows += 1;
          void device.closeWindow().then(() => device.send());
        }
      }, 1_000),
    );
    this.#fetch(0);
  }

  #fetch(index: number): void {
    const [device] = this.#devices;
    if (device === undefined) return;
    const askedMs = performance.now();
    device.onBlock = () => {
      this.#chunkMs.push(performance.now() - askedMs);
      this.#timers.push(setTimeout(() => this.#fetch((index + 1) % 64), 50));
    };
    void device.link.publish(topicFor(device.deviceId, "art/get"), encodeChunkRequest({ digest: this.#modelDigest, index, count: 1 }), { qos: 0 });
  }

  /** What was met with since the last call. */
  take(): SteadyFigures {
    const acks = this.#devices.flatMap((d) => d.ackMs.splice(0));
    const chunks = this.#chunkMs.splice(0);
    const ends = { ackP50Ms: quantile(acks, 0.5), ackP95Ms: quantile(acks, 0.95), ackMaxMs: quantile(acks, 1) };
    return { windows: acks.length, ...ends, chunks: chunks.length, chunkP95Ms: quantile(chunks, 0.95) };
  }

  /** Of connections that were to stand. */
  get losses(): number {
    return this.#devices.reduce((sum, d) => sum + d.link.stats().losses, 0);
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all(this.#devices.map((device) => device.close()));
  }
}
