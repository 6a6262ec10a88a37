import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { measureProfiling } from "./profile/simulate.js";
import { resultOf } from "./support/figure.js";
import { printResult } from "./support/result.js";

const seed = 20_260_704;
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

printResult(resultOf("profile", seed, measureProfiling({ features: 32, repeats: 2_000, seed, collect })));
