import type { imageFeatures } from "@kedge/profile";

/** One statistic of images over some rows. */
export interface SightFigure {
  readonly mean: number;
  readonly sd: number;
  readonly rows: number;
}

type Name = (typeof imageFeatures)[number];

/** The statistics of images that a spec counts. Specs of old bundles lack some. */
export type SightFigures = Partial<Readonly<Record<Name, SightFigure>>>;

/** What became of the picture, where statistics tell. Pixels to the right and down; degrees clockwise; `factor` of the light; `share` of the sharpness. */
export type Sight =
  | { readonly kind: "moved"; readonly right: number; readonly down: number }
  | { readonly kind: "turned"; readonly degrees: number }
  | { readonly kind: "blurred"; readonly share: number }
  | { readonly kind: "marked" }
  | { readonly kind: "light"; readonly factor: number }
  | { readonly kind: "inverted" };

/** Standard deviations by which a mean must move to have moved: about what `effectLimit` asks of a feature. */
const moved = 0.25;
/** And within which it stayed, beside twice its standard error: a knock of 3 px moves no other mean by more. */
const stayed = 0.12;
/** The same for the logarithm of a standard deviation: where other things are seen, these change first. */
const asVaried = 0.15;
/** The same for the centre of a camera that moved: less happens to it when other things are seen, and matters to few models. */
const movedAway = 0.5;
/** Degrees of a turn that is told: fewer happen when other things are seen, more leave nothing in the picture as it was. */
const turns = { least: 6, most: 40 } as const;
/** Length of the mean direction of edges below which it has no angle worth the name. */
const leastDirection = 0.08;

/** The statistics then and now, as rules ask of them. */
class View {
  readonly #then: SightFigures;
  readonly #now: SightFigures;

  constructor(then: SightFigures, now: SightFigures) {
    this.#then = then;
    this.#now = now;
  }

  /** By how much a mean moved, in its unit; 0 of what is not counted. */
  by(name: Name): number {
    return (this.#now[name]?.mean ?? 0) - (this.#then[name]?.mean ?? 0);
  }

  /** By how many of its former standard deviations. */
  shift(name: Name): number {
    const sd = this.#then[name]?.sd ?? 0;
    return sd > 0 ? this.by(name) / sd : 0;
  }

  /** What it is of what it was. */
  ratio(name: Name): number {
    const [then, now] = [this.#then[name]?.mean ?? 0, this.#now[name]?.mean ?? 0];
    return then > 0 ? now / then : 1;
  }

  /** Whether neither means nor spreads changed by more than chance and a little. */
  holds(...names: readonly Name[]): boolean {
    return names.every((name) => Math.abs(this.shift(name)) < stayed + 2 * this.#doubt(name) && this.varies(name, 1));
  }

  /** Whether the spread is `wanted` times what it was. */
  varies(name: Name, wanted: number): boolean {
    const [then, now] = [this.#then[name]?.sd ?? 0, this.#now[name]?.sd ?? 0];
    return then <= 0 || Math.abs(Math.log(now / then / wanted)) < asVaried + Math.SQRT2 * this.#doubt(name);
  }

  /** Standard error of a difference of means, in standard deviations. */
  #doubt(name: Name): number {
    return Math.sqrt(1 / (this.#then[name]?.rows ?? 1) + 1 / (this.#now[name]?.rows ?? 1));
  }

  /** Whether the ratio is `wanted`, within a factor. */
  isNear(name: Name, wanted: number, within: number): boolean {
    const off = this.ratio(name) / wanted;
    return off < within && off > 1 / within;
  }

  /** By how many degrees edges turned, clockwise, −90 to 90; `undefined` where they have no main direction. */
  turn(): number | undefined {
    const angle = ({ upright, slant }: SightFigures): number | undefined =>
      upright === undefined || slant === undefined || Math.hypot(upright.mean, slant.mean) < leastDirection
        ? undefined
        : (Math.atan2(slant.mean, upright.mean) * 90) / Math.PI;
    const [then, now] = [angle(this.#then), angle(this.#now)];
    if (then === undefined || now === undefined) return undefined;
    return ((((now - then + 90) % 180) + 180) % 180) - 90;
  }

  get brightness(): readonly [number, number] {
    return [this.#then.brightness?.mean ?? 0, this.#now.brightness?.mean ?? 0];
  }
}

/** Where the light is and where edges point. */
const places: readonly Name[] = ["center_x", "center_y", "upright", "slant"];

type Rule = (view: View) => Sight | undefined;

/** 1 − g everywhere: as much contrast, as sharp, the other brightness. */
const isInverted: Rule = (view) => {
  const [then, now] = view.brightness;
  const isOther = Math.abs(view.shift("brightness")) > 2 * moved && Math.abs(now - (1 - then)) < 0.25 * Math.abs(now - then);
  // The spread of sharpness has a long tail, and says nothing in a thousand rows.
  return isOther && view.holds("contrast") && view.isNear("sharpness", 1, 1.25) ? { kind: "inverted" } : undefined;
};

/** f · g everywhere: contrast by f, both energies of edges by f², nothing elsewhere. */
const isLight: Rule = (view) => {
  const factor = view.ratio("brightness");
  const isSame = view.holds(...places);
  const isScaled = view.isNear("contrast", factor, 1.1) && view.isNear("edge_energy", factor * factor, 1.3) && view.isNear("sharpness", factor * factor, 1.3);
  return isSame && isScaled && view.varies("brightness", factor) && Math.abs(Math.log(factor)) > 0.15 ? { kind: "light", factor } : undefined;
};

/** Hard edges came in, and they change where edges point or where the light is. */
const isMarked: Rule = (view) =>
  view.ratio("edge_energy") > 1.15 && view.ratio("sharpness") > 1.15 && places.some((name) => Math.abs(view.shift(name)) >= moved)
    ? { kind: "marked" }
    : undefined;

/** The direction of edges turned; the light stays, and pixels taken from between others make nothing sharper. */
const isTurned: Rule = (view) => {
  const degrees = view.turn();
  if (degrees === undefined || Math.abs(degrees) < turns.least || Math.abs(degrees) > turns.most || Math.abs(view.shift("slant")) < 1.2 * moved)
    return undefined;
  return view.holds("brightness") && view.isNear("contrast", 1, 1.15) && view.varies("contrast", 1) && view.ratio("sharpness") < 1.15
    ? { kind: "turned", degrees }
    : undefined;
};

/** Fine detail went: sharpness, a second derivative, falls by more than edge energy, a first one. */
const isBlurred: Rule = (view) => {
  const share = view.ratio("sharpness");
  const isSofter = share < 0.75 && share < view.ratio("edge_energy") * 0.9;
  return isSofter && view.holds("brightness", "center_x", "center_y") ? { kind: "blurred", share } : undefined;
};

/** The light went elsewhere, as bright and as sharp as before. */
const isMoved: Rule = (view) => {
  if (Math.max(Math.abs(view.shift("center_x")), Math.abs(view.shift("center_y"))) < movedAway) return undefined;
  const isSame = view.holds("brightness", "contrast", "slant", "upright") && view.isNear("sharpness", 1, 1.25) && view.isNear("edge_energy", 1, 1.2);
  return isSame ? { kind: "moved", right: view.by("center_x"), down: view.by("center_y") } : undefined;
};

/** From the most particular on: what is inverted has also moved its centre. */
const rules: readonly Rule[] = [isInverted, isLight, isMarked, isTurned, isBlurred, isMoved];

/**
 * What happened to the picture, told from what optics does to the means of its statistics: a knock moves the centre and leaves light and
 * edges; less light scales contrast by as much and the energy of edges by its square; a soft lens takes second derivatives before first ones; a turn
 * turns the direction of edges. `undefined` where the statistics moved together in no such way, as they do when other things are seen.
 */
export function sightOf(then: SightFigures, now: SightFigures): Sight | undefined {
  const view = new View(then, now);
  for (const rule of rules) {
    const sight = rule(view);
    if (sight !== undefined) return sight;
  }
  return undefined;
}

const pixels = (n: number): string => `${Math.abs(n) < 1.5 ? Math.abs(n).toFixed(1) : Math.round(Math.abs(n))} px`;

function movement(right: number, down: number): string {
  const sideways = Math.abs(right) < 0.3 ? [] : [`${pixels(right)} to the ${right > 0 ? "right" : "left"}`];
  const upright = Math.abs(down) < 0.3 ? [] : [`${pixels(down)} ${down > 0 ? "down" : "up"}`];
  const told = [...sideways, ...upright];
  return told.length === 0 ? "by less than a pixel" : `by about ${told.join(" and ")}`;
}

/** The sight in a sentence, with the question that someone beside the camera can answer. */
export function sightSentence(sight: Sight): string {
  const percent = (share: number): string => `${Math.round(100 * share)} %`;
  switch (sight.kind) {
    case "moved":
      return `The picture has moved ${movement(sight.right, sight.down)}: was the camera knocked?`;
    case "turned":
      return `The picture is turned by about ${Math.round(Math.abs(sight.degrees))}° ${sight.degrees > 0 ? "clockwise" : "anticlockwise"}: has the camera slipped in its mount?`;
    case "blurred":
      return `The picture has lost its fine detail (sharpness is ${percent(sight.share)} of what it was): is the lens dirty or out of focus?`;
    case "marked":
      return "Something with hard edges stands in the picture that was not there: is the lens scratched, or does something hang before it?";
    case "light":
      return `The picture has ${percent(sight.factor)} of its former light and is otherwise the same: has a lamp or the exposure changed?`;
    case "inverted":
      return "Light and dark are exchanged: check the camera's settings and the conversion of its frames.";
  }
}
