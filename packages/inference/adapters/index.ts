import { onnxruntimeNode } from "./onnxruntime-node/onnxruntime-node-runtime.js";
import { tfjsNode } from "./tfjs-node/tfjs-node-runtime.js";

export { inspectOnnx } from "./onnxruntime-node/open-session.js";
export { OnnxruntimeNodeRuntime, onnxruntimeNode } from "./onnxruntime-node/onnxruntime-node-runtime.js";
export { TfjsNodeRuntime, tfjsNode } from "./tfjs-node/tfjs-node-runtime.js";

/** Every inference runtime. A new one is a folder here and a line in this list. */
export const runtimeKinds = [onnxruntimeNode, tfjsNode] as const;
