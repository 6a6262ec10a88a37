import { createHash } from "node:crypto";
import { canonicalJson, type Json, type Sha256 } from "@kedge/core";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { BundleManifest } from "./bundle-manifest.js";
import { manifestBytes, manifestDigest, parseManifest } from "./parse-manifest.js";
import { signManifest } from "./sign-manifest.js";
import { tinyBundle } from "./tiny-bundle.fixture.js";

const sha256 = (bytes: Uint8Array): Sha256 => createHash("sha256").update(bytes).digest("hex") as Sha256;
const nobody = { keyId: "k", sign: async () => new Uint8Array(64) };
const bytesOf = (value: unknown): Uint8Array => Buffer.from(canonicalJson(value as Json));

let manifest: BundleManifest;
beforeAll(async () => {
  manifest = (await tinyBundle(nobody, sha256)).manifest;
});

const change = (path: string, value: unknown): unknown => {
  const copy = structuredClone(manifest) as unknown as Record<string, unknown>;
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  const at = keys.reduce((node, key) => node[key] as Record<string, unknown>, copy);
  at[last] = value;
  return copy;
};

test("a manifest comes back from its bytes, and its digest is that of the bytes", () => {
  const bytes = manifestBytes(manifest);
  expect(parseManifest(bytes)).toEqual({ kind: "parsed", manifest });
  expect(manifestDigest(manifest, sha256)).toBe(sha256(bytes));
  expect(Buffer.from(bytes).toString()).toContain("été");
});

test("the digest does not hang on who wrote the keys in what order", () => {
  const turned = Object.fromEntries(Object.entries(manifest).reverse()) as unknown as BundleManifest;
  expect(manifestDigest(turned, sha256)).toBe(manifestDigest(manifest, sha256));
});

describe("refused, with the place of the fault", () => {
  const file = { path: "a.bin", sha256: "0".repeat(64), bytes: 1 };
  const cases: readonly [string, string, unknown, string][] = [
    ["an unknown key", "extra", 1, "extra"],
    ["a missing digest", "files.model.sha256", undefined, "files.model.sha256"],
    ["a digest in capitals", "files.model.sha256", "A".repeat(64), "files.model.sha256"],
    ["a path that leads out", "files.model.path", "../../etc/passwd", "files.model.path"],
    ["a path with a folder", "files.model.path", "a/b", "files.model.path"],
    ["the path ..", "files.model.path", "..", "files.model.path"],
    ["a path with a backslash", "files.model.path", "a\\b", "files.model.path"],
    ["an absolute path", "files.model.path", "/model.onnx", "files.model.path"],
    ["a path with a NUL", "files.model.path", "a\u0000", "files.model.path"],
    ["two files on one path", "files.other", { ...file, path: "model.onnx" }, "another path for each file"],
    ["a size below zero", "files.model.bytes", -1, "files.model.bytes"],
    ["a size of half a byte", "files.model.bytes", 1.5, "files.model.bytes"],
    ["a size past what a device can ask for", "files.model.bytes", 2 ** 40, "files.model.bytes"],
    ["no model", "files.model", undefined, "model, reference, golden"],
    ["a metric that is no number", "metrics.accuracy", "high", "metrics.accuracy"],
    ["a counter below zero", "securityCounter", -1, "securityCounter"],
    ["a day that is none", "createdAt", "yesterday", "createdAt"],
    ["another runtime", "runtime", "torch", "runtime"],
    ["a name with a slash", "name", "a/b", "name"],
    ["an empty version", "version", "", "version"],
    ["a label key that is none", "labels", { Über: "x" }, "labels.Über"],
    ["a lineage without a dataset", "lineage.dataset", undefined, "lineage.dataset"],
    ["a model input without preprocessing", "preprocessing", { inputs: {} }, '"x"'],
    ["one class", "signature.task.classes", ["one"], "signature.task.classes"],
    ["too many metrics", "metrics", Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`m${i}`, i])), "at most 64"],
    [
      "too many files",
      "files",
      Object.fromEntries(["model", "reference", "golden", ...Array.from({ length: 40 }, (_, i) => `f${i}`)].map((r) => [r, { ...file, path: r }])),
      "at most 32 files",
    ],
  ];
  test.each(cases)("%s", (_, path, value, words) => {
    expect(parseManifest(bytesOf(change(path, value)))).toMatchObject({
      kind: "rejected",
      code: "registry/invalid-manifest",
      message: expect.stringContaining(words),
    });
  });

  test("a newer format is told from damage", () => {
    expect(parseManifest(bytesOf(change("formatVersion", 2)))).toMatchObject({ code: "registry/unknown-format" });
  });

  test("what is no JSON, no UTF-8, or too large", () => {
    for (const bytes of [
      Buffer.from(""),
      Buffer.from("null"),
      Buffer.from("[]"),
      Buffer.from('"x"'),
      Buffer.from("{"),
      Uint8Array.of(0xff),
      Buffer.alloc(4 * 1024 ** 2 + 1, " "),
      Buffer.from("[".repeat(100_000)),
    ]) {
      expect(parseManifest(bytes)).toMatchObject({ kind: "rejected", code: "registry/invalid-manifest" });
    }
  });

  test("other spellings of the same manifest", () => {
    const text = Buffer.from(manifestBytes(manifest)).toString();
    for (const other of [
      `${text} `,
      text.replace('"formatVersion":1', '"formatVersion":1.0'),
      text.replace("été", "\\u00e9t\\u00e9"),
      text.replace('{"createdAt"', '{"name":"other","createdAt"'),
    ]) {
      expect(other).not.toBe(text);
      expect(parseManifest(Buffer.from(other))).toMatchObject({ code: "registry/not-canonical" });
    }
  });
});

test("any damage to a manifest's bytes is refused or another manifest, never a fault", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat({ max: 255 }), (place, value) => {
      const bytes = manifestBytes(manifest).slice();
      const at = place % bytes.length;
      if (bytes[at] === value) return;
      bytes[at] = value;
      const parsed = parseManifest(bytes);
      if (parsed.kind === "parsed") expect(manifestDigest(parsed.manifest, sha256)).toBe(sha256(bytes));
    }),
    { seed: 7, numRuns: 1_000 },
  );
});

test("what no reader would accept is not signed", async () => {
  const wrong = change("files.model.path", "../model.onnx") as BundleManifest;
  await expect(signManifest(wrong, nobody)).rejects.toMatchObject({
    code: "registry/invalid-manifest",
    message: expect.stringContaining("files.model.path"),
    context: { exit: "usage" },
  });
});
