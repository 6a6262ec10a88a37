import type { Random } from "@kedge/core";
import { adwin, type ChangeDetector, cusum, ddm, eddm, hddmA, hddmW, kswin, levelAndSpread, pageHinkley } from "@kedge/stats";
import type { ChangeStream } from "./streams.js";

/** A detector as it comes, without tuning. */
export interface Contender {
  readonly name: string;
  readonly takes: readonly ChangeStream["values"][];
  readonly create: (random: Random) => ChangeDetector;
}

const anything = ["bits", "shares", "numbers"] as const;
const withinOne = ["bits", "shares"] as const;

function alwaysFires(): ChangeDetector {
  return { kind: "always-fires", isWarning: false, ignored: 0, update: () => true, reset: () => undefined };
}

/** The detector that devices run where nothing else is said. */
export const defaultDetector = levelAndSpread().kind;

export const contenders: readonly Contender[] = [
  { name: defaultDetector, takes: anything, create: () => levelAndSpread() },
  { name: "adwin", takes: anything, create: () => adwin() },
  { name: "page-hinkley", takes: anything, create: () => pageHinkley() },
  { name: "page-hinkley-up", takes: anything, create: () => pageHinkley({ sides: "up" }) },
  { name: "ddm", takes: ["bits"], create: () => ddm() },
  { name: "eddm", takes: ["bits"], create: () => eddm() },
  { name: "hddm-a", takes: withinOne, create: () => hddmA() },
  { name: "hddm-w", takes: withinOne, create: () => hddmW() },
  { name: "kswin", takes: anything, create: (random) => kswin({ random }) },
  { name: "kswin-005", takes: anything, create: (random) => kswin({ random, alpha: 0.005 }) },
  { name: "cusum", takes: anything, create: () => cusum() },
  { name: "always-fires", takes: anything, create: alwaysFires },
];
