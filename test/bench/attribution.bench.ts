import { attributionPlan } from "./attribution/attribution.js";
import { measureAttribution } from "./attribution/figures.js";
import { resultOf } from "./support/figure.js";
import { printResult } from "./support/result.js";

printResult(resultOf("attribution", attributionPlan.seed, measureAttribution(attributionPlan)));
