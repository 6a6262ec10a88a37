import { type Kind, KedgeError, messageOf } from "@kedge/core";
import type { Tensor, TensorType } from "@kedge/sensor";
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { z } from "zod";
import { compareInterface, inferenceCodes as codes, type InferenceRuntime, type LoadedModel, type ModelSignature } from "../../src/index.js";
import type { Onnxruntime } from "./import-onnxruntime.js";
import { openSession } from "./open-session.js";

class OnnxModel implements LoadedModel {
  readonly #ort: Onnxruntime;
  readonly #session: InferenceSession;
  readonly #signature: ModelSignature;
  /** Runs under way: the session's memory must not go while one of them uses it. */
  readonly #running = new Set<Promise<unknown>>();
  #disposed: Promise<void> | undefined;

  constructor(ort: Onnxruntime, session: InferenceSession, signature: ModelSignature) {
    this.#ort = ort;
    this.#session = session;
    this.#signature = signature;
  }

  async run(inputs: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>> {
    if (this.#disposed !== undefined) throw new KedgeError(codes.disposed, "a model was asked to run after it was disposed of");
    const running = this.#runOnce(inputs);
    this.#running.add(running);
    try {
      return await running;
    } catch (cause) {
      throw new KedgeError(codes.runFailed, `onnxruntime cannot run the model: ${messageOf(cause)}`, { cause });
    } finally {
      this.#running.delete(running);
    }
  }

  async #runOnce(inputs: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>> {
    const feeds: Record<string, OrtTensor> = {};
    for (const [name, tensor] of Object.entries(inputs)) {
      feeds[name] = new this.#ort.Tensor(tensor.type, tensor.values as Float32Array, [...tensor.dims]) as OrtTensor;
    }
    const found = await this.#session.run(
      feeds,
      this.#signature.outputs.map((o) => o.name),
    );
    const outputs: Record<string, Tensor> = {};
    for (const { name } of this.#signature.outputs) {
      const value = found[name];
      if (value === undefined) throw new KedgeError(codes.runFailed, `the model gave no output "${name}"`);
      outputs[name] = { type: value.type as TensorType, dims: value.dims, values: value.data as Tensor["values"] };
    }
    return outputs;
  }

  dispose(): Promise<void> {
    this.#disposed ??= Promise.allSettled(this.#running).then(() => this.#session.release());
    return this.#disposed;
  }
}

/** Runs ONNX models in this process with the ONNX Runtime. */
export class OnnxruntimeNodeRuntime implements InferenceRuntime {
  readonly kind = "onnxruntime-node";

  async load(model: Uint8Array, signature: ModelSignature): Promise<LoadedModel> {
    const { ort, session, own } = await openSession(model);
    const faults = compareInterface(signature, own);
    if (faults.length === 0) return new OnnxModel(ort, session, signature);
    await session.release();
    throw new KedgeError(codes.signatureMismatch, `the signature does not fit the model: ${faults.join("; ")}`, {
      hint: "pack the bundle again with the signature that the model file has",
      context: { faults, exit: "config" },
    });
  }
}

const config = z.strictObject({ kind: z.literal("onnxruntime-node") });

/** The ONNX Runtime as a kind. */
export const onnxruntimeNode: Kind<typeof config, z.infer<typeof config>, unknown, InferenceRuntime> = {
  kind: "onnxruntime-node",
  summary: "ONNX models on the CPU, by the ONNX Runtime (linux x64 and arm64 with glibc, macOS arm64, Windows)",
  config,
  create: () => new OnnxruntimeNodeRuntime(),
};
