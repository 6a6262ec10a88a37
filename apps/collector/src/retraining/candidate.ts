import { KedgeError, messageOf, type Sha256 } from "@kedge/core";
import { type LoadedModel, outcomeOf, type Prediction, preprocess } from "@kedge/inference";
import { countAnomalies, type Profile, profileOf, type ReferenceProfile, withAnomalies } from "@kedge/profile";
import { type BundleManifest, type Golden, type GoldenCase, type PackedBundle, packBundle, type Signer } from "@kedge/registry";
import type { LabelledFrames } from "@kedge/retrain";
import { type InputSchema, schemaText, type Tensor } from "@kedge/sensor";
import { encodeReferenceProfile } from "@kedge/wire";
import { frameInputOf, frameTensor } from "./labelled-readings.js";

/** What a model says of frames. */
export interface Judged {
  readonly predictions: readonly Prediction[];
  readonly correct: readonly boolean[];
}

/** Largest difference of an output that other processors may make. */
const goldenTolerance = 1e-4;
const goldenCases = 8;

function inputsOf(
  manifest: BundleManifest,
  frames: LabelledFrames,
  index: number,
): { readonly reading: Prediction["reading"]; readonly inputs: Readonly<Record<string, Tensor>> } {
  const reading = { id: `frame-${index}`, atMs: 0, inputs: { [frameInputOf(manifest.preprocessing).from]: frameTensor(frames, index) } };
  const ready = preprocess(manifest.preprocessing, manifest.signature, reading);
  if (ready.kind === "rejected") throw new KedgeError("collector/frames-unusable", `a labelled frame does not fit the model: ${ready.message}`);
  return { reading, inputs: ready.inputs };
}

/** Runs a model over labelled frames. Not timed: how fast it is here says nothing about devices. */
export async function judgeFrames(model: LoadedModel, manifest: BundleManifest, frames: LabelledFrames): Promise<Judged> {
  const predictions: Prediction[] = [];
  const correct: boolean[] = [];
  for (let i = 0; i < frames.labels.length; i += 1) {
    const { reading, inputs } = inputsOf(manifest, frames, i);
    const outcome = outcomeOf(await model.run(inputs), manifest.signature);
    if (outcome.kind === "rejected") throw new KedgeError("collector/model-unusable", `the model cannot be judged: ${outcome.message}`);
    predictions.push({ reading, outcome, latencyMs: 0, bundleDigest: "" });
    correct.push(outcome.kind === "classification" && outcome.classIndex === frames.labels[i]);
  }
  return { predictions, correct };
}

async function goldenOf(model: LoadedModel, manifest: BundleManifest, frames: LabelledFrames): Promise<Golden> {
  const cases: GoldenCase[] = [];
  for (let i = 0; i < Math.min(goldenCases, frames.labels.length); i += 1) {
    const { inputs } = inputsOf(manifest, frames, i);
    cases.push({ inputs, outputs: await model.run(inputs) });
  }
  return { tolerance: goldenTolerance, cases };
}

/** `1.0.4` → `1.0.5`; `winter` → `winter.1`. */
export function nextVersion(version: string): string {
  const found = /^(.*?)(\d+)$/.exec(version);
  return found === null ? `${version}.1` : `${found[1] ?? ""}${Number(found[2]) + 1}`;
}

/** What a candidate's bundle is made of. */
export interface CandidateParts {
  readonly running: {
    readonly digest: Sha256;
    readonly manifest: BundleManifest;
    readonly reference: ReferenceProfile;
    readonly schema: InputSchema | undefined;
  };
  readonly onnx: Uint8Array;
  readonly model: LoadedModel;
  /** Whose frames were learned. */
  readonly selector: string;
  readonly clean: LabelledFrames;
  /** Frames of the cohort that were held back, and all of them. */
  readonly heldBack: LabelledFrames;
  readonly all: LabelledFrames;
  readonly metrics: Readonly<Record<string, number>>;
  readonly lineage: BundleManifest["lineage"];
  readonly nowMs: number;
  readonly signer: Signer;
  readonly sha256: (bytes: Uint8Array) => Sha256;
}

/** What a model says of frames and what these break of the schema, counted as devices count. */
async function profileOfFrames({ model, running }: CandidateParts, hash: string, frames: LabelledFrames): Promise<Profile> {
  const { predictions } = await judgeFrames(model, running.manifest, frames);
  const profile = profileOf(running.reference.spec, hash, predictions);
  if (running.schema === undefined) return profile;
  return withAnomalies(
    profile,
    countAnomalies(
      running.schema,
      predictions.map((p) => p.reading),
    ),
  );
}

/**
 * The cohort's entry: inputs of all its frames, outputs only of those held back from training, since a model is too sure of what it has
 * learned by heart. The cut points stay, so that profiles before and after can be compared.
 */
async function cohortProfile(parts: CandidateParts, hash: string): Promise<Profile> {
  const { running, heldBack, all } = parts;
  const { spec } = running.reference;
  const seen = await profileOfFrames(parts, hash, all);
  const said = await profileOfFrames(parts, hash, heldBack);
  const features = spec.features.map((f, i) => (f.role === "input" ? seen.features[i] : said.features[i])).filter((f) => f !== undefined);
  return { ...seen, features };
}

/** Packs and signs a candidate that has passed its gate. */
export async function packCandidate(parts: CandidateParts): Promise<PackedBundle> {
  const { running, model, clean, selector, all } = parts;
  const hash = running.reference.cohorts[0]?.profile.specHash;
  if (hash === undefined) throw new KedgeError("collector/reference-unreadable", "the running bundle's reference profile is empty");
  const everyone = await profileOfFrames(parts, hash, clean);
  const others = running.reference.cohorts.slice(1).filter((c) => c.selector !== selector);
  const cohort = { selector, profile: await cohortProfile(parts, hash), rows: all.labels.length };
  const cohorts =
    selector === "" ? [{ ...cohort, selector: "" }, ...others] : [{ selector: "", profile: everyone, rows: clean.labels.length }, ...others, cohort];
  try {
    return await packBundle(
      {
        name: running.manifest.name,
        version: nextVersion(running.manifest.version),
        createdAtMs: parts.nowMs,
        securityCounter: running.manifest.securityCounter,
        signature: running.manifest.signature,
        preprocessing: running.manifest.preprocessing,
        model: parts.onnx,
        // The features are the same, so what is watched of them stays what somebody chose.
        reference: encodeReferenceProfile({ ...running.reference, cohorts }),
        golden: await goldenOf(model, running.manifest, clean),
        ...(running.schema === undefined ? {} : { schema: new TextEncoder().encode(schemaText(running.schema)) }),
        metrics: parts.metrics,
        lineage: parts.lineage,
        labels: running.manifest.labels,
      },
      parts.signer,
      parts.sha256,
    );
  } catch (error) {
    throw new KedgeError("collector/candidate-unpackable", `packing the candidate failed: ${messageOf(error)}`, { cause: error });
  }
}
