import { readFile } from "node:fs/promises";
import { KedgeError, type Labels, type Sha256 } from "@kedge/core";
import type { ShelvedBundle } from "@kedge/device/adapters";
import {
  type InferenceRuntime,
  type InputRejected,
  type LoadedModel,
  outcomeOf,
  type OutputRejected,
  type Prediction,
  preprocess,
  type Vitals,
} from "@kedge/inference";
import { createProfiler, type Profiler, type ProfileSpec, type ReferenceProfile, referenceFor, type RowReader, Watch } from "@kedge/profile";
import type { BundleManifest } from "@kedge/registry";
import { type InputSchema, type Reading, readSchema } from "@kedge/sensor";
import { decodeReferenceProfile } from "@kedge/wire";
import { ReadingCheck, type SchemaRefused } from "./reading-check.js";

/** What came of a reading. */
export type Predicted = { readonly kind: "predicted"; readonly prediction: Prediction } | InputRejected | OutputRejected | SchemaRefused;

async function schemaIn(bundle: ShelvedBundle): Promise<InputSchema | undefined> {
  if (bundle.manifest.files.schema === undefined) return undefined;
  const read = readSchema(await readFile(bundle.pathOf("schema"), "utf8"));
  if (read.kind === "schema") return read.schema;
  throw new KedgeError("agent/schema-unreadable", `the schema of bundle ${bundle.digest.slice(0, 8)} cannot be read: ${read.faults.join("; ")}`, {
    hint: "an agent of a later version may read it; otherwise pack the bundle again",
  });
}

/** A bundle in memory: its model, and what it counts by. */
export class ModelSlot {
  readonly digest: Sha256;
  readonly manifest: BundleManifest;
  readonly spec: ProfileSpec;
  readonly #specHash: string;
  readonly #schema: InputSchema | undefined;
  readonly #model: LoadedModel;
  readonly #reference: ReferenceProfile;

  private constructor(
    bundle: ShelvedBundle,
    model: LoadedModel,
    reference: ReferenceProfile,
    known: { readonly specHash: string; readonly schema: InputSchema | undefined },
  ) {
    this.digest = bundle.digest;
    this.manifest = bundle.manifest;
    this.#model = model;
    this.#reference = reference;
    this.spec = reference.spec;
    this.#specHash = known.specHash;
    this.#schema = known.schema;
  }

  /** Loads a bundle that was verified when it was shelved. Faults: those of the runtime, `agent/reference-unreadable`, `agent/schema-unreadable`. */
  static async load(bundle: ShelvedBundle, runtime: InferenceRuntime): Promise<ModelSlot> {
    const reference = decodeReferenceProfile(await readFile(bundle.pathOf("reference")));
    const hash = reference.kind === "decoded" ? reference.value.cohorts[0]?.profile.specHash : undefined;
    if (reference.kind === "rejected" || hash === undefined) {
      throw new KedgeError(
        "agent/reference-unreadable",
        `the reference profile of bundle ${bundle.digest.slice(0, 8)} cannot be read${reference.kind === "rejected" ? `: ${reference.message}` : ""}`,
      );
    }
    const schema = await schemaIn(bundle);
    const model = await runtime.load(await readFile(bundle.pathOf("model")), bundle.manifest.signature);
    return new ModelSlot(bundle, model, reference.value, { specHash: hash, schema });
  }

  /** A profiler for this bundle's windows, that shows each row to `onRow`. */
  newProfiler(onRow: (row: RowReader) => void): Profiler {
    return createProfiler(this.spec, this.#specHash, { onRow });
  }

  /** What watches a device with these labels at work; `undefined` when the bundle plans no watch. `seed`: of the lots that break ties. */
  newWatch(labels: Labels, seed: number): Watch | undefined {
    const { watch, spec } = this.#reference;
    return watch === undefined ? undefined : new Watch(watch, { spec, reference: referenceFor(this.#reference, labels), seed });
  }

  /** What holds this bundle's readings against its schema, if it has one. */
  newCheck(): ReadingCheck {
    return new ReadingCheck(this.#schema);
  }

  /** Runs one reading. Bad input and bad output are values; faults of the runtime throw. `nowMs` is monotonic. */
  async predict(reading: Reading, nowMs: () => number, vitals?: Vitals): Promise<Predicted> {
    const started = nowMs();
    const ready = preprocess(this.manifest.preprocessing, this.manifest.signature, reading);
    if (ready.kind === "rejected") return ready;
    const outputs = await this.#model.run(ready.inputs);
    const outcome = outcomeOf(outputs, this.manifest.signature);
    if (outcome.kind === "rejected") return outcome;
    const prediction = { reading, outcome, latencyMs: nowMs() - started, bundleDigest: this.digest };
    return { kind: "predicted", prediction: vitals === undefined ? prediction : { ...prediction, vitals } };
  }

  /** Frees the memory once runs under way are done. */
  dispose(): Promise<void> {
    return this.#model.dispose();
  }
}
