import { defaultDetector } from "./detectors/contenders.js";
import { tablePlan } from "./detectors/score.js";
import { detectorTable } from "./detectors/simulate.js";
import { printResult } from "./support/result.js";

printResult({ bench: "detectors", seed: "mulberry32(7919·run)", default: defaultDetector, ...detectorTable(tablePlan, 2_000) });
