import { join } from "node:path";
import { KedgeError, parseSelector, parseSha256, type Sha256 } from "@kedge/core";
import type { BundleManifest, BundleStore } from "@kedge/registry";
import { decodeLabelledFrames, encodeLabelledFrames, type LabelledFrames, type RetrainJob, splitByContent, type TrainingDataset } from "@kedge/retrain";
import { writeLabelledFrames } from "@kedge/retrain/adapters";
import type { StoredSample, TimeSeriesStore } from "@kedge/store";
import type { Fleet } from "../fleet/fleet.js";
import { classesOf, concatFrames, distinct, frameInputOf, framesOfSamples } from "./labelled-readings.js";

/** What datasets are made of. */
export interface DatasetDeps {
  readonly bundles: BundleStore;
  readonly series: TimeSeriesStore;
  readonly fleet: Fleet;
  readonly sha256: (bytes: Uint8Array) => Sha256;
  readonly heldBackShare: number;
  /** How much a new frame counts against an old one. */
  readonly newWeight: number;
}

/** The frames of one retraining. No frame is on two sides. */
export interface Datasets {
  readonly old: LabelledFrames;
  readonly clean: LabelledFrames;
  readonly fresh: LabelledFrames;
  readonly heldBack: LabelledFrames;
  /** `fresh` and `heldBack`. */
  readonly all: LabelledFrames;
}

/** The labelled samples that a job may learn from: of its devices, since its onset, seen by the bundle that drifted; each content once. */
export async function labelledFor(job: RetrainJob, sinceMs: number, deps: Pick<DatasetDeps, "series" | "fleet">): Promise<StoredSample[]> {
  const selector = parseSelector(job.selector);
  if (typeof selector === "string") return [];
  const deviceIds = deps.fleet.members(selector).map((d) => d.deviceId);
  const samples = await deps.series.samples({ deviceIds, isLabelled: true, fromMs: sinceMs });
  return distinct(samples.filter((s) => s.sample.bundleDigest === job.runningDigest));
}

async function frames(deps: DatasetDeps, manifest: BundleManifest, name: "train" | "holdout"): Promise<LabelledFrames> {
  const digest = parseSha256(manifest.lineage.dataset[name]);
  if (digest === undefined) {
    throw new KedgeError("collector/no-dataset", `the running bundle names no "${name}" dataset in its lineage`, {
      hint: "Push a bundle whose manifest names its labelled frames (blobs of the collector) under lineage.dataset; see packages/retrain/README.md.",
    });
  }
  const decoded = decodeLabelledFrames(await deps.bundles.getBlob(digest), deps.sha256);
  if (decoded.kind === "rejected")
    throw new KedgeError("collector/no-dataset", `the "${name}" dataset of the running bundle cannot be read: ${decoded.message}`);
  return decoded.value;
}

/** Gathers a job's frames: old ones from the running bundle's lineage, new ones from the labelled samples. */
export async function gatherDatasets(samples: readonly StoredSample[], manifest: BundleManifest, deps: DatasetDeps): Promise<Datasets> {
  const input = frameInputOf(manifest.preprocessing);
  const classes = classesOf(manifest.signature);
  const parts = splitByContent(
    samples.map((s) => ({ contentSha256: s.sample.contentSha256, stored: s })),
    deps.heldBackShare,
  );
  const of = (side: readonly { readonly stored: StoredSample }[]): LabelledFrames =>
    framesOfSamples(
      side.map((s) => s.stored),
      input,
      classes,
    );
  const fresh = of(parts.train);
  const heldBack = of(parts.heldBack);
  return { old: await frames(deps, manifest, "train"), clean: await frames(deps, manifest, "holdout"), fresh, heldBack, all: concatFrames(fresh, heldBack) };
}

/** Writes what a trainer reads. */
export async function writeTrainingFiles(directory: string, datasets: Datasets, newWeight: number): Promise<TrainingDataset[]> {
  const oldPath = join(directory, "old.frames");
  const newPath = join(directory, "new.frames");
  await writeLabelledFrames(oldPath, datasets.old);
  await writeLabelledFrames(newPath, datasets.fresh);
  return [
    { name: "old", path: oldPath, rows: datasets.old.labels.length, weight: 1 },
    { name: "new", path: newPath, rows: datasets.fresh.labels.length, weight: newWeight },
  ];
}

/** Keeps what the candidate learned from, for the retraining after this one. */
export async function keepTrainingData(datasets: Datasets, deps: Pick<DatasetDeps, "bundles" | "sha256">): Promise<Sha256> {
  const bytes = encodeLabelledFrames(concatFrames(datasets.old, datasets.fresh), deps.sha256);
  return (await deps.bundles.putBlob(bytes)).sha256;
}
