import type { Task } from "@kedge/inference";

/** One column of a tabular reading. */
export interface Column {
  readonly name: string;
  readonly kind: "numeric" | "categorical" | "boolean";
}

/** How a reading's inputs become feature values. Images: from the raw tensor, row by row, channels last. */
export type InputRecipe =
  | { readonly kind: "image"; readonly from: string; readonly width: number; readonly height: number; readonly channels: number }
  | { readonly kind: "tabular"; readonly columns: readonly Column[] }
  | { readonly kind: "none" };

/** How a prediction becomes a row of feature values. */
export interface Recipe {
  readonly input: InputRecipe;
  readonly task: Task["kind"];
}
