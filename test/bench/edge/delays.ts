import { seededRandom } from "@kedge/core";
import { type FleetLook, lookAtFleet } from "@kedge/drift";
import { bundleDigest, coarse, DeviceUnderTest, everything, type Manner } from "./device-under-test.js";
import { type Bundle, type Change, drawRow, makeBundle, noChange } from "./sensor-model.js";

/** As a collector without settings looks. */
const lookEveryMs = 60_000;
const lookBackMs = 600_000;
/** Two looks in a row open an incident. */
const looksToOpen = 2;
/** An early window is on its way so long until it is stored and looked at. */
const transitMs = 1_000;
const secondMs = 1_000;

export interface DelayTrial {
  /** From the change to the incident, seconds; undefined when there was none within `hours`. */
  readonly seconds: number | undefined;
}

interface Scene {
  readonly bundle: Bundle;
  readonly devices: readonly DeviceUnderTest[];
  readonly manner: Manner;
  memories: FleetLook["memories"];
}

/** Whether a look as the collector makes it names a cause. */
function look(scene: Scene, nowMs: number): boolean {
  const { bundle, devices, manner } = scene;
  const backMs = Math.max(lookBackMs, manner.reportEveryMs > 60_000 ? 2 * manner.reportEveryMs : 0);
  const reference = { spec: bundle.spec, cohorts: [{ selector: "", profile: bundle.reference, rows: bundle.reference.rows }] };
  const { causes, memories } = lookAtFleet(
    { bundleDigest, reference, memories: scene.memories, atMs: nowMs, lookBackMs },
    devices.map(({ deviceId, sent }) => ({ deviceId, labels: { site: deviceId.split("-")[0] ?? "" }, windows: sent.slice(-100), lookBackMs: backMs })),
  );
  scene.memories = memories;
  return causes.length > 0;
}

/** One row a second on each of eight devices at two sites; at one site something changes at some moment of a heartbeat. */
export function delayTrial(manner: Manner, change: Change, seed: number, hours = 2): DelayTrial {
  const random = seededRandom(seed);
  const bundle = makeBundle(seed + 1, { alarmsPerFleetDay: 1, devices: 8, rowsPerDay: 86_400 });
  const devices = Array.from({ length: 8 }, (_, i) => new DeviceUnderTest(`${i < 4 ? "oslo" : "lyon"}-${i}`, bundle, manner, seed + i));
  const scene: Scene = { bundle, devices, manner, memories: new Map() };
  const changeMs = 1_800_000 + Math.floor(random() * 900) * secondMs;
  let inARow = 0;
  let soonMs: number | undefined;
  for (let nowMs = secondMs; nowMs <= changeMs + hours * 3_600_000; nowMs += secondMs) {
    devices.forEach((device, i) => {
      const isMoved = i < 4 && nowMs > changeMs;
      if (device.see(drawRow(random, isMoved ? change : noChange), nowMs)) soonMs ??= nowMs + transitMs;
      device.tick(nowMs);
    });
    const isEarly = soonMs !== undefined && nowMs >= soonMs;
    if (isEarly) soonMs = undefined;
    // Looks before the change can only find it by mistake, and would cost most of the time.
    if (nowMs <= changeMs || !(isEarly || nowMs % lookEveryMs === 0)) continue;
    inARow = look(scene, nowMs) ? inARow + 1 : 0;
    if (inARow >= looksToOpen) return { seconds: (nowMs - changeMs) / 1_000 };
  }
  return { seconds: undefined };
}

export interface DelayFigures {
  readonly trials: number;
  readonly found: number;
  readonly everythingSeconds: number;
  readonly edgeSeconds: number;
  readonly ratio: number;
}

const meanOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);

/** Delays of both manners over the same rows. What was never found counts as the whole time. */
export function delays(change: Change, trials: number, seed: number): DelayFigures {
  const pairs = Array.from({ length: trials }, (_, i) => [everything, coarse].map((manner) => delayTrial(manner, change, seed + 100 * i).seconds ?? 7_200));
  const [all, edge] = [0, 1].map((side) => meanOf(pairs.map((p) => p[side] ?? 7_200))) as [number, number];
  return { trials, found: pairs.filter((p) => (p[1] ?? 7_200) < 7_200).length, everythingSeconds: all, edgeSeconds: edge, ratio: edge / all };
}

/** Bytes of a device in a day, in which something changes at noon, against those of one that sends everything. */
export function bytesOfADay(rowEverySeconds: number, seed: number): { readonly everything: number; readonly edge: number; readonly ratio: number } {
  const bundle = makeBundle(seed, { alarmsPerFleetDay: 1, devices: 10, rowsPerDay: 86_400 });
  const [all, edge] = [everything, coarse].map((manner) => {
    const random = seededRandom(seed);
    const device = new DeviceUnderTest("oslo-1", bundle, manner, seed);
    for (let second = 1; second <= 86_400; second += 1) {
      if (second % rowEverySeconds === 0) device.see(drawRow(random, second > 43_200 ? { contrast: 0.5, shift: 0 } : noChange), second * secondMs);
      device.tick(second * secondMs);
    }
    return device.bytes;
  }) as [number, number];
  return { everything: all, edge, ratio: edge / all };
}
