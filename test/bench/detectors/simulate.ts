import { say } from "../support/result.js";
import { contenders, defaultDetector } from "./contenders.js";
import { type DetectorScore, type ScorePlan, scoreDetector } from "./score.js";
import { streams } from "./streams.js";

/** Each detector's scores by stream. */
export type DetectorTable = Readonly<Record<string, Readonly<Record<string, DetectorScore>>>>;

/** Tries detectors on every stream that they can take; the default one in `defaultRuns` runs, because its claims are the narrowest. */
export function detectorTable(plan: ScorePlan, defaultRuns: number, names = contenders.map((c) => c.name)): DetectorTable {
  return Object.fromEntries(
    contenders
      .filter((c) => names.includes(c.name))
      .map((contender) => {
        say(contender.name);
        const own = contender.name === defaultDetector ? { ...plan, quietRuns: defaultRuns, changeRuns: defaultRuns } : plan;
        const taken = streams.filter((s) => contender.takes.includes(s.values));
        return [contender.name, Object.fromEntries(taken.map((s) => [s.key, scoreDetector(contender, s, own)]))];
      }),
  );
}
