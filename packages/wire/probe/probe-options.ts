import type { Product } from "./products.js";

/** The broker that is looked at. */
export interface ProbeTarget {
  /** `mqtts://host:8883` or `mqtt://host:1883`. */
  readonly url: string;
  /** PEM. The broker's authority; without one, those that Node trusts. */
  readonly ca?: string;
  /** How long to wait for any one answer. */
  readonly limitMs: number;
}

/** Who asks. */
export interface ProbeUser {
  readonly username?: string;
  readonly password?: string;
  /** PEM. */
  readonly certificate?: string;
  readonly key?: string;
}

/** What to look at, and as whom. */
export interface ProbeOptions {
  readonly target: ProbeTarget;
  /** Who may do everything under `kedge/1/`: the collector. */
  readonly collector: ProbeUser;
  /** A device, to see what the broker's rules let it do; `null`: that is not looked at. */
  readonly device: (ProbeUser & { readonly deviceId: string; readonly url?: string }) | null;
  /** Where it cannot be seen from outside. */
  readonly product: Product | null;
  /** Messages that are left for a client that is away. */
  readonly queueDepth: number;
  /** Names this probe's topics and clients: letters and digits. */
  readonly nonce: string;
  /** How long a silence means that nothing more comes. */
  readonly quietMs: number;
  /** Told what is looked at. */
  readonly onStep: (what: string) => void;
}
