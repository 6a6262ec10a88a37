import type { Figure, FigureDetail, Measurement } from "../support/figure.js";
import { say } from "../support/result.js";
import { type FleetFigures, fleetFalseAlarms, type FleetPlan } from "./fleet-false-alarms.js";
import { seasonalFigures, type SeasonPlan } from "./seasons.js";

const fleets = {
  fleet: "1,000 devices, 100 windows of 200 independent rows, 20 drifted by .3 sd from window 50",
  fleetAr05: "the same with rows of an AR(1) of ρ = .5",
  fleetAr09: "the same with rows of an AR(1) of ρ = .9, drifted by .5 sd",
  fleetAr09Small: "the same with rows of an AR(1) of ρ = .9, drifted by .3 sd",
} as const;

/** The fleet's part of the bench `false-alarms`. */
export const fleetFigures: readonly Figure[] = [
  ...Object.entries(fleets).flatMap(([key, setting]): Figure[] => [
    { key: `${key}.cleanFlaggedShare`, says: `clean devices ever flagged: ${setting}`, bar: { atMost: 0.01 } },
    { key: `${key}.driftedFound`, says: "of the 20 drifted devices, found", ...(key !== "fleetAr09Small" && { bar: { atLeast: 19 } }), unit: "devices" },
    { key: `${key}.falseShare`, says: "of all devices flagged, falsely", bar: { atMost: 0.05 } },
  ]),
  { key: "seasonalAlarms", says: "looks with a cause in 4 weeks under a daily cycle of 1 sd, a week learnt before", bar: { atMost: 0 }, unit: "looks" },
  { key: "seasonalStepWindows", says: "windows until a step of .5 sd is found, at the worst of 8 hours of the day", bar: { atMost: 3 }, unit: "windows" },
];

const plain = ({ cleanFlaggedShare, driftedFound, falseShare }: FleetFigures) => ({ cleanFlaggedShare: cleanFlaggedShare.share, driftedFound, falseShare });

/** Fleets by key, judged by the collector's monitor, and a fleet under a daily cycle. */
export function measureFleets(plans: Readonly<Record<string, FleetPlan>>, seasons: SeasonPlan): Measurement {
  const figures: Record<string, unknown> = {};
  const details: Record<string, FigureDetail> = {};
  for (const [key, plan] of Object.entries(plans)) {
    say(key);
    const { baseline, ...found } = fleetFalseAlarms(plan);
    figures[key] = plain(found);
    const { trials, interval } = found.cleanFlaggedShare;
    const beside = (of: (figures: FleetFigures) => number): Record<string, number> => ({
      "always fires": of(baseline.always),
      "p < .05 on each window": of(baseline.naive),
      "Benjamini-Hochberg at each window": of(baseline.benjaminiHochberg),
    });
    details[`${key}.cleanFlaggedShare`] = { trials, interval, baselines: beside((f) => f.cleanFlaggedShare.share) };
    details[`${key}.driftedFound`] = {
      trials: plan.drifted,
      meanDelayWindows: found.meanDelayWindows,
      steps: plan.steps,
      baselines: beside((f) => f.driftedFound),
    };
    details[`${key}.falseShare`] = { baselines: beside((f) => f.falseShare) };
  }
  say("seasons");
  const found = seasonalFigures(seasons);
  figures["seasonalAlarms"] = found.seasonalAlarms;
  figures["seasonalStepWindows"] = found.seasonalStepWindows;
  details["seasonalAlarms"] = {
    trials: found.looks,
    baselines: {
      "always fires": found.looks,
      "the training reference alone, on the first day": found.baseline.withoutSeasons,
      "p < .05 on any device's window": found.baseline.naive,
    },
  };
  details["seasonalStepWindows"] = { trials: found.stepWindows.length, each: found.stepWindows };
  return { figures, details };
}
