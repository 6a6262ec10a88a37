import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { KedgeError, type Sha256, silentLog } from "@kedge/core";
import { type Prediction, preprocess } from "@kedge/inference";
import { OnnxruntimeNodeRuntime } from "@kedge/inference/adapters";
import { buildSpec, countAnomalies, planWatch, profileOf, type Recipe, specHash, withAnomalies } from "@kedge/profile";
import { type GoldenCase, noLineage, type PackedBundle, packBundle } from "@kedge/registry";
import { createKeyFiles, publicPemOf, readSigner, readTrustedKey } from "@kedge/registry/adapters";
import { encodeLabelledFrames } from "@kedge/retrain";
import { tfjsTrainer, writeLabelledFrames } from "@kedge/retrain/adapters";
import { inferSchema, schemaText } from "@kedge/sensor";
import { encodeReferenceProfile } from "@kedge/wire";
import {
  type FashionSets,
  fashionClasses,
  fashionPreprocessing,
  fashionSignature,
  firstTraining,
  framesOf,
  predictAll,
  readingOf,
  trainFirstModel,
} from "./first-model.js";

/** The first model as a signed bundle, with the frames it learned from and those held out, by their digests. */
export interface FirstBundle {
  readonly packed: PackedBundle;
  readonly datasets: ReadonlyMap<Sha256, Uint8Array>;
  readonly publicKeyPem: string;
  /** Seconds that the training took; null when it was at hand from an earlier run. */
  readonly trainingSeconds: number | null;
}

const sha256 = (bytes: Uint8Array): Sha256 => createHash("sha256").update(bytes).digest("hex") as Sha256;
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
/** What is counted of a camera's frames and the model's answers. */
export const fashionRecipe: Recipe = { input: { kind: "image", from: "image", width: 28, height: 28, channels: 1 }, task: "classification" };
const seed = 1;
const goldenCases = 8;

/** Same images, same settings, same seed: same model. So the model of an earlier run serves. */
function cacheKey(dataDir: string): string {
  const hash = createHash("sha256").update(JSON.stringify({ firstTraining, seed, fashionSignature, recipe: fashionRecipe }));
  for (const name of ["fashion-train6k-images.gz", "fashion-train6k-labels.gz"]) hash.update(readFileSync(join(dataDir, name)));
  return hash.digest("hex").slice(0, 16);
}

/** What is needed to make the bundle. */
export interface FirstBundleParts {
  readonly sets: FashionSets;
  readonly dataDir: string;
  /** Kept between runs. */
  readonly cacheDir: string;
  readonly signal: AbortSignal;
  readonly onProgress: (share: number) => void;
}

/** The first model, trained where no earlier run left it; `seconds` is null where one did. Throws `demo/training-failed`. */
export async function firstModel(parts: FirstBundleParts): Promise<{ readonly onnx: Uint8Array; readonly seconds: number | null }> {
  const folder = join(parts.cacheDir, "first", cacheKey(parts.dataDir));
  const path = join(folder, "model.onnx");
  if (existsSync(path)) return { onnx: await readFile(path), seconds: null };
  await mkdir(folder, { recursive: true });
  const trainer = tfjsTrainer.create(tfjsTrainer.config.parse({ kind: "tfjs", niceness: 0 }), { workDir: join(folder, "work"), log: silentLog });
  const trained = await trainFirstModel({
    sets: parts.sets,
    trainer,
    runtime: new OnnxruntimeNodeRuntime(),
    writeFrames: writeLabelledFrames,
    writeModel: (to, onnx) => writeFile(to, onnx),
    dir: folder,
    seed,
    onProgress: (p) => parts.onProgress(p.share),
    signal: parts.signal,
    nowMs: () => performance.now(),
  });
  if (trained.kind === "failed") throw new KedgeError("demo/training-failed", `training the first model failed: ${trained.message}`);
  await writeFile(`${path}.new`, trained.onnx);
  await rename(`${path}.new`, path);
  return { onnx: trained.onnx, seconds: trained.seconds };
}

async function signerIn(cacheDir: string) {
  const path = join(cacheDir, "keys", "targets.pem");
  await mkdir(join(cacheDir, "keys"), { recursive: true, mode: 0o700 });
  if (!existsSync(path)) await createKeyFiles(path);
  return { signer: await readSigner(path), publicKeyPem: publicPemOf(await readTrustedKey(`${path}.pub`)) };
}

/** Trains (or finds) the first model and packs it: reference and golden cases from the images held out of the training. */
export async function makeFirstBundle(parts: FirstBundleParts): Promise<FirstBundle> {
  const { onnx, seconds } = await firstModel(parts);
  const model = await new OnnxruntimeNodeRuntime().load(onnx, fashionSignature);
  const heldOut: Prediction[] = await predictAll(model, parts.sets.heldOut, () => performance.now());
  const spec = buildSpec(fashionRecipe, heldOut, fashionClasses);
  const hash = specHash(spec, { utf8, sha256 });
  const { schema } = inferSchema(parts.sets.train.map(readingOf));
  const anomalies = countAnomalies(
    schema,
    heldOut.map((p) => p.reading),
  );
  const profile = withAnomalies(profileOf(spec, hash, heldOut), anomalies);
  const reference = encodeReferenceProfile({
    spec,
    cohorts: [{ selector: "", profile, rows: heldOut.length }],
    // Six cameras of a dozen frames a second.
    watch: planWatch(spec, { alarmsPerFleetDay: 1, devices: 6, rowsPerDay: 12 * 86_400 }),
  });
  const cases: GoldenCase[] = [];
  for (const prediction of heldOut.slice(0, goldenCases)) {
    const ready = preprocess(fashionPreprocessing, fashionSignature, prediction.reading);
    if (ready.kind === "preprocessed") cases.push({ inputs: ready.inputs, outputs: await model.run(ready.inputs) });
  }
  await model.dispose();
  const train = encodeLabelledFrames(framesOf(parts.sets.train), sha256);
  const holdout = encodeLabelledFrames(framesOf(parts.sets.heldOut), sha256);
  const { signer, publicKeyPem } = await signerIn(parts.cacheDir);
  const right = heldOut.filter((p, i) => p.outcome.kind === "classification" && p.outcome.classIndex === parts.sets.heldOut[i]?.label).length;
  const packed = await packBundle(
    {
      name: "clothes",
      version: "1.0.0",
      createdAtMs: Date.now(),
      signature: fashionSignature,
      preprocessing: fashionPreprocessing,
      model: onnx,
      reference,
      golden: { tolerance: 1e-4, cases },
      schema: utf8(schemaText(schema)),
      metrics: { accuracy: right / heldOut.length },
      lineage: { ...noLineage, trainer: "tfjs", dataset: { train: sha256(train), holdout: sha256(holdout) } },
    },
    signer,
    sha256,
  );
  return {
    packed,
    datasets: new Map([
      [sha256(train), train],
      [sha256(holdout), holdout],
    ]),
    publicKeyPem,
    trainingSeconds: seconds,
  };
}
