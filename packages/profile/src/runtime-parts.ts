import { valueStates } from "@kedge/stats";
import type { Part, RecipeFeature, Row } from "./row-part.js";

/** How long a prediction took. */
export const latencyPart: Part = {
  features: [{ name: "latency_ms", role: "runtime", kind: "numeric" }],
  fill({ latencyMs }, row, at) {
    row.states[at] = valueStates.present;
    row.numbers[at] = latencyMs;
  },
};

/**
 * Bins of what a device's machine is like. A reference is made on another machine, whose quantiles would say nothing: below 60 °C most boards
 * are well, from 80 °C they throttle; memory in doublings.
 */
export const vitalCuts: Readonly<Record<"temperature_c" | "memory_mib", { readonly cuts: readonly number[]; readonly low: number; readonly high: number }>> = {
  temperature_c: { cuts: [20, 40, 60, 70, 80, 90], low: -40, high: 125 },
  memory_mib: { cuts: [32, 64, 128, 256, 512, 1_024, 2_048], low: 0, high: 65_536 },
};

/** The cuts of a vital by its feature's name, which may have a prefix; `undefined` for other features. */
export function vitalCutsOf({ name, role }: Pick<RecipeFeature, "name" | "role">): (typeof vitalCuts)[keyof typeof vitalCuts] | undefined {
  if (role !== "runtime") return undefined;
  return name.endsWith("temperature_c") ? vitalCuts.temperature_c : name.endsWith("memory_mib") ? vitalCuts.memory_mib : undefined;
}

function put(row: Row, at: number, value: number | null | undefined): void {
  row.states[at] = value === null || value === undefined ? valueStates.missing : valueStates.present;
  if (typeof value === "number") row.numbers[at] = value;
}

function vital(name: string, taken: ReadonlySet<string>): RecipeFeature {
  return { name: taken.has(name) ? `device.${name}` : name, role: "runtime", kind: "numeric" };
}

/** How warm the machine is and how much memory the agent holds, where it tells. `taken` names are of inputs that were there before. */
export function vitalsPart(taken: ReadonlySet<string>): Part {
  return {
    features: [vital("temperature_c", taken), vital("memory_mib", taken)],
    fill({ vitals }, row, at) {
      put(row, at, vitals?.temperatureC);
      put(row, at + 1, vitals?.memoryMib);
    },
  };
}
