import type { Labels, Sha256 } from "@kedge/core";
import type { ModelSignature, Preprocessing } from "@kedge/inference";

/** One file of a bundle. `path` is its plain name in the bundle directory's `files/`. */
export interface BundleFile {
  readonly path: string;
  readonly sha256: Sha256;
  readonly bytes: number;
}

/** The files of a bundle by what they are for. Others than these may be there; a device keeps them unread. */
export interface BundleFiles {
  readonly model: BundleFile;
  /** An encoded reference profile (see @kedge/wire). */
  readonly reference: BundleFile;
  /** Golden inputs and outputs (see `golden.ts`). */
  readonly golden: BundleFile;
  /** What readings must be (see `InputSchema` of @kedge/sensor); devices hold every reading against it. */
  readonly schema?: BundleFile;
  readonly [role: string]: BundleFile;
}

/** Where a bundle comes from: the bundle it improves on, the incident and job that asked for it, what it was trained by and on. */
export interface Lineage {
  readonly parent: Sha256 | null;
  readonly incident: string | null;
  readonly job: string | null;
  readonly trainer: string | null;
  /** Name of a dataset → what identifies it (a digest, a query). */
  readonly dataset: Readonly<Record<string, string>>;
}

/**
 * Everything that makes a model runnable and accountable. Its digest (SHA-256 of its canonical JSON) names the bundle:
 * as the digests of the files are in it, it names their content too.
 */
export interface BundleManifest {
  readonly formatVersion: 1;
  readonly name: string;
  readonly version: string;
  /** RFC 3339, in UTC. */
  readonly createdAt: string;
  /** Only raised when older bundles must never run again (see `security-counter.ts`). */
  readonly securityCounter: number;
  readonly runtime: "onnx";
  readonly signature: ModelSignature;
  readonly preprocessing: Preprocessing;
  readonly files: BundleFiles;
  readonly metrics: Readonly<Record<string, number>>;
  readonly lineage: Lineage;
  readonly labels: Labels;
}
