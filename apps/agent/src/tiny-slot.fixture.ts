import { mkdtempSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DeviceId, type Sha256, silentLog } from "@kedge/core";
import type { Preprocessing, ModelSignature } from "@kedge/inference";
import { OnnxruntimeNodeRuntime } from "@kedge/inference/adapters";
import { buildSpec, profileOf, type Recipe, specHash, type WatchPlan } from "@kedge/profile";
import { packBundle } from "@kedge/registry";
import { createKeyPair, sha256 } from "@kedge/registry/adapters";
import type { Reading } from "@kedge/sensor";
import { encodeReferenceProfile } from "@kedge/wire";
import { MemoryOutbox } from "@kedge/wire/adapters";
import { tinyOnnx } from "../../../packages/inference/adapters/onnxruntime-node/tiny-onnx.fixture.js";
import { tinyParts } from "../../../packages/registry/src/tiny-bundle.fixture.js";
import { ModelSlot } from "./model-slot.js";
import { makeSensing, type Sensing, type SensingParts } from "./sensing.js";

const signature: ModelSignature = {
  inputs: [{ name: "x", type: "float32", dims: [-1, 3] }],
  outputs: [{ name: "scores", type: "float32", dims: [-1, 2] }],
  task: { kind: "classification", classes: ["dark", "light"], scores: "scores", activation: "probabilities" },
};

const preprocessing: Preprocessing = {
  inputs: { x: { from: "image", raw: { type: "uint8", dims: [3] }, steps: [{ op: "scale", by: 1 / 255, offset: 0 }] } },
};

/** softmax(x · W): the brighter the pixels, the more the second class. */
const model = tinyOnnx({
  inputs: [{ name: "x", type: "float32", dims: ["batch", 3] }],
  outputs: [{ name: "scores", type: "float32", dims: ["batch", 2] }],
  nodes: [
    { op: "Gemm", inputs: ["x", "w", "b"], outputs: ["y"] },
    { op: "Softmax", inputs: ["y"], outputs: ["scores"], ints: { axis: 1 } },
  ],
  weights: [
    { name: "w", dims: [3, 2], values: [-1, 1, -1, 1, -1, 1] },
    { name: "b", dims: [2], values: [1.5, -1.5] },
  ],
});

/** A real model of two classes in memory; bundles of different versions have different digests. */
export async function tinySlot(version = "1.0.0", watch?: WatchPlan): Promise<ModelSlot> {
  const recipe: Recipe = { input: { kind: "none" }, task: "classification" };
  const spec = buildSpec(recipe, [], ["dark", "light"]);
  const hash = specHash(spec, { utf8: (text) => new TextEncoder().encode(text), sha256 });
  const plain = { spec, cohorts: [{ selector: "", profile: profileOf(spec, hash, []), rows: 0 }] };
  const reference = encodeReferenceProfile(watch === undefined ? plain : { ...plain, watch });
  const { digest, manifest } = await packBundle({ ...tinyParts, version, signature, preprocessing, model, reference }, createKeyPair().signer, sha256);
  const directory = await mkdtemp(join(tmpdir(), "kedge-slot-"));
  try {
    const contents: Readonly<Record<string, Uint8Array>> = { model, reference };
    for (const [role, content] of Object.entries(contents)) await writeFile(join(directory, role), content);
    const read = async (role: string): Promise<Uint8Array> => contents[role] ?? new Uint8Array();
    return await ModelSlot.load({ digest, manifest, directory, pathOf: (role) => join(directory, role), read }, new OnnxruntimeNodeRuntime());
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Three pixels of one brightness. */
export function frame(brightness: number, id = "r"): Reading {
  return { id, atMs: 5, inputs: { image: { type: "uint8", dims: [3], values: new Uint8Array(3).fill(brightness) } } };
}

/** A sense loop with its desks, an outbox in memory and a clock that tests set. */
export interface TinySense extends Sensing {
  readonly outbox: MemoryOutbox;
  readonly outcomes: boolean[];
  readonly stateDir: string;
  nowMs: number;
  /** By how much `nowMs` was set back since the start. */
  setBackMs: number;
}

export function tinySense(changes: Partial<SensingParts> & { readonly outbox?: MemoryOutbox } = {}): TinySense {
  const outbox = changes.outbox ?? new MemoryOutbox({ bootEpoch: 3 });
  const stateDir = changes.stateDir ?? mkdtempSync(join(tmpdir(), "kedge-sense-"));
  const outcomes: boolean[] = [];
  const time = { nowMs: 1_000, setBackMs: 0 };
  const sensing = makeSensing({
    deviceId: "cam-1" as DeviceId,
    labels: {},
    stateDir,
    windowMs: 3_600_000,
    policy: { heartbeatMs: null, fineForMs: 60_000 },
    budget: undefined,
    vitals: () => ({ temperatureC: null, memoryMib: null }),
    clock: { nowMs: () => time.nowMs, monotonicMs: () => time.nowMs, uptimeMs: () => time.nowMs + time.setBackMs },
    random: () => 0.5,
    sha256: (bytes): Sha256 => sha256(bytes),
    log: silentLog,
    onRecord: () => {},
    onOutcome: (isGood) => outcomes.push(isGood),
    ...changes,
    outbox,
  });
  return Object.assign(time, sensing, { outbox, outcomes, stateDir });
}
