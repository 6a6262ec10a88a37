import { statisticsCost } from "./images/cost.js";
import { openScenes } from "./images/scenes.js";
import { fullImageTrials, imageTable } from "./images/table.js";
import { resultOf } from "./support/figure.js";
import { printResult } from "./support/result.js";

const seed = 20_260_728;

const scenes = await openScenes();
const parts = await imageTable(scenes, fullImageTrials, seed);
await scenes.dispose();
printResult(resultOf("images", seed, ...parts, statisticsCost(40, 2_000)));
