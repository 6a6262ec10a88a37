import { type Kind, KedgeError, messageOf } from "@kedge/core";
import { elementCount, type Tensor, type TensorType } from "@kedge/sensor";
import { z } from "zod";
import {
  compareInterface,
  inferenceCodes as codes,
  type InferenceRuntime,
  type LoadedModel,
  type ModelInterface,
  type ModelSignature,
} from "../../src/index.js";
import { readModelFile } from "./model-file.js";
import type { TfModel, Tfjs, TfTensor } from "./tfjs-types.js";

const fromTf: Readonly<Record<string, TensorType>> = { float32: "float32", int32: "int32", bool: "bool", string: "string" };
const toTf: Readonly<Partial<Record<TensorType, string>>> = { float32: "float32", int32: "int32", uint8: "int32", bool: "bool", string: "string" };

/** Graph models suffix tensor names with the output's number: `scores:0`. */
const plain = (name: string): string => name.replace(/:\d+$/, "");

function interfaceOf(model: TfModel): ModelInterface {
  const specs = (side: TfModel["inputs"], names: readonly string[] | undefined): ModelInterface["inputs"] =>
    side.map((t, i) => ({ name: plain(names?.[i] ?? t.name), type: fromTf[t.dtype] ?? "float32", dims: (t.shape ?? []).map((d) => d ?? -1) }));
  return { inputs: specs(model.inputs, model.inputNames), outputs: specs(model.outputs, model.outputNames) };
}

class TfjsModel implements LoadedModel {
  readonly #tf: Tfjs;
  readonly #model: TfModel;
  readonly #own: ModelInterface;
  readonly #wanted: ReadonlySet<string>;
  readonly #running = new Set<Promise<unknown>>();
  #disposed: Promise<void> | undefined;

  constructor(tf: Tfjs, model: TfModel, own: ModelInterface, signature: ModelSignature) {
    this.#tf = tf;
    this.#model = model;
    this.#own = own;
    this.#wanted = new Set(signature.outputs.map((o) => o.name));
  }

  async run(inputs: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>> {
    if (this.#disposed !== undefined) throw new KedgeError(codes.disposed, "a model was asked to run after it was disposed of");
    const running = this.#runOnce(inputs);
    this.#running.add(running);
    try {
      return await running;
    } catch (cause) {
      throw new KedgeError(codes.runFailed, `TensorFlow.js cannot run the model: ${messageOf(cause)}`, { cause });
    } finally {
      this.#running.delete(running);
    }
  }

  #feed(name: string, inputs: Readonly<Record<string, Tensor>>): TfTensor {
    const tensor = inputs[name];
    const dtype = tensor === undefined ? undefined : toTf[tensor.type];
    if (tensor === undefined || dtype === undefined) throw new KedgeError(codes.runFailed, `input "${name}" is ${tensor?.type ?? "absent"}`);
    if (tensor.values.length !== elementCount(tensor.dims)) throw new KedgeError(codes.runFailed, `input "${name}" does not fill its shape`);
    return this.#tf.tensor(tensor.type === "uint8" ? Int32Array.from(tensor.values as Uint8Array) : tensor.values.slice(), tensor.dims, dtype);
  }

  async #runOnce(inputs: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>> {
    const feeds: TfTensor[] = [];
    const found: TfTensor[] = [];
    try {
      for (const { name } of this.#own.inputs) feeds.push(this.#feed(name, inputs));
      const result = this.#model.predict(feeds.length === 1 ? feeds[0] : feeds);
      found.push(...((Array.isArray(result) ? result : [result]) as TfTensor[]));
      const outputs: Record<string, Tensor> = {};
      for (const [i, { name, type }] of this.#own.outputs.entries()) {
        const tensor = found[i];
        if (tensor === undefined || !this.#wanted.has(name)) continue;
        outputs[name] = { type, dims: [...tensor.shape], values: (await tensor.data()).slice() as Tensor["values"] };
      }
      return outputs;
    } finally {
      for (const tensor of [...feeds, ...found]) tensor.dispose();
    }
  }

  dispose(): Promise<void> {
    this.#disposed ??= Promise.allSettled(this.#running).then(() => {
      this.#model.dispose();
    });
    return this.#disposed;
  }
}

async function importTfjsNode(): Promise<Tfjs> {
  // Named by a variable: an optional peer must not be resolved when this file is compiled or bundled.
  const name = "@tensorflow/tfjs-node";
  const loaded = (await import(name)) as { readonly default?: Tfjs } & Tfjs;
  return loaded.default ?? loaded;
}

/** Runs TensorFlow.js models (layers or graph, in one file) with the native TensorFlow library. */
export class TfjsNodeRuntime implements InferenceRuntime {
  readonly kind = "tfjs-node";
  readonly #importTfjs: () => Promise<Tfjs>;

  /** `importTfjs` gives another build of TensorFlow.js with the same interface. */
  constructor(importTfjs: () => Promise<Tfjs> = importTfjsNode) {
    this.#importTfjs = importTfjs;
  }

  async #import(): Promise<Tfjs> {
    try {
      const tf = await this.#importTfjs();
      await tf.ready();
      return tf;
    } catch (cause) {
      throw new KedgeError(codes.runtimeMissing, "loading @tensorflow/tfjs-node failed", {
        hint: "install it beside the agent: npm install @tensorflow/tfjs-node@^4.22.0 (it downloads libtensorflow), or run the bundle with onnxruntime-node",
        context: { exit: "config" },
        cause,
      });
    }
  }

  async load(model: Uint8Array, signature: ModelSignature): Promise<LoadedModel> {
    const tf = await this.#import();
    const artifacts = readModelFile(model);
    let loaded: TfModel;
    try {
      const handler = tf.io.fromMemory(artifacts);
      loaded = await (artifacts.format === "layers-model" ? tf.loadLayersModel(handler) : tf.loadGraphModel(handler));
    } catch (cause) {
      throw new KedgeError(codes.modelUnreadable, `TensorFlow.js cannot load the model (${model.length} bytes): ${messageOf(cause)}`, {
        hint: "check that the topology and the weights belong together",
        context: { bytes: model.length, exit: "config" },
        cause,
      });
    }
    const own = interfaceOf(loaded);
    const faults = compareInterface(signature, own);
    if (faults.length === 0) return new TfjsModel(tf, loaded, own, signature);
    loaded.dispose();
    throw new KedgeError(codes.signatureMismatch, `the signature does not fit the model: ${faults.join("; ")}`, {
      hint: "pack the bundle again with the signature that the model file has",
      context: { faults, exit: "config" },
    });
  }
}

const config = z.strictObject({ kind: z.literal("tfjs-node") });

/** Native TensorFlow.js as a kind. */
export const tfjsNode: Kind<typeof config, z.infer<typeof config>, unknown, InferenceRuntime> = {
  kind: "tfjs-node",
  summary: "TensorFlow.js models by the native TensorFlow library; needs @tensorflow/tfjs-node beside the agent",
  config,
  create: () => new TfjsNodeRuntime(),
};
