import { bytesPerElement, type SampleInput, type SampleInputType } from "@kedge/sample";
import { kedge } from "#gen";
import type { Decoded, Rejected } from "../decoded.js";
import type { Sample } from "../messages.js";
import { wireLimits } from "../wire-limits.js";
import { type Codec, decodeAs, encodeAs, formatVersion } from "./codec.js";
import { cleanText, type Fields } from "./fields.js";
import { digestBytes } from "./hex.js";
import { keyFromRaw, keyShape, keyToRaw } from "./key.js";

/** Types in the order of their numbers on the wire (from 1). Append only. */
const types: readonly SampleInputType[] = ["float32", "uint8", "int32", "int64", "bool", "string", "column"];

const codec: Codec<kedge.v1.Sample.$Properties, Sample> = {
  name: "sample",
  maxBytes: wireLimits.sampleBytes,
  shape: { ...keyShape, 7: { most: wireLimits.sampleInputs, of: { 3: { most: wireLimits.dims } } } },
  type: kedge.v1.Sample,
  toRaw: (sample) => ({
    format: formatVersion,
    ...keyToRaw(sample.key),
    atMs: sample.atMs,
    bundleDigest: digestBytes(sample.bundleDigest),
    inputs: sample.inputs.map(inputToRaw),
    predictedLabel: cleanText(sample.predictedLabel, wireLimits.name),
    score: Number.isFinite(sample.score) ? sample.score : 0,
    reason: cleanText(sample.reason),
    contentSha256: digestBytes(sample.contentSha256),
  }),
  fromRaw: (raw, fields) => ({
    key: keyFromRaw(raw, fields),
    atMs: fields.time(raw.atMs, "at_ms"),
    bundleDigest: fields.digest(raw.bundleDigest, "bundle_digest"),
    inputs: (raw.inputs ?? []).map((input) => inputFromRaw(input, fields)),
    predictedLabel: fields.text(raw.predictedLabel, "predicted_label"),
    score: fields.finite(raw.score, "score"),
    reason: fields.text(raw.reason, "reason", wireLimits.text),
    contentSha256: fields.digest(raw.contentSha256, "content_sha256"),
  }),
};

function inputToRaw(input: SampleInput): kedge.v1.SampleInput.$Properties {
  return { name: input.name, type: types.indexOf(input.type) + 1, dims: [...input.dims], content: input.bytes };
}

function inputFromRaw(raw: kedge.v1.SampleInput.$Properties, fields: Fields): SampleInput {
  const name = fields.name(raw.name, "name of an input");
  const type = types[(raw.type ?? 0) - 1];
  fields.check(type !== undefined, `input ${name} is of type ${raw.type ?? 0}, which is unknown`);
  const dims = raw.dims ?? [];
  fields.check(dims.length <= wireLimits.dims, `input ${name} has ${dims.length} dimensions`);
  const bytes = fields.bytes(raw.content, `input ${name}`, { most: wireLimits.sampleBytes });
  const elementBytes = bytesPerElement(type ?? "column");
  if (elementBytes !== undefined) {
    const wanted = dims.reduce((product, d) => product * d, elementBytes);
    fields.check(bytes.length === wanted, `input ${name} has ${bytes.length} bytes, not the ${wanted} of its shape`);
  }
  return { name, type: type ?? "column", dims: [...dims], bytes };
}

/** A sample as it goes into the outbox and over the link. A score that is no number is sent as 0, the least sure. */
export function encodeSample(sample: Sample): Uint8Array {
  return encodeAs(codec, sample);
}

/** The sample in bytes from outside. Whether the content has the hash it names is for the caller to check. */
export function decodeSample(bytes: Uint8Array): Decoded<Sample> | Rejected {
  return decodeAs(codec, bytes);
}
