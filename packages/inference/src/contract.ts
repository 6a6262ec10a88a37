import { invariant, KedgeError } from "@kedge/core";
import type { Tensor } from "@kedge/sensor";
import type { InferenceRuntime } from "./inference-runtime.js";
import type { ModelSignature } from "./model-signature.js";

/** A model that a runtime can load, and what it must give. `outputs` belong to `inputs` to within `tolerance`. */
export interface RuntimeFixture {
  readonly model: Uint8Array;
  readonly signature: ModelSignature;
  readonly cases: readonly { readonly inputs: Readonly<Record<string, Tensor>>; readonly outputs: Readonly<Record<string, Tensor>> }[];
  readonly tolerance: number;
}

/** One thing that every runtime must do; `check` throws when it does not. */
export interface RuntimeLaw {
  readonly name: string;
  check(runtime: InferenceRuntime, fixture: RuntimeFixture): Promise<void>;
}

async function codeOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
  } catch (error) {
    return error instanceof KedgeError ? error.code : `not a KedgeError: ${String(error)}`;
  }
  return "nothing failed";
}

function sameTensor(found: Tensor | undefined, expected: Tensor, tolerance: number): string | undefined {
  if (found === undefined) return "is absent";
  if (found.type !== expected.type) return `has type ${found.type}, not ${expected.type}`;
  if (found.dims.join() !== expected.dims.join()) return `has shape [${found.dims.join()}], not [${expected.dims.join()}]`;
  for (let i = 0; i < expected.values.length; i += 1) {
    const [a, b] = [Number(found.values[i]), Number(expected.values[i])];
    if (!(Math.abs(a - b) <= tolerance)) return `is ${a} and not ${b} at element ${i}`;
  }
  return undefined;
}

async function checkCases(runtime: InferenceRuntime, fixture: RuntimeFixture): Promise<void> {
  const model = await runtime.load(fixture.model, fixture.signature);
  for (const { inputs, outputs } of fixture.cases) {
    const found = await model.run(inputs);
    for (const [name, expected] of Object.entries(outputs)) {
      const fault = sameTensor(found[name], expected, fixture.tolerance);
      invariant(fault === undefined, `output "${name}" ${fault}`);
    }
  }
  await model.dispose();
}

async function checkOverlap(runtime: InferenceRuntime, fixture: RuntimeFixture): Promise<void> {
  const model = await runtime.load(fixture.model, fixture.signature);
  const alone: Readonly<Record<string, Tensor>>[] = [];
  for (const c of fixture.cases) alone.push(await model.run(c.inputs));
  const together = await Promise.all(fixture.cases.map((c) => model.run(c.inputs)));
  together.forEach((outputs, i) => {
    for (const [name, expected] of Object.entries(alone[i] ?? {})) {
      invariant(sameTensor(outputs[name], expected, 0) === undefined, `overlapping runs change output "${name}"`);
    }
  });
  await model.dispose();
}

async function checkOutputsStay(runtime: InferenceRuntime, fixture: RuntimeFixture): Promise<void> {
  const [first, second] = fixture.cases;
  invariant(first !== undefined && second !== undefined, "a fixture needs two cases");
  const model = await runtime.load(fixture.model, fixture.signature);
  const kept = await model.run(first.inputs);
  await model.run(second.inputs);
  await model.dispose();
  for (const [name, expected] of Object.entries(first.outputs)) {
    invariant(sameTensor(kept[name], expected, fixture.tolerance) === undefined, `a later run or dispose wrote into output "${name}"`);
  }
}

async function checkDisposed(runtime: InferenceRuntime, fixture: RuntimeFixture): Promise<void> {
  const model = await runtime.load(fixture.model, fixture.signature);
  await model.dispose();
  await model.dispose();
  const code = await codeOf(() => model.run(fixture.cases[0]?.inputs ?? {}));
  invariant(code === "inference/disposed", `run after dispose ended with ${code}`);
}

async function checkBadInputs(runtime: InferenceRuntime, fixture: RuntimeFixture): Promise<void> {
  const model = await runtime.load(fixture.model, fixture.signature);
  const code = await codeOf(() => model.run({}));
  invariant(code === "inference/run-failed", `run without inputs ended with ${code}`);
  const [first] = fixture.cases;
  if (first !== undefined) await model.run(first.inputs);
  await model.dispose();
}

async function checkMismatch(runtime: InferenceRuntime, fixture: RuntimeFixture): Promise<void> {
  const { inputs, outputs, task } = fixture.signature;
  const wrong: readonly ModelSignature[] = [
    { inputs: inputs.map((i) => ({ ...i, name: `${i.name}_` })), outputs, task },
    { inputs, outputs: outputs.map((o) => ({ ...o, name: `${o.name}_` })), task },
    { inputs: inputs.map((i) => ({ ...i, dims: [...i.dims, 7] })), outputs, task },
    { inputs: inputs.map((i) => ({ ...i, type: i.type === "string" ? "int32" : "string" })), outputs, task },
  ];
  for (const signature of wrong) {
    const code = await codeOf(() => runtime.load(fixture.model, signature));
    invariant(code === "inference/signature-mismatch", `a wrong signature ended with ${code}: ${JSON.stringify(signature)}`);
  }
}

async function checkUnreadable(runtime: InferenceRuntime, fixture: RuntimeFixture): Promise<void> {
  const torn = fixture.model.slice(0, Math.floor(fixture.model.length / 2));
  for (const bytes of [new Uint8Array(0), Uint8Array.of(1, 2, 3), torn]) {
    const code = await codeOf(() => runtime.load(bytes, fixture.signature));
    invariant(code === "inference/model-unreadable", `${bytes.length} bytes that are no model ended with ${code}`);
  }
}

/** The law of the {@link InferenceRuntime} port. A test runs every law over every runtime of the list. */
export const runtimeLaws: readonly RuntimeLaw[] = [
  { name: "gives the outputs of the model", check: checkCases },
  { name: "overlapping runs do not disturb each other", check: checkOverlap },
  { name: "never writes into outputs it gave", check: checkOutputsStay },
  { name: "dispose twice is harmless, run after it fails by name", check: checkDisposed },
  { name: "survives a run without inputs", check: checkBadInputs },
  { name: "refuses a signature that the model does not have", check: checkMismatch },
  { name: "refuses bytes that are no model", check: checkUnreadable },
];
