import { fleetPlans } from "./fleet/fleet-false-alarms.js";
import { measureFleets } from "./fleet/figures.js";
import { seasonPlan } from "./fleet/seasons.js";
import { fullTrials, staticFalseAlarms } from "./false-alarms/static.js";
import { resultOf } from "./support/figure.js";
import { printResult } from "./support/result.js";

const seed = 20_260_701;

printResult(resultOf("false-alarms", seed, ...staticFalseAlarms(fullTrials, seed), measureFleets(fleetPlans, seasonPlan)));
