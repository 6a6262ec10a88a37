import { type Random, randomInt, seededRandom, shuffled } from "@kedge/core";
import { fashionClasses } from "@kedge/demo";
import { type Cause, type CauseClass, type Scope, scopeKey } from "@kedge/drift";
import type { Recipe } from "@kedge/profile";
import { bareRules, type RuleName } from "./bare-rules.js";
import { type Disturbance, undisturbed } from "./disturbances.js";
import { CameraFleet, cameras, framesPerWindow, type Stage, stageOf, windowsLookedBack } from "./looks.js";
import type { Scenes, Seen } from "./scenes.js";

/** Who is disturbed. */
export type Extent = "device" | "cohort" | "fleet";

/** What became of one disturbance. */
export interface Outcome {
  readonly accuracy: number;
  /** Frames that a disturbed camera showed until the look that named a cause with one of the disturbed; `null`: none did. */
  readonly frames: number | null;
  /** Of the look by when all that is looked at is disturbed. */
  readonly isScopeExact: boolean;
  readonly causeClass: CauseClass | "none";
  readonly severity: Cause["severity"] | "none";
  readonly reason: string;
  /** Whether the reason says what truly became of the picture. */
  readonly isToldRight: boolean;
  /** And whether the first look that found it said so. */
  readonly isToldRightAtOnce: boolean;
  readonly features: readonly string[];
  /** Whether any look up to then advised retraining. */
  readonly isRetrainAdvised: boolean;
  /** Looks that named someone who was not disturbed. */
  readonly wronged: number;
  readonly ruleFrames: ReadonlyMap<RuleName, number>;
}

/** What is tried. */
export interface TrialPlan {
  readonly disturbance: Disturbance;
  readonly extent: Extent;
  readonly seed: number;
  /** One frame in so many is labelled; 0: none. */
  readonly labelEvery: number;
  /** What is counted of a frame; the demo's recipe where left out. */
  readonly recipe?: Recipe;
}

/** Looks after the disturbance; half of them come when no earlier frame is looked at any more. */
const looks = 2 * windowsLookedBack;

function disturbedOf(extent: Extent, first: number): { readonly places: ReadonlySet<number>; readonly scope: Scope } {
  const at = cameras[first];
  if (at === undefined) throw new RangeError(`there is no camera ${first}`);
  if (extent === "fleet") return { places: new Set(cameras.keys()), scope: { kind: "fleet" } };
  if (extent === "device") return { places: new Set([first]), scope: { kind: "device", deviceId: at.deviceId } };
  return { places: new Set(cameras.flatMap((c, i) => (c.site === at.site ? [i] : []))), scope: { kind: "cohort", selector: `site=${at.site}` } };
}

/** What disturbed cameras see instead of each image. */
async function seenThrough(scenes: Scenes, { ways, classes }: Disturbance, stage: Stage, random: Random): Promise<readonly Seen[]> {
  const through = await scenes.through(ways[randomInt(random, ways.length)] ?? undisturbed);
  if (classes === undefined) return through;
  const shown = new Set(shuffled([...fashionClasses.keys()], random).slice(0, classes));
  const some = stage.onShow.flatMap((i) => through[i] ?? []).filter((s) => shown.has(s.label));
  return through.map((seen) => some[randomInt(random, some.length)] ?? seen);
}

const shareRight = (seen: readonly Seen[]): number => seen.filter((s) => s.isRight).length / Math.max(1, seen.length);

/** Plays one disturbance: a look-back of clean frames, then the disturbance, with a look after each window. */
export async function tryDisturbance(scenes: Scenes, { disturbance, extent, seed, labelEvery, recipe }: TrialPlan): Promise<Outcome> {
  const random = seededRandom(seed);
  const clean = await scenes.through(undisturbed);
  const stage = stageOf(clean, random, recipe);
  const through = await seenThrough(scenes, disturbance, stage, random);
  const { places, scope } = disturbedOf(extent, randomInt(random, cameras.length));
  const fleet = new CameraFleet(stage, Math.floor(random() * 2 ** 31));
  for (let i = 0; i < windowsLookedBack; i += 1) fleet.show(clean, { disturbed: new Set(), through, labelEvery });
  let frames: number | null = null;
  let isRetrainAdvised = false;
  let isToldRightAtOnce = false;
  let wronged = 0;
  let settled: Cause | undefined;
  const ruleFrames = new Map<RuleName, number>();
  const ids = new Set<string>([...places].flatMap((i) => cameras[i]?.deviceId ?? []));
  for (let look = 1; look <= looks; look += 1) {
    fleet.show(clean, { disturbed: places, through, labelEvery });
    const { causes, devices } = fleet.look();
    for (const rule of bareRules) if (!ruleFrames.has(rule.name) && rule.fires(stage, devices)) ruleFrames.set(rule.name, look * framesPerWindow);
    const cause = causes.find((c) => c.deviceIds.some((id) => ids.has(id)));
    if (causes.some((c) => c.deviceIds.some((id) => !ids.has(id)))) wronged += 1;
    if (cause !== undefined) {
      if (frames === null) {
        frames = look * framesPerWindow;
        isToldRightAtOnce = disturbance.told.test(cause.reason);
      }
      isRetrainAdvised ||= cause.retrainAdvised;
    }
    settled = cause;
    // From here on every look sees the same as the last: what has not been found waits for luck alone.
    if (look >= windowsLookedBack && frames !== null) break;
  }
  return {
    accuracy: shareRight(stage.onShow.flatMap((i) => through[i] ?? [])),
    frames,
    isScopeExact: settled !== undefined && scopeKey(settled.scope) === scopeKey(scope),
    causeClass: settled?.causeClass ?? "none",
    severity: settled?.severity ?? "none",
    reason: settled?.reason ?? "",
    isToldRight: settled !== undefined && disturbance.told.test(settled.reason),
    isToldRightAtOnce,
    features: settled?.features.map((f) => f.feature) ?? [],
    isRetrainAdvised,
    wronged,
    ruleFrames,
  };
}

/** Looks at a fleet that nothing happens to. */
export async function tryClean(
  scenes: Scenes,
  seed: number,
  cleanLooks: number,
): Promise<{ readonly alarms: number; readonly ruleAlarms: ReadonlyMap<RuleName, number> }> {
  const random = seededRandom(seed);
  const clean = await scenes.through(undisturbed);
  const stage = stageOf(clean, random);
  const fleet = new CameraFleet(stage, Math.floor(random() * 2 ** 31));
  const nothing = { disturbed: new Set<number>(), through: clean, labelEvery: 0 };
  for (let i = 1; i < windowsLookedBack; i += 1) fleet.show(clean, nothing);
  let alarms = 0;
  const ruleAlarms = new Map<RuleName, number>();
  for (let look = 0; look < cleanLooks; look += 1) {
    fleet.show(clean, nothing);
    const { causes, devices } = fleet.look();
    for (const rule of bareRules) if (rule.fires(stage, devices)) ruleAlarms.set(rule.name, (ruleAlarms.get(rule.name) ?? 0) + 1);
    if (causes.length > 0) alarms += 1;
  }
  return { alarms, ruleAlarms };
}
