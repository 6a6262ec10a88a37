import { isLabelKey, isLabelValue, parseSha256, type Sha256 } from "@kedge/core";
import { modelSignatureSchema, preprocessingSchema } from "@kedge/inference";
import { z } from "zod";
import type { BundleFile, BundleFiles, BundleManifest } from "./bundle-manifest.js";
import { registryLimits as limits } from "./registry-limits.js";

const sha256 = z.custom<Sha256>((v) => parseSha256(v) !== undefined, "expected 64 lower-case hex digits");
const word = z.string().min(1).max(256);

/** A plain name: no path of any system leads out of a folder by it, and no two are the same on a disk that ignores case. */
const path = z.string().regex(/^[a-z0-9_][a-z0-9._-]{0,127}$/, "expected a plain lower-case file name such as model.onnx");

const file: z.ZodType<BundleFile> = z.strictObject({ path, sha256, bytes: z.int().min(0).max(limits.fileBytes) }).readonly();

const required = ["model", "reference", "golden"] as const;
const files = z
  .record(z.string().regex(/^[a-z][a-z0-9_-]{0,31}$/, "expected a role such as model"), file)
  .refine((all) => Object.keys(all).length <= limits.files, `expected at most ${limits.files} files`)
  .refine((all) => required.every((role) => Object.hasOwn(all, role)), `expected the files ${required.join(", ")}`)
  .refine((all) => new Set(Object.values(all).map((f) => f.path)).size === Object.keys(all).length, "expected another path for each file")
  .readonly() as unknown as z.ZodType<BundleFiles>;

const few = <T>(most: number) => [(all: Readonly<Record<string, T>>) => Object.keys(all).length <= most, `expected at most ${most} entries`] as const;

const lineage = z
  .strictObject({
    parent: sha256.nullable(),
    incident: word.nullable(),
    job: word.nullable(),
    trainer: word.nullable(),
    dataset: z
      .record(word, word)
      .refine(...few(64))
      .readonly(),
  })
  .readonly();

const labels = z
  .record(z.string().refine(isLabelKey, "expected a label key"), z.string().refine(isLabelValue, "expected a label value"))
  .refine(...few(limits.labels))
  .readonly();

/** Parses a {@link BundleManifest}; `formatVersion` has been looked at before. */
export const bundleManifestSchema: z.ZodType<BundleManifest> = z
  .strictObject({
    formatVersion: z.literal(1),
    name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "expected a name of 1 to 64 letters, digits, dots, dashes and underscores"),
    version: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}$/, "expected a version such as 1.4.2"),
    createdAt: z.iso.datetime(),
    securityCounter: z.int().min(0).max(4294967295),
    runtime: z.literal("onnx"),
    signature: modelSignatureSchema,
    preprocessing: preprocessingSchema,
    files,
    metrics: z
      .record(z.string().min(1).max(64), z.number())
      .refine(...few(limits.metrics))
      .readonly(),
    lineage,
    labels,
  })
  .readonly();
