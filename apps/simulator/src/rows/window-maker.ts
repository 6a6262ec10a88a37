import type { Labels, Random } from "@kedge/core";
import { createProfiler, type Profile, type Profiler, type ReferenceProfile, referenceFor } from "@kedge/profile";
import type { Drift } from "../scenario/scenario.js";
import { DrawnRow } from "./drawn-row.js";
import { drawnSketch } from "./drawn-sketch.js";
import { type DriftEffect, effectsOn } from "./drift-effect.js";
import { lotOf, lots, seedOf } from "./seeds.js";

/** What windows are made of. */
export interface WindowPlan {
  readonly seed: number;
  readonly rows: number;
  readonly intervalMs: number;
  readonly pool: number | null;
  readonly drift: readonly Drift[];
}

/** Which window: of the device with this number and these labels, the `index`-th since the first, ended so long after the windows began. */
export interface WindowAsked {
  readonly device: number;
  readonly labels: Labels;
  readonly index: number;
  readonly elapsedMs: number;
}

/** What makes the windows of devices that are held against the same reference. */
interface Desk {
  readonly reference: Profile;
  readonly row: DrawnRow;
  readonly profiler: Profiler;
  readonly pool: Profile[];
}

/**
 * Makes the windows of all devices of a process under one bundle: each from the scenario's seed, the device and the window alone, so that what
 * happened before changes nothing. One profiler serves all, since a window is counted in one go.
 */
export class WindowMaker {
  readonly #bundle: ReferenceProfile;
  readonly #plan: WindowPlan;
  readonly #desks = new Map<Profile, Desk>();
  /** Devices of the same labels have the same effects; there are few sorts. */
  readonly #effects = new Map<string, readonly DriftEffect[]>();

  constructor(bundle: ReferenceProfile, plan: WindowPlan) {
    this.#bundle = bundle;
    this.#plan = plan;
  }

  /** A device's window; `undefined` when the bundle has no reference for it. */
  make(asked: WindowAsked): Profile | undefined {
    const desk = this.#deskFor(asked.labels);
    if (desk === undefined) return undefined;
    const { seed, pool, intervalMs } = this.#plan;
    const effects = this.#effectsOn(asked.labels).filter((e) => e.strengthAt(asked.elapsedMs) > 0 || e.strengthAt(asked.elapsedMs - intervalMs) > 0);
    if (pool === null || effects.length > 0) return this.#count(desk, effects, asked);
    const pick = seedOf(seed, lots.pool, asked.device, asked.index) % pool;
    const pooled = desk.pool[pick] ?? this.#count(desk, [], { device: -1 - pick, index: 0, elapsedMs: 0 });
    desk.pool[pick] = pooled;
    return pooled;
  }

  #deskFor(labels: Labels): Desk | undefined {
    const reference = referenceFor(this.#bundle, labels);
    if (reference === undefined) return undefined;
    const known = this.#desks.get(reference);
    if (known !== undefined) return known;
    const { spec } = this.#bundle;
    const row = new DrawnRow(spec, reference);
    const desk = { reference, row, profiler: createProfiler(spec, reference.specHash, { reader: row }), pool: [] };
    this.#desks.set(reference, desk);
    return desk;
  }

  #effectsOn(labels: Labels): readonly DriftEffect[] {
    const key = JSON.stringify(labels);
    const known = this.#effects.get(key) ?? effectsOn(labels, this.#plan.drift, this.#bundle.spec.features);
    this.#effects.set(key, known);
    return known;
  }

  #count(desk: Desk, effects: readonly DriftEffect[], { device, index, elapsedMs }: Omit<WindowAsked, "labels">): Profile {
    const { seed, rows, intervalMs } = this.#plan;
    const random = lotOf(seed, lots.rows, device, index);
    const stuckAt = lotOf(seed, lots.stuck, device)();
    for (let i = 0; i < rows; i += 1) {
      desk.row.next({ random, effects, elapsedMs: elapsedMs - intervalMs * (1 - (i + 0.5) / rows), stuckAt });
      // What the prediction says does not matter: the row is drawn.
      desk.profiler.add(nobody);
    }
    return this.#withSketches(desk, { effects, elapsedMs }, random);
  }

  #withSketches(
    { reference, profiler }: Desk,
    { effects, elapsedMs }: { readonly effects: readonly DriftEffect[]; readonly elapsedMs: number },
    random: Random,
  ): Profile {
    const { features: specs } = this.#bundle.spec;
    const profile = profiler.take();
    if (!specs.some((f) => f.kind === "embedding")) return profile;
    const features = profile.features.map((summary, i) => {
      const [spec, known] = [specs[i], reference.features[i]];
      if (spec?.kind !== "embedding" || known?.kind !== "embedding") return summary;
      const pull = effects.filter((e) => e.features.has(spec.name)).reduce((p, e) => p * (1 - e.strengthAt(elapsedMs) / 2), 1);
      return drawnSketch(spec, known, { rows: profile.rows, pull }, random);
    });
    return { ...profile, features };
  }
}

const nobody = { reading: { id: "", atMs: 0, inputs: {} }, outcome: { kind: "regression", value: 0 }, latencyMs: 0, bundleDigest: "" } as const;
