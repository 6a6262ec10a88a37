import { type FeatureSummary, imageFeatures, type Profile, type ProfileSpec } from "@kedge/profile";
import { mergeMoments } from "@kedge/stats";
import type { Node } from "./node-counts.js";
import { type Sight, type SightFigure, type SightFigures, sightOf } from "./sight.js";

/** Rows since the onset from which means of images are believed. */
const enoughRows = 50;

function figureOf(parts: readonly (FeatureSummary | undefined)[]): SightFigure | undefined {
  let sum = { count: 0, mean: 0, m2: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY, notANumber: 0 };
  for (const part of parts) if (part?.kind === "numeric" && part.count > 0) sum = mergeMoments(sum, { ...part, notANumber: 0 });
  return sum.count < enoughRows ? undefined : { mean: sum.mean, sd: Math.sqrt(sum.m2 / (sum.count - 1)), rows: sum.count };
}

function figuresOf(profiles: readonly Profile[], spec: ProfileSpec): SightFigures {
  return Object.fromEntries(
    imageFeatures.flatMap((name) => {
      const index = spec.features.findIndex((f) => f.name === name && f.role === "input");
      const figure = index < 0 ? undefined : figureOf(profiles.map((p) => p.features[index]));
      return figure === undefined ? [] : [[name, figure]];
    }),
  );
}

/** What became of the picture at a node of cameras, by their windows since `onsetMs`: what came before it would dilute a knock of 2 px to one of half. */
export function sightAt(node: Node, spec: ProfileSpec, onsetMs: number | null): Sight | undefined {
  if (spec.recipe.input.kind !== "image") return undefined;
  const since = node.devices.flatMap((d) => (d.parts ?? []).flatMap((p) => (onsetMs !== null && p.startMs >= onsetMs ? (p.ofCamera ?? []) : [])));
  const rows = since.reduce((sum, p) => sum + p.rows, 0);
  const now = rows >= enoughRows ? since : node.devices.map((d) => d.profile);
  return sightOf(figuresOf([...new Set(node.devices.map((d) => d.reference))], spec), figuresOf(now, spec));
}
