import { imageFeatures, type ProfileSpec } from "@kedge/profile";
import type { Node } from "./node-counts.js";
import { momentsOver, type Picture, pictureIn } from "./picture.js";
import { type Sight, type SightFigures, sightOf } from "./sight.js";

/** Rows since the onset from which means of images are believed. */
const enoughRows = 50;

function figuresOf(pictures: readonly Picture[]): SightFigures {
  return Object.fromEntries(
    imageFeatures.flatMap((name) => {
      const sum = momentsOver(pictures, name);
      return sum === undefined || sum.count < enoughRows ? [] : [[name, { mean: sum.mean, sd: Math.sqrt(sum.m2 / (sum.count - 1)), rows: sum.count }]];
    }),
  );
}

/** What became of the picture at a node of cameras, by their windows since `onsetMs`: what came before it would dilute a knock of 2 px to one of half. */
export function sightAt(node: Node, spec: ProfileSpec, onsetMs: number | null): Sight | undefined {
  if (spec.recipe.input.kind !== "image") return undefined;
  const since = node.devices.flatMap((d) => (d.parts ?? []).flatMap((p) => (onsetMs !== null && p.startMs >= onsetMs ? (p.picture ?? []) : [])));
  const rows = since.reduce((sum, p) => sum + p.rows, 0);
  const now = rows >= enoughRows ? since : node.devices.flatMap((d) => pictureIn(d.profile, spec) ?? []);
  const then = [...new Set(node.devices.map((d) => d.reference))].flatMap((reference) => pictureIn(reference, spec) ?? []);
  return sightOf(figuresOf(then), figuresOf(now));
}
