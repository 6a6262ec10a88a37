export { fashionRecipe, firstModel } from "./first-bundle.js";
export { correctness, fashionClasses, fashionSignature, type LabelledImage, predictAll, readFashion, shareTrue } from "./first-model.js";
export { type Frame, type FrameTransform, transformFrame } from "./frame-transform.js";
export { dataDir, keptDir } from "./places.js";
