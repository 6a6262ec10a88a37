import { fashionRecipe } from "@kedge/demo";
import type { Recipe } from "@kedge/profile";
import type { FigureDetail, Measurement } from "../support/figure.js";
import { measuredShare, rounded, say } from "../support/result.js";
import { bareRules } from "./bare-rules.js";
import { type Disturbance, disturbances } from "./disturbances.js";
import type { Scenes } from "./scenes.js";
import { type Extent, type Outcome, tryClean, tryDisturbance } from "./trial.js";

/** How often each is tried. */
export interface ImageTrials {
  /** Per disturbance and extent. */
  readonly cohort: number;
  readonly device: number;
  readonly fleet: number;
  /** With a tenth of the frames labelled; at a cohort. */
  readonly labelled: number;
  /** With a thumbnail's sketch counted besides; at a cohort. */
  readonly thumbnail: number;
  /** Fleets that nothing happens to, and looks at each. */
  readonly cleanFleets: number;
  readonly cleanLooks: number;
}

export const fullImageTrials: ImageTrials = { cohort: 30, device: 16, fleet: 16, labelled: 16, thumbnail: 16, cleanFleets: 60, cleanLooks: 30 };

const thumbnailRecipe: Recipe = { ...fashionRecipe, input: { kind: "image", from: "image", width: 28, height: 28, channels: 1, thumbnail: 8 } };

const shareOf = <T>(of: readonly T[], is: (one: T) => boolean): number => rounded(of.filter(is).length / Math.max(1, of.length), 3);

function quantile(values: readonly number[], share: number): number | null {
  const sorted = values.slice().sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null;
}

function sharesOf(words: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return Object.fromEntries([...counts].sort((a, b) => b[1] - a[1]).map(([word, n]) => [word, rounded(n / words.length, 3)]));
}

/** Features that moved in half of the trials and more, most frequent first. */
function usualFeatures(outcomes: readonly Outcome[]): string[] {
  const counts = new Map<string, number>();
  for (const name of outcomes.flatMap((o) => o.features)) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts]
    .filter(([, n]) => n >= outcomes.length / 2)
    .sort((x, y) => y[1] - x[1])
    .map(([name]) => name);
}

/** What is told of a disturbance at one extent. */
interface ExtentRow {
  readonly accuracy: number;
  readonly found: number;
  readonly framesToDetect: { readonly median: number | null; readonly p90: number | null };
  readonly scopeExact: number;
  readonly toldRight: number;
  readonly toldRightAtOnce: number;
  readonly causeClass: Readonly<Record<string, number>>;
  readonly severity: Readonly<Record<string, number>>;
  readonly retrainAdvised: number;
  readonly features: readonly string[];
}

/** What is told of a disturbance: of both cameras of a site, and beside that of one camera, of all, with labels and with a thumbnail. */
export interface ImageRow extends ExtentRow {
  readonly device?: ExtentRow;
  readonly fleet?: ExtentRow;
  readonly withThumbnail?: Pick<ExtentRow, "found" | "framesToDetect" | "scopeExact">;
  readonly withLabels?: Pick<ExtentRow, "retrainAdvised">;
}

function rowOf(outcomes: readonly Outcome[]): ExtentRow {
  const found = outcomes.flatMap(({ frames }) => frames ?? []);
  return {
    accuracy: rounded(outcomes.reduce((sum, o) => sum + o.accuracy, 0) / outcomes.length, 3),
    found: shareOf(outcomes, (o) => o.frames !== null),
    framesToDetect: { median: quantile(found, 0.5), p90: quantile(found, 0.9) },
    scopeExact: shareOf(outcomes, (o) => o.isScopeExact),
    toldRight: shareOf(outcomes, (o) => o.isToldRight),
    toldRightAtOnce: shareOf(outcomes, (o) => o.isToldRightAtOnce),
    causeClass: sharesOf(outcomes.map((o) => o.causeClass)),
    severity: sharesOf(outcomes.map((o) => o.severity)),
    retrainAdvised: shareOf(outcomes, (o) => o.isRetrainAdvised),
    features: usualFeatures(outcomes),
  };
}

function detailOf(outcomes: readonly Outcome[]): FigureDetail {
  const hits = outcomes.filter((o) => o.frames !== null).length;
  const baselines = Object.fromEntries(bareRules.map(({ name }) => [name, shareOf(outcomes, (o) => o.ruleFrames.has(name))]));
  const framesOfRules = Object.fromEntries(
    bareRules.map(({ name }) => [
      name,
      quantile(
        outcomes.flatMap((o) => o.ruleFrames.get(name) ?? []),
        0.5,
      ),
    ]),
  );
  const reasons = sharesOf(outcomes.map((o) => o.reason.replace(/[-\d.,]+/g, "#")));
  const { trials, interval } = measuredShare(hits, outcomes.length);
  return { trials, interval, baselines, framesOfRules, wrongedLooks: outcomes.reduce((sum, o) => sum + o.wronged, 0), reasons };
}

/** What was asked of each disturbance. */
async function measured(scenes: Scenes, disturbance: Disturbance, trials: ImageTrials, seed: number): Promise<Measurement> {
  const play = async (extent: Extent, count: number, labelEvery: number, recipe = fashionRecipe): Promise<Outcome[]> => {
    const outcomes: Outcome[] = [];
    for (let i = 0; i < count; i += 1) outcomes.push(await tryDisturbance(scenes, { disturbance, extent, seed: seed + 101 * i, labelEvery, recipe }));
    return outcomes;
  };
  const cohort = await play("cohort", trials.cohort, 0);
  const device = await play("device", trials.device, 0);
  const fleet = await play("fleet", trials.fleet, 0);
  const labelled = await play("cohort", trials.labelled, 10);
  const sketched = await play("cohort", trials.thumbnail, 0, thumbnailRecipe);
  const { found, framesToDetect, scopeExact } = rowOf(sketched);
  const more = {
    ...(device.length > 0 && { device: rowOf(device) }),
    ...(fleet.length > 0 && { fleet: rowOf(fleet) }),
    ...(sketched.length > 0 && { withThumbnail: { found, framesToDetect, scopeExact } }),
    ...(labelled.length > 0 && { withLabels: { retrainAdvised: shareOf(labelled, (o) => o.isRetrainAdvised) } }),
  };
  const row: ImageRow = { ...rowOf(cohort), ...more };
  const detail = detailOf(cohort);
  return {
    figures: { [disturbance.key]: row },
    details: { [disturbance.key]: detail, [`${disturbance.key}.found`]: { trials: cohort.length, interval: detail.interval ?? [0, 1] } },
  };
}

async function measuredClean(scenes: Scenes, trials: ImageTrials, seed: number): Promise<Measurement> {
  let alarms = 0;
  let fleets = 0;
  const byRule = new Map<string, number>();
  for (let i = 0; i < trials.cleanFleets; i += 1) {
    const found = await tryClean(scenes, seed + 31 * i, trials.cleanLooks);
    alarms += found.alarms;
    fleets += found.alarms > 0 ? 1 : 0;
    for (const [rule, n] of found.ruleAlarms) byRule.set(rule, (byRule.get(rule) ?? 0) + n);
  }
  const looks = trials.cleanFleets * trials.cleanLooks;
  const { interval } = measuredShare(alarms, looks);
  const baselines = Object.fromEntries(bareRules.map(({ name }) => [name, rounded((byRule.get(name) ?? 0) / looks)]));
  return {
    figures: { clean: { looks, fleets: trials.cleanFleets, falseAlarms: alarms, alarmedFleets: fleets } },
    details: { clean: { trials: looks, interval, baselines } },
  };
}

/** Plays all disturbances (or those named) and the clean fleets. */
export async function imageTable(scenes: Scenes, trials: ImageTrials, seed: number, only?: readonly string[]): Promise<Measurement[]> {
  const parts: Measurement[] = [];
  for (const disturbance of disturbances) {
    if (only !== undefined && !only.includes(disturbance.key)) continue;
    parts.push(await measured(scenes, disturbance, trials, seed));
    say(`${disturbance.key}: ${JSON.stringify(parts.at(-1)?.figures[disturbance.key])}`);
  }
  parts.push(await measuredClean(scenes, trials, seed));
  return parts;
}
