import type { PartCounts } from "./part-counts.js";
import type { PartPlan } from "./fleet-part.js";

/** What the program says to the process of a part. */
export type PartOrder =
  | { readonly kind: "open"; readonly plan: PartPlan }
  | { readonly kind: "begin"; readonly startMs: number }
  | { readonly kind: "end" }
  | { readonly kind: "stop" };

/** What the process of a part says to the program. */
export type PartWord =
  | { readonly kind: "connecting" }
  | { readonly kind: "counts"; readonly counts: PartCounts }
  | { readonly kind: "note"; readonly text: string }
  | { readonly kind: "stopped" };
