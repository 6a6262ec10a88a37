import { setImmediate } from "node:timers/promises";
import { KedgeError, type Random, seededRandom, shuffled } from "@kedge/core";
import type * as Tf from "@tensorflow/tfjs";
import { type Hyperparameters, retrainCodes as codes, type TrainingProgress } from "../../src/index.js";
import { type NetLayer, describeNet } from "../onnx-export/net.js";
import { netToOnnx } from "../onnx-export/export-onnx.js";
import type { TrainingRows } from "./training-rows.js";
import type { DenseWeights } from "./warm-start.js";

/** What to learn. `inputDims` is the shape of one row of the model's input, without the batch. */
export interface DensePlan {
  readonly inputName: string;
  readonly inputDims: readonly number[];
  readonly outputName: string;
  readonly classes: number;
  readonly activation: "probabilities" | "logits";
  readonly hyperparameters: Hyperparameters;
  readonly seed: number;
  readonly start: readonly DenseWeights[] | undefined;
}

/** A learnt net as an ONNX file, and numbers about it. */
export interface LearntNet {
  readonly onnx: Uint8Array;
  readonly metrics: Readonly<Record<string, number>>;
}

function buildNet(tf: typeof Tf, plan: DensePlan): Tf.Sequential {
  const net = tf.sequential();
  net.add(tf.layers.inputLayer({ inputShape: [...plan.inputDims] }));
  if (plan.inputDims.length > 1) net.add(tf.layers.flatten());
  const sizes = [...plan.hyperparameters.hidden, plan.classes];
  for (const [i, units] of sizes.entries()) {
    const isLast = i === sizes.length - 1;
    const kernelInitializer = tf.initializers.glorotUniform({ seed: (plan.seed + i) % 2147483647 });
    net.add(tf.layers.dense({ units, activation: isLast ? "linear" : "relu", kernelInitializer }));
  }
  return net;
}

/** Takes over the weights when the layers are the same; says whether it did. */
function warmStart(tf: typeof Tf, net: Tf.Sequential, start: readonly DenseWeights[] | undefined): boolean {
  const own = net.getWeights().map((w) => w.shape.join());
  const given = (start ?? []).flatMap((l) => [`${l.inputs},${l.outputs}`, `${l.outputs}`]);
  if (own.join(";") !== given.join(";")) return false;
  const weights = (start ?? []).flatMap((l) => [tf.tensor2d(l.kernel, [l.inputs, l.outputs]), tf.tensor1d(l.bias)]);
  net.setWeights(weights);
  tf.dispose(weights);
  return true;
}

interface Batch {
  readonly x: Float32Array;
  readonly labels: Int32Array;
  readonly weights: Float32Array;
}

function gather(rows: TrainingRows, order: readonly number[]): Batch {
  const { size } = rows;
  const x = new Float32Array(order.length * size);
  for (const [k, row] of order.entries()) x.set(rows.values.subarray(row * size, (row + 1) * size), k * size);
  return { x, labels: Int32Array.from(order, (r) => rows.labels[r] ?? 0), weights: Float32Array.from(order, (r) => rows.weights[r] ?? 0) };
}

/** One step down the batch's weighted mean cross-entropy; gives that mean. */
function learnBatch(tf: typeof Tf, net: Tf.Sequential, optimiser: Tf.Optimizer, batch: Batch, plan: DensePlan): number {
  return tf.tidy(() => {
    const x = tf.tensor(batch.x, [batch.labels.length, ...plan.inputDims]);
    const y = tf.oneHot(tf.tensor1d(batch.labels, "int32"), plan.classes);
    const weights = tf.tensor1d(batch.weights);
    const loss = () => tf.losses.softmaxCrossEntropy(y, net.apply(x, { training: true }) as Tf.Tensor, weights, 0, tf.Reduction.MEAN) as Tf.Scalar;
    return optimiser.minimize(loss, true)?.dataSync()[0] ?? Number.NaN;
  });
}

async function learn(
  tf: typeof Tf,
  net: Tf.Sequential,
  rows: TrainingRows,
  plan: DensePlan,
  random: Random,
  report: (p: TrainingProgress) => void,
): Promise<number> {
  const { epochs, batchSize, learningRate } = plan.hyperparameters;
  const optimiser = tf.train.adam(learningRate);
  const perEpoch = Math.ceil(rows.count / batchSize);
  const all = Array.from({ length: rows.count }, (_, i) => i);
  let mean = Number.NaN;
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    const order = shuffled(all, random);
    let sum = 0;
    for (let b = 0; b < perEpoch; b += 1) {
      const share = (epoch * perEpoch + b) / (epochs * perEpoch);
      // The types hold it protected, but it is what tf.js' own callbacks set to change the rate.
      (optimiser as unknown as { learningRate: number }).learningRate = (learningRate * (1 + Math.cos(Math.PI * share))) / 2;
      sum += learnBatch(tf, net, optimiser, gather(rows, order.slice(b * batchSize, (b + 1) * batchSize)), plan);
      // Lets the end of standard input be seen, and progress be written.
      if (b % 20 === 0) await setImmediate();
    }
    mean = sum / perEpoch;
    if (!Number.isFinite(mean)) throw new KedgeError(codes.diverged, `the loss became ${mean} in epoch ${epoch + 1}`, { retryable: true });
    report({ share: (epoch + 1) / epochs, message: `epoch ${epoch + 1} of ${epochs}`, loss: mean });
  }
  optimiser.dispose();
  return mean;
}

function accuracy(tf: typeof Tf, net: Tf.Sequential, rows: TrainingRows, plan: DensePlan): number {
  let right = 0;
  for (let from = 0; from < rows.count; from += 1024) {
    const order = Array.from({ length: Math.min(1024, rows.count - from) }, (_, i) => from + i);
    const { x, labels } = gather(rows, order);
    const found = tf.tidy(() => (net.predict(tf.tensor(x, [order.length, ...plan.inputDims])) as Tf.Tensor).argMax(-1).dataSync());
    right += labels.reduce((n, label, i) => n + (found[i] === label ? 1 : 0), 0);
  }
  return right / rows.count;
}

/** Learns a dense net (relu, softmax cross-entropy, Adam along a cosine) and writes it as ONNX. */
export async function trainDense(tf: typeof Tf, rows: TrainingRows, plan: DensePlan, report: (p: TrainingProgress) => void): Promise<LearntNet> {
  const net = buildNet(tf, plan);
  const isWarm = warmStart(tf, net, plan.start);
  const finalLoss = await learn(tf, net, rows, plan, seededRandom(plan.seed), report);
  const trainAccuracy = accuracy(tf, net, rows, plan);
  const described = describeNet(net);
  const softmax: NetLayer = { className: "Softmax", name: "softmax", config: { axis: -1 }, weights: [], shape: [null, plan.classes] };
  const layers = plan.activation === "probabilities" ? [...described.layers, softmax] : described.layers;
  const onnx = netToOnnx({ ...described, layers }, { input: plan.inputName, output: plan.outputName });
  const parameters = net.countParams();
  net.dispose();
  return { onnx, metrics: { rows: rows.count, parameters, epochs: plan.hyperparameters.epochs, finalLoss, trainAccuracy, warmStarted: isWarm ? 1 : 0 } };
}
