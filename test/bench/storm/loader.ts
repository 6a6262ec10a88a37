// A process full of devices. It is told what to do by its parent, one request at a time.
import { readFileSync } from "node:fs";
import type { Profile } from "@kedge/profile";
import { seededRandom } from "@kedge/core";
import { profileOf } from "../query/filled-store.js";
import type { FleetFiles } from "./fleet-files.js";
import { StormDevice } from "./storm-device.js";

/** What the devices of a loader are asked. */
export type LoaderAsk =
  | {
      readonly kind: "start";
      readonly path: string;
      readonly from: number;
      readonly to: number;
      readonly url: string;
      readonly features: number;
      readonly splayMs: number;
      readonly seed: number;
    }
  /** Each device ends so many windows, which it is not to send before it has another connection. */
  | { readonly kind: "windows"; readonly each: number }
  /** From now on mishaps are counted anew. */
  | { readonly kind: "forget" }
  | { readonly kind: "look" }
  | { readonly kind: "stop" };

export interface LoaderAnswer {
  readonly connected: number;
  /** Windows that are not acknowledged. */
  readonly held: number;
  /** When each device was last connected, by the wall clock. */
  readonly connectedAtMs: readonly number[];
  readonly mishaps: Readonly<Record<string, number>>;
  /** Of this process since it began. */
  readonly cpuSeconds: number;
}

const devices: StormDevice[] = [];

function look(isWhole: boolean): LoaderAnswer {
  const mishaps: Record<string, number> = {};
  for (const device of devices) for (const [mishap, count] of device.mishaps) mishaps[mishap] = (mishaps[mishap] ?? 0) + count;
  return {
    connected: devices.filter((d) => d.isConnected).length,
    held: devices.reduce((sum, d) => sum + d.held, 0),
    connectedAtMs: isWhole ? devices.map((d) => d.connectedAtMs) : [],
    mishaps,
    cpuSeconds: (process.cpuUsage().user + process.cpuUsage().system) / 1e6,
  };
}

function start({ path, from, to, url, features, splayMs, seed }: Extract<LoaderAsk, { kind: "start" }>): void {
  const fleet = JSON.parse(readFileSync(path, "utf8")) as FleetFiles;
  const profile: Profile = { ...profileOf(features, 1_000, seededRandom(seed)), specHash: fleet.specHash };
  const around = { url, authorityPem: fleet.authorityPem, bundleDigest: fleet.bundleDigest, profile, seed };
  for (const [i, papers] of fleet.devices.slice(from, to).entries()) {
    const device = new StormDevice(papers, around, from + i, splayMs);
    devices.push(device);
    device.start().catch(() => {});
  }
}

async function answerTo(ask: LoaderAsk): Promise<LoaderAnswer> {
  if (ask.kind === "start") start(ask);
  else if (ask.kind === "windows") for (let i = 0; i < ask.each; i += 1) for (const device of devices) await device.closeWindow();
  else if (ask.kind === "forget") for (const device of devices) device.mishaps.clear();
  else if (ask.kind === "stop") {
    for (const device of devices) void device.close();
    setTimeout(() => process.exit(0), 500);
  }
  return look(ask.kind === "look");
}

process.on("message", (ask: LoaderAsk) => void answerTo(ask).then((answer) => process.send?.(answer)));
process.on("disconnect", () => process.exit(0));
