import type { DeviceProfile } from "@kedge/drift";
import type { NumericSummary, Profile } from "@kedge/profile";
import { populationStability } from "@kedge/stats";
import type { Stage } from "./looks.js";

/** Rules of thumb that stand beside our own. */
export type RuleName = "brightness PSI > .2" | "mean confidence .05 lower" | "always";

interface Rule {
  readonly name: RuleName;
  /** Whether the rule would alarm at any of the cameras. */
  fires(stage: Stage, devices: readonly DeviceProfile[]): boolean;
}

function featureOf({ reference }: Stage, profile: Profile, name: string): NumericSummary | undefined {
  const found = profile.features[reference.spec.features.findIndex((f) => f.name === name)];
  return found?.kind === "numeric" ? found : undefined;
}

const referenceOf = (stage: Stage): Profile | undefined => stage.reference.cohorts[0]?.profile;

/** Bins of which the rule speaks: some ten of equal share. */
const tenths = (counts: readonly number[]): number[] => Array.from({ length: 8 }, (_, i) => counts.slice(4 * i, 4 * i + 4).reduce((a, b) => a + b, 0));

export const bareRules: readonly Rule[] = [
  {
    name: "brightness PSI > .2",
    fires(stage, devices) {
      const reference = referenceOf(stage);
      const then = reference === undefined ? undefined : featureOf(stage, reference, "brightness");
      return devices.some(({ profile }) => {
        const now = featureOf(stage, profile, "brightness");
        return now !== undefined && then !== undefined && populationStability(tenths(then.counts), tenths(now.counts)) > 0.2;
      });
    },
  },
  {
    name: "mean confidence .05 lower",
    fires(stage, devices) {
      const reference = referenceOf(stage);
      const then = reference === undefined ? undefined : featureOf(stage, reference, "score");
      return devices.some(({ profile }) => {
        const now = featureOf(stage, profile, "score");
        return then !== undefined && now !== undefined && now.mean < then.mean - 0.05;
      });
    },
  },
  { name: "always", fires: () => true },
];
