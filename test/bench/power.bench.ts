import { countsPower } from "./power/counts.js";
import { featuresPower } from "./power/features.js";
import { resultOf } from "./support/figure.js";
import { printResult } from "./support/result.js";

const seed = 20_260_702;
const counts = countsPower({ rows: 500, referenceRows: 10_000, bins: 32, trials: 4_000, seed });
const vectors = { dimensions: 64, referenceRows: 2_000, rows: 300, frequencies: 256, permutations: 99 };

printResult(resultOf("power", seed, counts, featuresPower({ ...vectors, references: 40, windows: 10, seed: seed + 1 })));
