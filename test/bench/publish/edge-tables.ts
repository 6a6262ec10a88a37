import type { DelayFigures } from "../edge/delays.js";
import type { BenchResult, Table } from "./page.js";

/** Each change by itself: how soon the incident opens when devices send everything, and when they speak seldom. */
export function edgeTables(result: BenchResult): readonly Table[] {
  const delays = (result["delays"] ?? []) as readonly (DelayFigures & { readonly changed: string })[];
  return [
    {
      title: "Mean seconds from the change to the incident",
      columns: ["what changed", "a window a minute", "on the device", "ratio", "found", "trials"],
      rows: delays.map((d) => [d.changed, d.everythingSeconds, d.edgeSeconds, d.ratio, d.found, d.trials]),
    },
  ];
}
