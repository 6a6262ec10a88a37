import { commandTrainer } from "./command/command-trainer.js";
import { tfjsTrainer } from "./tfjs/tfjs-trainer.js";

export { commandTrainer } from "./command/command-trainer.js";
export { readLabelledFrames, writeLabelledFrames } from "./frames-file.js";
export { type ExportNames, exportOnnx, netToOnnx } from "./onnx-export/export-onnx.js";
export { layerConverters } from "./onnx-export/layer-converters.js";
export type { TrainerDeps } from "./process/process-trainer.js";
export { tfjsTrainer } from "./tfjs/tfjs-trainer.js";

/** Every trainer. A new one is a folder here and a line in this list. */
export const trainerKinds = [tfjsTrainer, commandTrainer] as const;
