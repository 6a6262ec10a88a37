import { fullTrials, staticFalseAlarms } from "./false-alarms/static.js";
import { resultOf } from "./support/figure.js";
import { printResult } from "./support/result.js";

const seed = 20_260_701;

printResult(resultOf("false-alarms", seed, ...staticFalseAlarms(fullTrials, seed)));
