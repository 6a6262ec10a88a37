import { appendFile, cp, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { seededRandom } from "@kedge/core";
import { parseGolden } from "@kedge/registry";
import { readBundleDirectory } from "@kedge/registry/adapters";
import { decodeReferenceProfile } from "@kedge/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tinyOnnx } from "../../../packages/inference/adapters/onnxruntime-node/tiny-onnx.fixture.js";
import { CliFixture, type Ran } from "./cli-fixture.js";

const kedge = new CliFixture();
const random = seededRandom(11);
const size = 6;

/** Scores three classes of pictures of 6×6 by where the light is. */
const weights = Array.from({ length: size * size * 3 }, (_, i) => (Math.floor(i / 3) % size < 2 === (i % 3 === 0) ? 1 : -0.5) + 0.1 * (i % 3));
const onnx = tinyOnnx({
  inputs: [{ name: "image", type: "float32", dims: ["n", size * size] }],
  outputs: [{ name: "scores", type: "float32", dims: ["n", 3] }],
  nodes: [
    { op: "MatMul", inputs: ["image", "w"], outputs: ["logits"] },
    { op: "Softmax", inputs: ["logits"], outputs: ["scores"] },
  ],
  weights: [{ name: "w", dims: [size * size, 3], values: weights }],
});

const frames = 150;

function idx(count: number): Buffer {
  const head = Buffer.from([0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, size, 0, 0, 0, size]);
  return Buffer.concat([head, Buffer.from(Array.from({ length: count * size * size }, () => Math.floor(random() * 256)))]);
}

const pack = (more: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<Ran> =>
  kedge.run(
    [
      "model",
      "pack",
      "--model",
      kedge.path("m.onnx"),
      "--name",
      "pictures",
      "--version",
      "1.0.0",
      "--reference",
      kedge.path("frames.gz"),
      "--preprocess",
      kedge.path("pre.yaml"),
      "--out",
      kedge.path("p.bundle"),
      ...more,
    ],
    { env },
  );

beforeAll(async () => {
  await kedge.start();
  await writeFile(kedge.path("m.onnx"), onnx);
  await writeFile(kedge.path("frames.gz"), gzipSync(idx(frames)));
  await writeFile(
    kedge.path("pre.yaml"),
    `inputs:\n  image: { from: frame, raw: { type: uint8, dims: [${size}, ${size}] }, steps: [{ op: scale, by: 0.00392156862745098, offset: 0 }] }\n`,
  );
});
afterAll(() => kedge.stop());

describe("kedge model pack", () => {
  test("makes a signed bundle of a model and the readings that it was not trained on", async () => {
    const { code, out, err } = await pack(["--classes", "left,middle,right", "--label", "camera=a", "--metric", "accuracy=0.9", "--golden", "5"]);
    expect(err).not.toContain("error");
    expect(code).toBe(0);
    expect(out).toContain("pictures@1.0.0 packed into");
    expect(out).toContain(
      "reference  150 rows, features brightness, contrast, sharpness, edge_energy, center_x, center_y, upright, slant, class, score, entropy, margin",
    );
    expect(err).toContain("kedge key trust");
    const bundle = await readBundleDirectory(kedge.path("p.bundle"));
    expect(bundle.manifest).toMatchObject({
      name: "pictures",
      version: "1.0.0",
      signature: {
        inputs: [{ name: "image", dims: [-1, 36] }],
        task: { kind: "classification", classes: ["left", "middle", "right"], scores: "scores", activation: "probabilities" },
      },
      labels: { camera: "a" },
      metrics: { accuracy: 0.9 },
      createdAt: new Date(kedge.clock.nowMs()).toISOString(),
    });
    const reference = decodeReferenceProfile(await bundle.readFile("reference"));
    expect(reference).toMatchObject({
      kind: "decoded",
      value: { spec: { recipe: { input: { kind: "image", from: "frame", width: 6, height: 6, channels: 1 } } }, cohorts: [{ selector: "", rows: frames }] },
    });
    const golden = parseGolden(await bundle.readFile("golden"));
    expect(golden).toMatchObject({ kind: "parsed", golden: { tolerance: 1e-4 } });
    expect(golden.kind === "parsed" && golden.golden.cases.map((c) => c.inputs["image"]?.dims)).toEqual(new Array(5).fill([1, 36]));
    const key = kedge.path(".local/share/kedge-cli/signing.key");
    expect((await stat(key)).mode & 0o777).toBe(0o600);
  });

  test("never writes over anything", async () => {
    const before = await readdir(kedge.path("p.bundle"));
    expect(await pack()).toMatchObject({ code: 5, err: expect.stringContaining("already") });
    expect(await readdir(kedge.path("p.bundle"))).toEqual(before);
  });

  test("takes columns from CSV and lines of JSON alike", async () => {
    const rows = Array.from({ length: 120 }, (_, i) => ({ t: i / 10, on: i % 2 === 0, mode: i % 3 === 0 ? "day" : "night" }));
    await writeFile(
      kedge.path("m2.onnx"),
      tinyOnnx({
        inputs: [{ name: "x", type: "float32", dims: ["n", 2] }],
        outputs: [{ name: "y", type: "float32", dims: ["n", 1] }],
        nodes: [{ op: "MatMul", inputs: ["x", "w"], outputs: ["y"] }],
        weights: [{ name: "w", dims: [2, 1], values: [2, 1] }],
      }),
    );
    await writeFile(kedge.path("pre2.yaml"), "inputs: { x: { from: [t, on], raw: null, steps: [] } }\n");
    await writeFile(kedge.path("rows.csv"), `t,on,mode\n${rows.map((r) => `${r.t},${r.on},${r.mode}`).join("\n")}\n`);
    await writeFile(kedge.path("rows.ndjson"), rows.map((r) => JSON.stringify({ inputs: r })).join("\n"));
    const references: unknown[] = [];
    for (const file of ["rows.csv", "rows.ndjson"]) {
      const out = kedge.path(`${file}.bundle`);
      const { code, out: text } = await kedge.run([
        "model",
        "pack",
        "--model",
        kedge.path("m2.onnx"),
        "--name",
        "t",
        "--version",
        "1",
        "--task",
        "regression",
        "--reference",
        kedge.path(file),
        "--preprocess",
        kedge.path("pre2.yaml"),
        "--out",
        out,
        "-o",
        "json",
      ]);
      expect(code).toBe(0);
      expect(JSON.parse(text)).toMatchObject({ rows: 120, features: ["t", "on", "value"] });
      const decoded = decodeReferenceProfile(await (await readBundleDirectory(out)).readFile("reference"));
      if (decoded.kind === "decoded")
        references.push({ spec: decoded.value.spec.features.slice(0, 3), features: decoded.value.cohorts[0]?.profile.features.slice(0, 3) });
    }
    expect(references[0]).toEqual(references[1]);
    expect(references[0]).toMatchObject({
      spec: [
        { kind: "numeric", name: "t", low: 0, high: 11.9 },
        { kind: "categorical", name: "on" },
        { kind: "numeric", name: "value" },
      ],
    });
  });

  test("rows that do not fit are left out and told; too few that do are refused", async () => {
    const good = Array.from({ length: 110 }, (_, i) => JSON.stringify({ inputs: { t: i, on: true } }));
    await writeFile(kedge.path("some.ndjson"), [...good, "broken", JSON.stringify({ inputs: { t: "warm", on: true } })].join("\n"));
    const argv = [
      "model",
      "pack",
      "--model",
      kedge.path("m2.onnx"),
      "--name",
      "t",
      "--version",
      "2",
      "--task",
      "regression",
      "--preprocess",
      kedge.path("pre2.yaml"),
    ];
    const some = await kedge.run([...argv, "--reference", kedge.path("some.ndjson"), "--out", kedge.path("some.bundle")]);
    expect(some.code).toBe(0);
    expect(some.err).toContain("warning: 2 of 112 rows were left out: line 111");
    await writeFile(kedge.path("few.ndjson"), good.slice(0, 99).join("\n"));
    const few = await kedge.run([...argv, "--reference", kedge.path("few.ndjson"), "--out", kedge.path("few.bundle")]);
    expect(few.code).toBe(2);
    expect(few.err).toContain("only 99 of 99 reference rows");
    expect(await readdir(kedge.home)).not.toContain("few.bundle");
  });

  test.each([
    ["no model at all", ["--model", "/nowhere/m.onnx"], 11, "reading the model /nowhere/m.onnx failed"],
    ["a model that is none", ["--model", "HOME/frames.gz"], 9, "onnxruntime cannot load the model"],
    ["the wrong number of classes", ["--classes", "a,b"], 2, "there are 2 classes"],
    ["an output that is not there", ["--output-name", "y"], 2, 'the model has no output "y"'],
    ["a preprocessing that is none", ["--preprocess", "HOME/va.token"], 9, "was refused"],
    ["a preprocessing for other shapes", ["--preprocess", "HOME/pre2.yaml"], 9, "image"],
    ["a size that does not fit", ["--image", "28x28"], 2, "784 values"],
    ["rows that are none", ["--reference", "HOME/m.onnx"], 2, "reading the reference rows"],
    ["a version that is none", ["--version", "1 0"], 2, "version"],
    ["no name", ["--name", ""], 2, "name"],
    ["a key that is none", ["--signing-key", "HOME/va.token"], 9, "is no Ed25519 key"],
  ])("%s is refused, and no bundle is left behind", async (_, more, exit, message) => {
    const { code, err } = await pack([...more.map((m) => m.replace("HOME", kedge.home)), "--out", kedge.path("bad.bundle")]);
    expect(err).toContain(message);
    expect(code).toBe(exit);
    expect(await readdir(kedge.home)).not.toContain("bad.bundle");
  });
});

/** Finds two things in every frame: each row of four numbers is a box, and its largest number's place both its class and its score. */
const detector = tinyOnnx({
  inputs: [{ name: "x", type: "float32", dims: ["n", 2, 4] }],
  outputs: [
    { name: "boxes", type: "float32", dims: ["n", 2, 4] },
    { name: "labels", type: "int64", dims: ["n", 2] },
    { name: "scores", type: "float32", dims: ["n", 2] },
  ],
  nodes: [
    { op: "Identity", inputs: ["x"], outputs: ["boxes"] },
    { op: "ArgMax", inputs: ["x"], outputs: ["labels"], ints: { axis: 2, keepdims: 0 } },
    { op: "Cast", inputs: ["labels"], outputs: ["scores"], ints: { to: 1 } },
  ],
});

describe("kedge model pack of a detector", () => {
  beforeAll(async () => {
    await writeFile(kedge.path("detector.onnx"), detector);
    const line = (i: number): string =>
      JSON.stringify({
        inputs: { x: { type: "float32", dims: [2, 4], values: Array.from({ length: 8 }, random) }, note: `note ${i}`, taken: "2026-03-01T12:00:00Z" },
      });
    await writeFile(kedge.path("frames.ndjson"), Array.from({ length: 120 }, (_, i) => line(i)).join("\n"));
  });
  const packDetector = (...more: string[]): Promise<Ran> =>
    kedge.run([
      ...["model", "pack", "--model", kedge.path("detector.onnx"), "--name", "finder", "--version", "1.0.0", "--task", "detection"],
      ...["--reference", kedge.path("frames.ndjson"), "--out", kedge.path("d.bundle"), ...more],
    ]);

  test("needs the names of its classes", async () => {
    const { code, err } = await packDetector();
    expect(code).not.toBe(0);
    expect(err).toContain("list the class names");
  });

  test("watches boxes, and columns that were named", async () => {
    const named = ["--column", "note=text", "--column", "taken=timestamp", "--box-layout", "cxcywh", "--min-score", "0.9"];
    const { code, out, err } = await packDetector("--classes", "background,cat,dog,cow", ...named);
    expect(err).not.toContain("error");
    expect(code).toBe(0);
    expect(out).toContain("features x, note.length, taken.age_s, boxes, box_class, box_area, box_score");
    const bundle = await readBundleDirectory(kedge.path("d.bundle"));
    expect(bundle.manifest.signature.task).toMatchObject({
      kind: "detection",
      boxes: "boxes",
      scores: "scores",
      labels: "labels",
      count: null,
      layout: "cxcywh",
    });
    const reference = decodeReferenceProfile(await bundle.readFile("reference"));
    if (reference.kind === "rejected") throw new Error(reference.message);
    const { spec, cohorts } = reference.value;
    expect(spec.features.find((f) => f.name === "x")).toMatchObject({ kind: "embedding", dimensions: 8 });
    const at = spec.features.findIndex((f) => f.name === "box_class");
    // Two rows a frame, of which those of class 0 have too low a score.
    expect(cohorts[0]?.profile.features[at]?.count).toBeGreaterThan(120);
    expect(JSON.stringify(reference.value)).not.toContain("note 7");
  });
});

describe("kedge model push and verify", () => {
  const key = (): string => kedge.path(".local/share/kedge-cli/signing.key");

  test("a bundle that nobody vouches for is refused, with what an admin has to do", async () => {
    const { code, err } = await kedge.run(["model", "push", kedge.path("p.bundle")]);
    expect(code).toBe(12);
    expect(err).toContain("no trusted key has signed pictures@1.0.0");
    expect(err).toContain("kedge key trust FILE");
    expect(await kedge.run(["model", "verify", kedge.path("p.bundle")])).toMatchObject({ code: 12, err: expect.stringContaining("registry/unknown-key") });
  });

  test("once its key is trusted it goes in, files that are there are not sent again", async () => {
    expect((await kedge.run(["key", "trust", `${key()}.pub`])).code).toBe(0);
    const first = await kedge.run(["model", "push", kedge.path("p.bundle"), "--alias", "champion"], { env: { KEDGE_TOKEN_FILE: kedge.path("op.token") } });
    expect(first.code).toBe(0);
    expect(first.out).toMatch(/pictures@1\.0\.0 +[0-9a-f]{12} +champion/);
    expect(first.err).toContain("model: there already");
    const bundle = await readBundleDirectory(kedge.path("p.bundle"));
    expect(kedge.state.models.at(-1)?.digest).toBe(bundle.digest);
    for (const file of Object.values(bundle.manifest.files)) expect(kedge.state.blobs.get(file.sha256)?.length).toBe(file.bytes);
    expect(await kedge.run(["model", "push", kedge.path("p.bundle")])).toMatchObject({ code: 5, err: expect.stringContaining("registered already") });
  });

  test("it is listed, shown, and has other names", async () => {
    expect((await kedge.run(["model", "ls", "-o", "name"])).out).toBe("pictures@1.0.0\nclothes@1.0.0\n");
    expect((await kedge.run(["model", "get", "pictures@champion"])).out).toMatch(/model +pictures@1\.0\.0/);
    expect((await kedge.run(["model", "alias", "clothes", "stable", "clothes@1.0.0"])).out).toContain("champion,stable");
    expect((await kedge.run(["model", "unalias", "clothes", "stable"])).code).toBe(0);
    expect((await kedge.run(["model", "get", "nothing"])).code).toBe(3);
  });

  test("it can be verified by the collector's keys, or by a key at hand without any collector", async () => {
    expect(await kedge.run(["model", "verify", kedge.path("p.bundle")])).toMatchObject({
      code: 0,
      out: expect.stringContaining("pictures@1.0.0 is whole and signed"),
    });
    const offline = { env: { KEDGE_URL: "http://127.0.0.1:1" } };
    expect((await kedge.run(["model", "verify", kedge.path("p.bundle"), "--key", `${key()}.pub`], offline)).code).toBe(0);
    await kedge.run(["key", "create", kedge.path("other.key")]);
    expect((await kedge.run(["model", "verify", kedge.path("p.bundle"), "--key", kedge.path("other.key.pub")], offline)).code).toBe(12);
  });

  const spoil: readonly [string, (path: string) => Promise<unknown>, string][] = [
    ["one byte more in the model", (p) => appendFile(join(p, "files", "model.onnx"), "x"), "registry/digest-mismatch"],
    [
      "one bit changed in the reference",
      async (p) => {
        const file = join(p, "files", "reference.bin");
        const bytes = await readFile(file);
        bytes[7] = (bytes[7] ?? 0) ^ 1;
        await writeFile(file, bytes);
      },
      "registry/digest-mismatch",
    ],
    ["a file that nobody signed", (p) => writeFile(join(p, "files", "run.sh"), "echo"), "registry/unlisted-file"],
    ["a file gone", (p) => rm(join(p, "files", "golden.json")), "registry/missing-file"],
    ["a manifest that is none", (p) => writeFile(join(p, "manifest.json"), "{}"), "registry/invalid-envelope"],
    ["a folder that is none", (p) => rm(p, { recursive: true }).then(() => mkdir(p)), "registry/missing-file"],
  ];

  test.each(spoil)("%s: refused before anything is sent", async (_, damage, code) => {
    const path = kedge.path("spoilt.bundle");
    await rm(path, { recursive: true, force: true });
    await cp(kedge.path("p.bundle"), path, { recursive: true });
    await damage(path);
    kedge.state.blobs.clear();
    for (const verb of ["push", "verify"]) {
      const ran = await kedge.run(["model", verb, path]);
      expect(ran.code).toBe(12);
      expect(ran.err).toContain(code);
      expect(ran.err).toContain(path);
    }
    expect(kedge.state.blobs.size).toBe(0);
  });
});
