import type { Task } from "@kedge/inference";

/** One column of a tabular reading. An embedding is a tensor of `length` numbers. */
export type Column =
  | { readonly name: string; readonly kind: "numeric" | "categorical" | "boolean" }
  | { readonly name: string; readonly kind: "embedding"; readonly length: number };

/** An image, from the raw tensor: row by row, channels last. */
export interface ImageInput {
  readonly kind: "image";
  readonly from: string;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** Side of the thumbnail, whose grey values are sketched as one vector; without it there is none. */
  readonly thumbnail?: number;
}

/** How a reading's inputs become feature values. */
export type InputRecipe = ImageInput | { readonly kind: "tabular"; readonly columns: readonly Column[] } | { readonly kind: "none" };

/** How a prediction becomes a row of feature values. */
export interface Recipe {
  readonly input: InputRecipe;
  readonly task: Task["kind"];
}
