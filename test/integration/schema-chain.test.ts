import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type DeviceId, normal, seededRandom } from "@kedge/core";
import { evaluateAnomaliesFirst } from "@kedge/drift";
import { OnnxruntimeNodeRuntime } from "@kedge/inference/adapters";
import { isIncompatible, mergeProfiles, type Profile } from "@kedge/profile";
import { readBundleDirectory } from "@kedge/registry/adapters";
import { type Reading, type ReadingInput, readSchema } from "@kedge/sensor";
import { decodeReferenceProfile, decodeWindow } from "@kedge/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ModelSlot } from "../../apps/agent/src/model-slot.js";
import { tinySense } from "../../apps/agent/src/tiny-slot.fixture.js";
import { tinyOnnx } from "../../packages/inference/adapters/onnxruntime-node/tiny-onnx.fixture.js";
import { CliFixture } from "./cli/cli-fixture.js";

const kedge = new CliFixture();
const random = seededRandom(3);
const onnx = tinyOnnx({
  inputs: [{ name: "x", type: "float32", dims: ["n", 2] }],
  outputs: [{ name: "comfort", type: "float32", dims: ["n", 1] }],
  nodes: [{ op: "MatMul", inputs: ["x", "w"], outputs: ["comfort"] }],
  weights: [{ name: "w", dims: [2, 1], values: [0.5, 0.1] }],
});

type Row = Record<string, ReadingInput>;
const startMs = 1_700_000_000_000;
const row = (): Row => ({
  temperature: Number((21 + 2 * normal(random)).toFixed(2)),
  humidity: Number((45 + 6 * normal(random)).toFixed(2)),
  mode: ["off", "eco", "boost"][Math.floor(3 * random())] ?? "off",
});
const csv = (rows: number): string =>
  `time,temperature,humidity,mode\n${Array.from({ length: rows }, (_, i) => `${startMs + 1_000 * i},${Object.values(row()).join(",")}`).join("\n")}\n`;

beforeAll(async () => {
  await kedge.start();
  await writeFile(kedge.path("m.onnx"), onnx);
  await writeFile(kedge.path("train.csv"), csv(3_000));
  await writeFile(kedge.path("held-out.csv"), csv(1_000));
  await writeFile(kedge.path("pre.yaml"), "inputs: { x: { from: [temperature, humidity], raw: null, steps: [] } }\n");
});
afterAll(() => kedge.stop());

const ofTime = ["--time-column", "time"];

describe("kedge schema", () => {
  test("infers a file that held-out rows meet, and says which rows break it", async () => {
    const inferred = await kedge.run([
      ...["schema", "infer", "--readings", kedge.path("train.csv"), ...ofTime],
      ...["--unit", "temperature=celsius", "--out", kedge.path("schema.json")],
    ]);
    expect(inferred.err).not.toContain("error");
    expect(inferred.code).toBe(0);
    const check = (file: string) => kedge.run(["schema", "check", "--schema", kedge.path("schema.json"), "--readings", kedge.path(file), ...ofTime]);
    expect(await check("held-out.csv")).toMatchObject({ code: 0, out: expect.stringContaining("1000 rows meet the schema") });
    await writeFile(kedge.path("bad.csv"), `time,temperature,humidity,mode\n${startMs},70.2,45,eco\n${startMs - 1},,45,turbo\n`);
    const broken = await check("bad.csv");
    expect(broken.code).toBe(8);
    for (const told of [/temperature +above +1/, /temperature +missing +1/, /mode +domain +1 .*row-2/, /@time +order +1/]) expect(broken.out).toMatch(told);
  });

  test("refuses a file that is none, with all its faults", async () => {
    await writeFile(kedge.path("wrong.json"), '{"formatVersion":1,"fields":{"t":{"type":"colour"}}}');
    const refused = await kedge.run(["schema", "check", "--schema", kedge.path("wrong.json"), "--readings", kedge.path("train.csv")]);
    expect(refused.code).toBe(9);
    for (const told of ["policy", "time", "fields.t"]) expect(refused.err).toContain(told);
  });

  test("shows what another training set would change", async () => {
    await writeFile(kedge.path("later.csv"), csv(500).replaceAll("boost", "turbo"));
    await kedge.run(["schema", "infer", "--readings", kedge.path("later.csv"), ...ofTime, "--out", kedge.path("later.json")]);
    const { code, out } = await kedge.run(["schema", "diff", kedge.path("schema.json"), kedge.path("later.json"), "--exit-code"]);
    expect(code).toBe(8);
    expect(out).toMatch(/fields\.mode\.domain\[\] +- +"turbo"/);
    expect(await kedge.run(["schema", "diff", kedge.path("schema.json"), kedge.path("schema.json"), "--exit-code"])).toMatchObject({ code: 0 });
  });
});

/** What a real agent's windows say of 400 readings that `change` has gone over. */
async function windowsOf(slot: ModelSlot, change: (reading: Reading, i: number) => Reading): Promise<Profile> {
  const lab = tinySense();
  lab.nowMs = startMs + 10_000_000;
  await lab.sense.serve(slot);
  for (let i = 0; i < 400; i += 1) await lab.sense.predict(change({ id: `r${i}`, atMs: startMs + 1_000 * i, inputs: row() }, i));
  await lab.sense.stop();
  let sum: Profile | undefined;
  for (const record of await lab.outbox.peek(100)) {
    const decoded = decodeWindow(record.bytes);
    if (decoded.kind === "rejected") throw new RangeError(decoded.message);
    const merged = sum === undefined ? decoded.value.profile : mergeProfiles(sum, decoded.value.profile);
    if (isIncompatible(merged)) throw new RangeError(merged.reason);
    sum = merged;
  }
  if (sum === undefined) throw new RangeError("no window");
  return sum;
}

const changed = (reading: Reading, inputs: Row): Reading => ({ ...reading, inputs: { ...reading.inputs, ...inputs } });

test("a packed schema reaches the agent, its windows, and the collector's words: clean rows give no cause, each fault its own", async () => {
  const packed = await kedge.run([
    ...["model", "pack", "--model", kedge.path("m.onnx"), "--name", "rooms", "--version", "1.0.0", "--task", "regression"],
    ...[
      "--reference",
      kedge.path("held-out.csv"),
      "--preprocess",
      kedge.path("pre.yaml"),
      "--schema",
      kedge.path("schema.json"),
      "--out",
      kedge.path("r.bundle"),
    ],
  ]);
  expect(packed.err).not.toContain("error");
  expect(packed.out).toMatch(/schema +3 fields/);
  const bundle = await readBundleDirectory(kedge.path("r.bundle"));
  expect(bundle.manifest.files["schema"]).toMatchObject({ path: "schema.json" });
  const read = readSchema(await readFile(join(kedge.path("r.bundle"), "files", "schema.json"), "utf8"));
  const decoded = decodeReferenceProfile(await bundle.readFile("reference"));
  if (read.kind === "refused" || decoded.kind === "rejected") throw new RangeError("the bundle cannot be read");
  const shelved = {
    ...bundle,
    directory: bundle.path,
    pathOf: (role: string) => join(bundle.path, "files", bundle.manifest.files[role]?.path ?? ""),
    read: (role: string) => bundle.readFile(role),
  };
  const cases: readonly (readonly [string[], (reading: Reading, i: number) => Reading])[] = [
    [[], (r) => r],
    [["unit_change temperature above"], (r) => changed(r, { temperature: 1.8 * Number(r.inputs["temperature"]) + 32 })],
    [["stuck humidity stuck"], (r) => changed(r, { humidity: 47.3 })],
    [["missing temperature missing"], ({ inputs: { temperature: _, ...inputs }, ...r }) => ({ ...r, inputs })],
    [["clock_fault @time order"], (r, i) => (i % 3 === 0 ? { ...r, atMs: r.atMs - 5_000 } : r)],
    [["new_category mode domain"], (r, i) => (i % 2 === 0 ? changed(r, { mode: "turbo" }) : r)],
    [["wrong_type humidity type"], (r) => changed(r, { humidity: `${String(r.inputs["humidity"])} %` })],
  ];
  for (const [told, change] of cases) {
    const profile = await windowsOf(await ModelSlot.load(shelved, new OnnxruntimeNodeRuntime()), change);
    const devices = [{ deviceId: "room-1" as DeviceId, labels: {}, profile }];
    const { causes } = evaluateAnomaliesFirst({ reference: decoded.value, schema: read.schema, devices });
    expect(causes.map((c) => `${c.causeClass} ${c.features[0]?.feature ?? ""} ${c.features[0]?.rule ?? ""}`)).toEqual(told);
  }
});
