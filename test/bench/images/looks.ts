import { type DeviceId, type Random, type Sha256, seededRandom, shuffled } from "@kedge/core";
import { fashionClasses, fashionRecipe } from "@kedge/demo";
import { type FleetLook, type LabelledAnswers, lookAtFleet, type WatchedDevice } from "@kedge/drift";
import { buildSpec, createProfiler, type Profiler, profileOf, type Recipe, type ReferenceProfile, type Window } from "@kedge/profile";
import type { Seen } from "./scenes.js";

/** How the fleet is looked at: minutes as they are by default, and a camera that shows a frame every 1.2 s. */
export const framesPerWindow = 50;
export const windowsLookedBack = 10;
const windowMs = 60_000;

/** Two cameras at each of three sites, as in the demo. */
export const sites = ["oslo", "lyon", "porto"] as const;
export const cameras: readonly { readonly deviceId: DeviceId; readonly site: string }[] = sites.flatMap((site) =>
  [1, 2].map((n) => ({ deviceId: `${site}-${n}` as DeviceId, site })),
);

/** What is normal, from images that no camera shows, and the images that cameras show. */
export interface Stage {
  readonly reference: ReferenceProfile;
  readonly accuracy: LabelledAnswers;
  readonly onShow: readonly number[];
}

const referenceImages = 1_000;

/** Draws which images make the reference. */
export function stageOf(clean: readonly Seen[], random: Random, recipe: Recipe = fashionRecipe): Stage {
  const order = shuffled(
    clean.map((_, i) => i),
    random,
  );
  const held = order.slice(0, referenceImages).flatMap((i) => clean[i] ?? []);
  const predictions = held.map((s) => s.prediction);
  const spec = buildSpec(recipe, predictions, fashionClasses);
  return {
    reference: { spec, cohorts: [{ selector: "", profile: profileOf(spec, "spec", predictions), rows: held.length }] },
    accuracy: { right: held.filter((s) => s.isRight).length, rows: held.length },
    onShow: order.slice(referenceImages),
  };
}

/** A window, and how many of its answers were labelled and right. */
interface CameraWindow {
  readonly window: Window;
  readonly labelled: LabelledAnswers;
}

const bundleDigest = "b".repeat(64) as Sha256;

/** One camera: its frames in an order of its own, its profiler, its last windows. */
class Camera {
  readonly #frames: readonly number[];
  readonly #profiler: Profiler;
  readonly #deviceId: DeviceId;
  readonly windows: CameraWindow[] = [];
  #next = 0;
  #seq = 0;

  constructor(deviceId: DeviceId, stage: Stage, random: Random) {
    this.#deviceId = deviceId;
    this.#frames = shuffled(stage.onShow, random);
    this.#profiler = createProfiler(stage.reference.spec, "spec");
  }

  show(seen: readonly Seen[], startMs: number, labelEvery: number): void {
    let right = 0;
    let rows = 0;
    for (let i = 0; i < framesPerWindow; i += 1) {
      const frame = seen[this.#frames[this.#next % this.#frames.length] ?? 0];
      this.#next += 1;
      if (frame === undefined) continue;
      this.#profiler.add(frame.prediction);
      if (labelEvery === 0 || i % labelEvery > 0) continue;
      rows += 1;
      right += frame.isRight ? 1 : 0;
    }
    this.#seq += 1;
    const key = { deviceId: this.#deviceId, bootEpoch: 1, seq: this.#seq };
    const window: Window = { key, startMs, endMs: startMs + windowMs, bundleDigest, profile: this.#profiler.take(), trigger: "interval" };
    this.windows.push({ window, labelled: { right, rows } });
    if (this.windows.length > windowsLookedBack) this.windows.shift();
  }
}

/** A fleet of cameras over one stage. */
export class CameraFleet {
  readonly #cameras: readonly Camera[];
  readonly #stage: Stage;
  #memories: FleetLook["memories"] = new Map();
  #startMs = 0;

  constructor(stage: Stage, seed: number) {
    this.#stage = stage;
    this.#cameras = cameras.map(({ deviceId }, i) => new Camera(deviceId, stage, seededRandom(seed + i)));
  }

  /** Every camera shows a window's frames: those at places in `disturbed` see `through`, the others `clean`. One in `labelEvery` is labelled; 0: none. */
  show(clean: readonly Seen[], { disturbed, through, labelEvery }: Disturbed): void {
    for (const [i, camera] of this.#cameras.entries()) camera.show(disturbed.has(i) ? through : clean, this.#startMs, labelEvery);
    this.#startMs += windowMs;
  }

  /** Looks as the collector does. */
  look(): FleetLook {
    const { reference, accuracy } = this.#stage;
    const devices = cameras.map(({ deviceId, site }, i): WatchedDevice => {
      const shown = this.#cameras[i]?.windows ?? [];
      const labelled = shown.reduce((sum, w) => ({ right: sum.right + w.labelled.right, rows: sum.rows + w.labelled.rows }), { right: 0, rows: 0 });
      return { deviceId, labels: { site }, windows: shown.map((w) => w.window), ...(labelled.rows > 0 && { labelled }) };
    });
    const fleet = { bundleDigest, reference, accuracy, memories: this.#memories, atMs: this.#startMs, lookBackMs: windowsLookedBack * windowMs };
    const look = lookAtFleet(fleet, devices);
    this.#memories = look.memories;
    return look;
  }
}

/** Which cameras are disturbed, and what they see. */
export interface Disturbed {
  readonly disturbed: ReadonlySet<number>;
  readonly through: readonly Seen[];
  readonly labelEvery: number;
}
