import { InvariantError, type Random } from "@kedge/core";
import { createRowReader, type FeatureSpec, type Profile, type ProfileSpec, type RecipeFeature, type RowReader, type ValueList } from "@kedge/profile";
import { valueStates } from "@kedge/stats";
import { type DriftEffect, driftedNumber, driftedWord } from "./drift-effect.js";
import { type NumberDraw, numberDraw, type WordDraw, wordDraw } from "./feature-draw.js";

/** How one row is to be drawn. */
export interface RowDraw {
  readonly random: Random;
  readonly effects: readonly DriftEffect[];
  readonly elapsedMs: number;
  /** From 0 to 1, its own on each device: where a stuck sensor of it stands. */
  readonly stuckAt: number;
}

/** A feature's place in the row, and what draws it. `perRow`: how many values it has on average, for those that have many. */
interface Column {
  readonly name: string;
  readonly place: number;
  readonly perRow: number | undefined;
  readonly numbers: NumberDraw | undefined;
  readonly words: WordDraw | undefined;
}

function columnOf(
  feature: FeatureSpec,
  summary: Profile["features"][number] | undefined,
  at: { readonly features: readonly RecipeFeature[]; readonly rows: number },
): Column {
  const place = at.features.findIndex((f) => f.name === feature.name && f.role === feature.role && f.kind === feature.kind);
  const isMany = at.features[place]?.isMany === true;
  const count = summary === undefined ? 0 : summary.count;
  return {
    name: feature.name,
    place,
    perRow: isMany ? count / Math.max(1, at.rows) : undefined,
    numbers: feature.kind === "numeric" && summary?.kind === "numeric" ? numberDraw(feature, summary) : undefined,
    words: feature.kind === "categorical" && summary?.kind === "categorical" ? wordDraw(feature, summary) : undefined,
  };
}

/**
 * A row whose features are drawn one by one as a reference has them, in the place of one that is read of a prediction: so a profiler counts it as it
 * counts any. Features are independent of one another. Vectors have no value here: what a reference keeps of them gives none back.
 */
export class DrawnRow implements RowReader {
  readonly features: readonly RecipeFeature[];
  readonly numbers: Float64Array;
  readonly words: string[];
  readonly vectors: readonly (Float64Array | undefined)[];
  readonly lists: readonly (ValueList | undefined)[];
  readonly states: Uint8Array;
  readonly #columns: readonly Column[];
  #next: RowDraw | undefined;

  constructor(spec: ProfileSpec, reference: Profile) {
    const reader = createRowReader(spec.recipe);
    this.features = reader.features;
    this.numbers = reader.numbers;
    this.words = [...reader.words];
    this.vectors = reader.vectors;
    this.lists = reader.lists.map((list) => (list === undefined ? undefined : { ...list }));
    this.states = reader.states;
    this.#columns = spec.features.map((feature, i) => columnOf(feature, reference.features[i], { features: reader.features, rows: reference.rows }));
  }

  /** Says how the next row is drawn. */
  next(draw: RowDraw): void {
    this.#next = draw;
  }

  read(): void {
    const draw = this.#next;
    if (draw === undefined) throw new InvariantError("a row was drawn that nobody had asked for");
    this.states.fill(valueStates.missing);
    for (const column of this.#columns) {
      if (column.place < 0) continue;
      const list = this.lists[column.place];
      if (list === undefined) this.#one(column, draw);
      else this.#many(column, list, draw);
    }
  }

  restart(): void {}

  #one({ name, place, numbers, words }: Column, draw: RowDraw): void {
    if (numbers !== undefined) {
      const value = drawNumber(numbers, name, draw);
      if (Number.isNaN(value)) return;
      this.numbers[place] = value;
      this.states[place] = valueStates.present;
    } else if (words !== undefined) {
      const word = drawWord(words, name, draw);
      if (word === undefined) return;
      this.words[place] = word;
      this.states[place] = valueStates.present;
    }
  }

  #many({ name, place, perRow = 0, numbers, words }: Column, list: ValueList, draw: RowDraw): void {
    const { random } = draw;
    const wanted = Math.min(words === undefined ? list.numbers.length : list.words.length, Math.floor(perRow) + (random() < perRow % 1 ? 1 : 0));
    list.length = 0;
    for (let i = 0; i < wanted; i += 1) {
      if (numbers !== undefined) list.numbers[list.length] = drawNumber(numbers, name, draw);
      else if (words !== undefined) list.words[list.length] = drawWord(words, name, draw) ?? "";
      list.length += 1;
    }
    this.states[place] = valueStates.present;
  }
}

function drawNumber(source: NumberDraw, name: string, { random, effects, elapsedMs, stuckAt }: RowDraw): number {
  if (source.missing > 0 && random() < source.missing) return Number.NaN;
  let value = source.draw(random);
  for (const effect of effects) {
    if (!effect.features.has(name)) continue;
    const strength = effect.strengthAt(elapsedMs);
    if (strength === 0) continue;
    // Within a standard deviation or so of the mean: a sensor sticks at something that it has shown before.
    const own = source.mean + (2 * stuckAt - 1) * source.sd;
    value = driftedNumber(value, { change: effect.change, strength, mean: source.mean, sd: source.sd, stuckAt: own }, random);
  }
  return value;
}

function drawWord(source: WordDraw, name: string, { random, effects, elapsedMs }: RowDraw): string | undefined {
  if (source.missing > 0 && random() < source.missing) return undefined;
  let word: string | undefined = source.draw(random);
  for (const effect of effects) {
    if (word === undefined || !effect.features.has(name)) continue;
    const strength = effect.strengthAt(elapsedMs);
    if (strength > 0) word = driftedWord(word, { change: effect.change, strength }, random);
  }
  return word;
}
