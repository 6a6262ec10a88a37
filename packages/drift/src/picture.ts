import { imageFeatures, type Profile, type ProfileSpec } from "@kedge/profile";
import { mergeMoments, type Moments } from "@kedge/stats";

/** What a camera's frames were like, without their histograms: a look-back over a fleet holds a hundred thousand of them. */
export interface Picture {
  readonly rows: number;
  /** By the statistics that the spec counts. */
  readonly moments: Readonly<Partial<Record<(typeof imageFeatures)[number], Moments>>>;
}

/** The picture in a profile; `undefined` where the spec is of no camera. */
export function pictureIn(profile: Profile, spec: ProfileSpec): Picture | undefined {
  if (spec.recipe.input.kind !== "image") return undefined;
  const moments: Partial<Record<(typeof imageFeatures)[number], Moments>> = {};
  for (const name of imageFeatures) {
    const summary = profile.features[spec.features.findIndex((f) => f.name === name && f.role === "input")];
    if (summary?.kind !== "numeric" || summary.count === 0) continue;
    const { count, mean, m2, min, max } = summary;
    moments[name] = { count, mean, m2, min, max, notANumber: 0 };
  }
  return { rows: profile.rows, moments };
}

/** One statistic over several pictures; `undefined` where none has it. */
export function momentsOver(pictures: readonly Picture[], name: (typeof imageFeatures)[number]): Moments | undefined {
  return pictures.reduce<Moments | undefined>((sum, { moments }) => {
    const own = moments[name];
    return sum === undefined || own === undefined ? (sum ?? own) : mergeMoments(sum, own);
  }, undefined);
}
