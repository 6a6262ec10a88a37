import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Sha256, seededRandom } from "@kedge/core";
import { encodeGolden, parseEnvelope, parseGolden, parseManifest, envelopeBytes, manifestBytes } from "@kedge/registry";
import { decodeLabelledFrames, encodeLabelledFrames } from "@kedge/retrain";
import { parseIdx } from "@kedge/sensor";
import { decodeHll, decodeKll, encodeHll, encodeKll } from "@kedge/stats";
import { tinyBundle } from "../../../packages/registry/src/tiny-bundle.fixture.js";
import { scanSegment, segmentHeader, segmentRecord } from "../../../packages/wire/adapters/file-outbox/segment-format.js";
import { accepted, type Door, rejected } from "./door.js";

const sha256 = (bytes: Uint8Array): Sha256 => createHash("sha256").update(bytes).digest("hex") as Sha256;
const random = seededRandom(3);

/** DataSketches' own files, of some kind and not too long to be damaged often. */
function published(file: string, kind: RegExp): Uint8Array[] {
  const path = new URL(`../../../packages/stats/vectors/${file}`, import.meta.url);
  const { files } = JSON.parse(readFileSync(path, "utf8")) as { files: { sketch: string; base64: string }[] };
  return files.filter((f) => kind.test(f.sketch) && f.base64.length < 12_000).map((f) => new Uint8Array(Buffer.from(f.base64, "base64")));
}

const sketchCodes = ["stats/truncated", "stats/not-this-sketch", "stats/version", "stats/corrupt"];

const bundle = await tinyBundle({ keyId: "a".repeat(64), sign: async () => new Uint8Array(64).fill(7) }, sha256);

function idxOf(type: 8 | 12 | 13, dims: readonly number[]): Uint8Array {
  const count = dims.reduce((a, b) => a * b, 1) * (type === 8 ? 1 : 4);
  const bytes = new Uint8Array(4 + 4 * dims.length + count).map(() => Math.floor(256 * random()));
  bytes.set([0, 0, type, dims.length]);
  const view = new DataView(bytes.buffer);
  for (const [i, d] of dims.entries()) view.setUint32(4 + 4 * i, d);
  return bytes;
}

const frames = {
  type: "uint8",
  dims: [2, 3],
  classes: ["fox", "cow"],
  values: Uint8Array.from({ length: 30 }, (_, i) => i),
  labels: Uint16Array.from([0, 1, 1, 0, 1]),
} as const;
/** So that damage of the rows gets past the digest. */
const anyDigest = (): Sha256 => "0".repeat(64) as Sha256;

const record = (seq: number, kind: "window" | "ack") => ({ key: { bootEpoch: 1, seq }, kind, bytes: new Uint8Array(kind === "ack" ? 0 : 10 * seq).fill(seq) });
const segment = Buffer.concat([
  segmentHeader(5),
  segmentRecord(5, record(1, "window")),
  segmentRecord(5, record(2, "window")),
  segmentRecord(5, record(1, "ack")),
]);

/** Files and blobs that come over a link, from a disk or from a user. */
export const fileDoors: readonly Door[] = [
  ...(["float32", "float64"] as const).map(
    (type): Door => ({
      name: `KLL sketch of ${type}`,
      valid: published("datasketches-kll.json", type === "float32" ? /kll_float/ : /kll_double/),
      codes: [...sketchCodes, "stats/too-large"],
      read(bytes) {
        const back = decodeKll(bytes, type);
        return back.kind === "decoded" ? accepted(encodeKll(back.value, type)) : rejected(back.code);
      },
    }),
  ),
  {
    name: "HLL sketch",
    valid: published("datasketches-hll.json", /hll[48]/),
    codes: sketchCodes,
    // Coupons that share a place stand in the order in which they came.
    isSame: (a, b) => Buffer.compare(Uint8Array.from(a).sort(), Uint8Array.from(b).sort()) === 0,
    read(bytes) {
      const back = decodeHll(bytes);
      return back.kind === "decoded" ? accepted(encodeHll(back.value)) : rejected(back.code);
    },
  },
  {
    name: "bundle manifest",
    valid: [manifestBytes(bundle.manifest)],
    codes: ["registry/invalid-manifest", "registry/not-canonical", "registry/unknown-format"],
    weight: 4,
    read(bytes) {
      const back = parseManifest(bytes);
      return back.kind === "parsed" ? accepted(manifestBytes(back.manifest)) : rejected(back.code);
    },
  },
  {
    name: "signed envelope",
    valid: [envelopeBytes(bundle.envelope)],
    codes: ["registry/invalid-envelope"],
    read(bytes) {
      const back = parseEnvelope(bytes);
      return back.kind === "parsed" ? accepted(envelopeBytes(back.envelope)) : rejected(back.code);
    },
  },
  {
    name: "golden cases",
    valid: [[...bundle.files.entries()].find(([path]) => path.includes("golden"))?.[1] ?? new Uint8Array(0)],
    codes: ["registry/invalid-golden"],
    read(bytes) {
      const back = parseGolden(bytes);
      return back.kind === "parsed" ? accepted(encodeGolden(back.golden)) : rejected(back.code);
    },
  },
  {
    name: "labelled frames",
    valid: [encodeLabelledFrames(frames, anyDigest)],
    codes: ["retrain/bad-frames"],
    read(bytes) {
      const back = decodeLabelledFrames(bytes, anyDigest);
      return back.kind === "decoded" ? accepted(encodeLabelledFrames(back.value, anyDigest)) : rejected(back.code);
    },
  },
  {
    name: "IDX file",
    valid: [idxOf(8, [3, 4, 4]), idxOf(12, [5]), idxOf(13, [2, 3])],
    codes: ["sensor/bad-idx"],
    read(bytes) {
      const back = parseIdx(bytes);
      return back.kind === "idx" ? accepted() : rejected(back.code);
    },
  },
  {
    name: "outbox segment",
    valid: [new Uint8Array(segment)],
    codes: ["damaged records"],
    read(bytes) {
      const found = scanSegment(Buffer.from(bytes), 5);
      // Whatever is taken for a record was one: its checksum covers number, kind and payload.
      for (const { offset, length, kind, seq, bootEpoch } of found.records) {
        const payload = new Uint8Array(bytes.subarray(offset + 24, offset + 24 + length));
        if (!segmentRecord(5, { key: { bootEpoch, seq }, kind, bytes: payload }).equals(Buffer.from(bytes.subarray(offset, offset + 24 + length))))
          throw new RangeError("an invented record");
      }
      return found.damagedRecords > 0 ? rejected("damaged records") : accepted();
    },
  },
];
