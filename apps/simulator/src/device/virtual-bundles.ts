import { KedgeError, type Sha256 } from "@kedge/core";
import type { ShelvedBundle } from "@kedge/device/adapters";
import type { ReferenceProfile } from "@kedge/profile";
import { decodeReferenceProfile } from "@kedge/wire";
import { simulatorCodes } from "../errors.js";
import { WindowMaker, type WindowPlan } from "../rows/window-maker.js";

/** Bundles kept for devices that run them; far more than a fleet has at once. */
const mostBundles = 64;

/** What the devices of a process run: a bundle's windows are made by one maker for all of them. */
export class VirtualBundles {
  readonly #plan: WindowPlan;
  readonly #makers = new Map<Sha256, WindowMaker>();
  readonly #onFirst: (bundle: ReferenceProfile, digest: Sha256) => void;

  /** `onFirst` is told of each bundle that comes for the first time. */
  constructor(plan: WindowPlan, onFirst: (bundle: ReferenceProfile, digest: Sha256) => void) {
    this.#plan = plan;
    this.#onFirst = onFirst;
  }

  async makerFor(bundle: ShelvedBundle): Promise<WindowMaker> {
    const known = this.#makers.get(bundle.digest);
    if (known !== undefined) return known;
    const decoded = decodeReferenceProfile(await bundle.read("reference"));
    if (decoded.kind === "rejected" || decoded.value.cohorts.length === 0) {
      const why = decoded.kind === "rejected" ? decoded.message : "it holds no reference";
      throw new KedgeError(simulatorCodes.noModel, `the reference profile of bundle ${bundle.digest.slice(0, 8)} cannot be used: ${why}`);
    }
    const maker = new WindowMaker(decoded.value, this.#plan);
    const oldest = this.#makers.keys().next();
    if (this.#makers.size >= mostBundles && oldest.done !== true) this.#makers.delete(oldest.value);
    this.#makers.set(bundle.digest, maker);
    this.#onFirst(decoded.value, bundle.digest);
    return maker;
  }
}
