import { canonicalJson, type Json, type Sha256, type Sha256Of } from "@kedge/core";
import { checkPreprocessing, checkSignature } from "@kedge/inference";
import type { BundleManifest } from "./bundle-manifest.js";
import { type RegistryCode, registryCodes as codes } from "./errors.js";
import { bundleManifestSchema } from "./manifest-schema.js";
import { registryLimits } from "./registry-limits.js";
import { utf8Bytes, utf8Text } from "./utf8.js";

/** A manifest from outside that was understood. */
export interface ManifestParsed {
  readonly kind: "parsed";
  readonly manifest: BundleManifest;
}

/** Why bytes are no manifest; `message` lists every fault with its place. */
export interface ManifestRejected {
  readonly kind: "rejected";
  readonly code: RegistryCode;
  readonly message: string;
}

const reject = (code: RegistryCode, message: string): ManifestRejected => ({ kind: "rejected", code, message });

/** The bytes that are signed and hashed: the manifest's canonical JSON in UTF-8. */
export function manifestBytes(manifest: BundleManifest): Uint8Array {
  return utf8Bytes(canonicalJson(manifest as unknown as Json));
}

/** The digest that names the bundle. */
export function manifestDigest(manifest: BundleManifest, sha256: Sha256Of): Sha256 {
  return sha256(manifestBytes(manifest));
}

function readJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

const versionOf = (value: unknown): unknown => (typeof value === "object" && value !== null ? (value as { formatVersion?: unknown }).formatVersion : undefined);

/** What is wrong with a manifest's sense (a model input without preprocessing, …); empty when nothing is. */
export function checkManifest(manifest: BundleManifest): readonly string[] {
  return [...checkSignature(manifest.signature), ...checkPreprocessing(manifest.preprocessing, manifest.signature)];
}

/**
 * A manifest in its canonical form. Anything else is rejected: other spellings of the same manifest (spaces, doubled
 * keys, `1.0` for `1`) would be the same bundle under another digest.
 */
export function parseManifest(bytes: Uint8Array): ManifestParsed | ManifestRejected {
  if (bytes.length > registryLimits.manifestBytes) {
    return reject(codes.invalidManifest, `the manifest has ${bytes.length} bytes; at most ${registryLimits.manifestBytes} are read`);
  }
  const text = utf8Text(bytes);
  const json = text === undefined ? undefined : readJson(text);
  if (json === undefined) return reject(codes.invalidManifest, "the manifest is no JSON in UTF-8");
  const version = versionOf(json.value);
  if (typeof version === "number" && version > 1) return reject(codes.unknownFormat, `the manifest is of format ${version}; this version reads format 1`);
  const parsed = bundleManifestSchema.safeParse(json.value);
  if (!parsed.success) {
    const faults = parsed.error.issues.slice(0, 16).map((issue) => `${issue.path.join(".") || "(top)"}: ${issue.message}`);
    return reject(codes.invalidManifest, `the manifest was refused: ${faults.join("; ")}`);
  }
  if (canonicalJson(parsed.data as unknown as Json) !== text) return reject(codes.notCanonical, "the manifest is not in canonical form (RFC 8785)");
  const faults = checkManifest(parsed.data);
  if (faults.length > 0) return reject(codes.invalidManifest, `the manifest was refused: ${faults.slice(0, 16).join("; ")}`);
  return { kind: "parsed", manifest: parsed.data };
}
