import { elementCount } from "@kedge/sensor";
import type { ModelSignature, Task, TensorSpec } from "./model-signature.js";
import type { InputPreprocessing, Preprocessing, PreprocessStep } from "./preprocessing.js";

const describe = (spec: TensorSpec): string => `${spec.type} [${spec.dims.map((d) => (d === -1 ? "any" : d)).join(", ")}]`;

function duplicates(names: readonly string[]): string[] {
  return names.filter((n, i) => names.indexOf(n) !== i);
}

function scoresFault(spec: TensorSpec, classes: readonly string[]): string | undefined {
  const last = spec.dims.at(-1) ?? 1;
  if (last === -1 || last === classes.length || (last === 1 && classes.length === 2)) return undefined;
  return `output "${spec.name}" holds ${last} scores, but there are ${classes.length} classes`;
}

/** The outputs that a task reads. */
function outputsOf(task: Task): string[] {
  switch (task.kind) {
    case "classification":
      return [task.scores];
    case "detection":
      return [task.boxes, task.scores, task.labels, ...(task.count === null ? [] : [task.count])];
    default:
      return [task.output];
  }
}

function classFaults(task: Task, specs: readonly TensorSpec[]): string[] {
  if (task.kind !== "classification" && task.kind !== "detection") return [];
  const faults = duplicates(task.classes).map((name) => `two classes are named "${name}"`);
  const own = (name: string): TensorSpec | undefined => specs.find((s) => s.name === name);
  if (task.kind === "classification") {
    if (task.classes.length < 2) faults.push("a classification needs two classes at least");
    const scores = own(task.scores);
    const fault = scores === undefined ? undefined : scoresFault(scores, task.classes);
    return fault === undefined ? faults : [...faults, fault];
  }
  if (task.classes.length < 1) faults.push("a detection needs a class at least");
  const last = own(task.boxes)?.dims.at(-1) ?? -1;
  if (last !== 4 && last !== -1) faults.push(`output "${task.boxes}" holds ${last} numbers a box and not 4`);
  return faults;
}

/** What is wrong with a signature in itself; an empty list when nothing is. */
export function checkSignature(signature: ModelSignature): string[] {
  const faults: string[] = [];
  if (signature.inputs.length === 0) faults.push("the model has no input");
  for (const side of ["inputs", "outputs"] as const) {
    for (const name of duplicates(signature[side].map((s) => s.name))) faults.push(`two ${side} are named "${name}"`);
  }
  for (const wanted of outputsOf(signature.task)) {
    const spec = signature.outputs.find((o) => o.name === wanted);
    if (spec === undefined) {
      faults.push(`the task reads output "${wanted}", but the outputs are ${signature.outputs.map((o) => `"${o.name}"`).join(", ") || "none"}`);
    } else if (spec.type === "string") faults.push(`the task reads output "${wanted}", which holds strings`);
  }
  return [...faults, ...classFaults(signature.task, signature.outputs)];
}

function stepFault(step: PreprocessStep, columns: number): string | undefined {
  switch (step.op) {
    case "scale":
      return Number.isFinite(step.by) && Number.isFinite(step.offset) ? undefined : "scale: by and offset must be finite";
    case "clip":
      return step.low <= step.high ? undefined : `clip: low ${step.low} must not be above high ${step.high}`;
    case "standardise": {
      const { mean, sd } = step;
      if (mean.length !== sd.length) return `standardise: ${mean.length} means for ${sd.length} deviations`;
      if (mean.length !== 1 && mean.length !== columns) return `standardise: ${mean.length} means for ${columns} columns`;
      if (!mean.every(Number.isFinite) || !sd.every((s) => Number.isFinite(s) && s > 0)) return "standardise: means must be finite and deviations positive";
      return undefined;
    }
  }
}

function ruleFaults(spec: TensorSpec, rule: InputPreprocessing): string[] {
  const faults: string[] = [];
  const at = `input "${spec.name}": `;
  const names = typeof rule.from === "string" ? [rule.from] : rule.from;
  if (names.length === 0) faults.push(`${at}comes from no reading input`);
  if (rule.raw !== null && names.length !== 1) faults.push(`${at}a raw tensor comes from one reading input, not from ${names.length}`);
  if (rule.steps.length > 0 && spec.type !== "float32") faults.push(`${at}steps give float32, but the model takes ${spec.type}`);
  const rawDims = rule.raw?.dims ?? [names.length];
  const rawType = rule.raw?.type ?? (spec.type === "string" ? "string" : "float32");
  if ((rawType === "string") !== (spec.type === "string")) faults.push(`${at}${rawType} cannot become ${spec.type}`);
  const columns = rawDims.at(-1) ?? 1;
  for (const step of rule.steps) {
    const fault = stepFault(step, columns);
    if (fault !== undefined) faults.push(at + fault);
  }
  const known = spec.dims.every((d, i) => d !== -1 || i === 0) && rawDims.every((d) => d !== -1);
  const modelCount = elementCount(spec.dims.map((d) => (d === -1 ? 1 : d)));
  if (known && modelCount !== elementCount(rawDims)) {
    faults.push(`${at}[${rawDims.join(", ")}] has ${elementCount(rawDims)} elements, but the model takes ${modelCount}`);
  }
  return faults;
}

/** What is wrong with a preprocessing for this signature; an empty list when nothing is. */
export function checkPreprocessing(preprocessing: Preprocessing, signature: ModelSignature): string[] {
  const faults: string[] = [];
  for (const name of Object.keys(preprocessing.inputs)) {
    if (!signature.inputs.some((s) => s.name === name)) faults.push(`the model has no input "${name}"`);
  }
  for (const spec of signature.inputs) {
    const rule = Object.hasOwn(preprocessing.inputs, spec.name) ? preprocessing.inputs[spec.name] : undefined;
    if (rule === undefined) faults.push(`nothing says where input "${spec.name}" comes from`);
    else faults.push(...ruleFaults(spec, rule));
  }
  return faults;
}

function specFaults(side: "input" | "output", expected: readonly TensorSpec[], found: readonly TensorSpec[]): string[] {
  const faults: string[] = [];
  for (const spec of expected) {
    const own = found.find((f) => f.name === spec.name);
    if (own === undefined) {
      faults.push(
        `${side} "${spec.name}": expected ${describe(spec)}, found no such ${side} (the model has ${found.map((f) => `"${f.name}"`).join(", ") || "none"})`,
      );
      continue;
    }
    // A free dimension on either side may be any size on the other.
    const alike = own.dims.length === spec.dims.length && own.dims.every((d, i) => d === -1 || spec.dims[i] === -1 || d === spec.dims[i]);
    if (own.type !== spec.type || !alike) faults.push(`${side} "${spec.name}": expected ${describe(spec)}, found ${describe(own)}`);
  }
  return faults;
}

/** What a model file says it takes and gives. */
export interface ModelInterface {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

/** Where a signature and a model file disagree; outputs that the signature leaves out are no fault, inputs are. */
export function compareInterface(signature: ModelSignature, model: ModelInterface): string[] {
  const faults = [...specFaults("input", signature.inputs, model.inputs), ...specFaults("output", signature.outputs, model.outputs)];
  for (const own of model.inputs) {
    if (!signature.inputs.some((s) => s.name === own.name))
      faults.push(`input "${own.name}": the model needs it (${describe(own)}), the signature does not name it`);
  }
  return faults;
}
