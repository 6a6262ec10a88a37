import { isTensor, type Reading, type ReadingInput, type Tensor, type TensorValues } from "../reading.js";
import { type Anomaly, type AnomalyRule, anomalyRules, timeField } from "./anomaly.js";
import type { FieldSchema, InputSchema, NumberField, StuckLimit, TensorField, TextField, TimeRule } from "./input-schema.js";

/** Looks at one reading after another. */
export interface SchemaChecker {
  /** What a reading breaks, at most once each field and rule; the same empty list for every clean one. `nowMs`: the device's clock. Never throws. */
  check(reading: Reading, nowMs: number): readonly Anomaly[];
}

/** What a checker may leave out. */
export interface CheckOptions {
  /** Whether readings come in the order they were taken; if not, neither runs of equal values nor times are looked at. */
  readonly isStream: boolean;
}

const none: readonly Anomaly[] = Object.freeze([]);
/** Elements of a tensor that are looked at, spread evenly: a camera's frame would take longer to check than to judge. */
const looked = 4_096;

/** What was found in the reading at hand; a clean one never makes a list. */
class Findings {
  #list: Anomaly[] | undefined;

  add(anomaly: Anomaly): void {
    if (this.#list === undefined) this.#list = [anomaly];
    else this.#list.push(anomaly);
  }

  take(): readonly Anomaly[] {
    const list = this.#list;
    if (list === undefined) return none;
    this.#list = undefined;
    return list;
  }
}

type Named = Readonly<Record<AnomalyRule, Anomaly>>;

function anomaliesOf(field: string): Named {
  return Object.fromEntries(anomalyRules.map((rule) => [rule, Object.freeze({ field, rule })])) as unknown as Named;
}

/** How long the value at hand has been the same. */
class Run {
  readonly #values: number;
  readonly #spanMs: number;
  #last = Number.NaN;
  #length = 0;
  #sinceMs = 0;

  constructor({ values, seconds }: StuckLimit) {
    this.#values = values;
    this.#spanMs = (seconds ?? 0) * 1_000;
  }

  isStuck(value: number, atMs: number): boolean {
    if (value !== this.#last) {
      this.#last = value;
      this.#length = 1;
      this.#sinceMs = atMs;
      return false;
    }
    this.#length += 1;
    return this.#length >= this.#values && atMs - this.#sinceMs >= this.#spanMs;
  }
}

/** Checks one field's value, which is there. */
type ValueCheck = (value: NonNullable<ReadingInput>, atMs: number) => void;

function numberCheck(field: NumberField, is: Named, { findings, run }: CheckParts): ValueCheck {
  const { range, plausible, isWhole } = field;
  return (value, atMs) => {
    if (typeof value !== "number") return findings.add(is.type);
    if (!Number.isFinite(value)) return findings.add(is.not_a_number);
    if (plausible !== null && (value < plausible.min || value > plausible.max)) findings.add(is.unit);
    if (range !== null && value < range.min) findings.add(is.below);
    if (range !== null && value > range.max) findings.add(is.above);
    if (isWhole && !Number.isInteger(value)) findings.add(is.fraction);
    if (run?.isStuck(value, atMs) === true) findings.add(is.stuck);
  };
}

function textCheck({ domain, maxLength }: TextField, is: Named, { findings }: CheckParts): ValueCheck {
  const words = domain === null ? undefined : new Set(domain);
  return (value) => {
    if (typeof value !== "string") return findings.add(is.type);
    if (value.length > maxLength) findings.add(is.length);
    else if (words?.has(value) === false) findings.add(is.domain);
  };
}

function fits(found: readonly number[], dims: readonly number[]): boolean {
  if (found.length !== dims.length) return false;
  for (let i = 0; i < dims.length; i += 1) if (dims[i] !== -1 && dims[i] !== found[i]) return false;
  return true;
}

const isHeldAs = (element: Tensor["type"], values: TensorValues): boolean =>
  element === "string" ? Array.isArray(values) : typeof values === "object" && values !== null && !Array.isArray(values);

/** One pass over a tensor's elements: their range, whether all are numbers, and a hash (FNV-1a) by which equal frames are known. */
class ElementScan {
  least = 0;
  most = 0;
  isFinite = true;
  hash = 0;

  of(values: Exclude<TensorValues, readonly string[]>): void {
    const step = Math.max(1, Math.ceil(values.length / looked));
    let least = Number.POSITIVE_INFINITY;
    let most = Number.NEGATIVE_INFINITY;
    let hash = 0x811c9dc5;
    let areFinite = true;
    for (let i = 0; i < values.length; i += step) {
      const value = Number(values[i]);
      if (!Number.isFinite(value)) areFinite = false;
      else {
        if (value < least) least = value;
        if (value > most) most = value;
      }
      // Fractions count by their bits beyond the point, which is all that tells one frame of small numbers from another.
      hash = Math.imul(hash ^ (value | 0) ^ ((value * 65_536) | 0), 0x01000193);
    }
    this.least = least;
    this.most = most;
    this.isFinite = areFinite;
    this.hash = hash >>> 0;
  }
}

function tensorCheck(field: TensorField, is: Named, { findings, run }: CheckParts): ValueCheck {
  const { element, dims, range } = field;
  const isScanned = element !== "string" && (range !== null || run !== undefined || element === "float32");
  const scan = new ElementScan();
  return (value, atMs) => {
    if (!isTensor(value) || value.type !== element || !isHeldAs(element, value.values)) return findings.add(is.type);
    if (dims !== null && !fits(value.dims, dims)) return findings.add(is.shape);
    if (!isScanned || value.values.length === 0) return;
    scan.of(value.values as Exclude<TensorValues, readonly string[]>);
    if (!scan.isFinite) findings.add(is.not_a_number);
    if (range !== null && scan.least < range.min) findings.add(is.below);
    if (range !== null && scan.most > range.max) findings.add(is.above);
    if (run?.isStuck(scan.hash, atMs) === true) findings.add(is.stuck);
  };
}

interface CheckParts {
  readonly findings: Findings;
  readonly run: Run | undefined;
}

function valueCheck(field: FieldSchema, is: Named, parts: CheckParts): ValueCheck {
  switch (field.type) {
    case "number":
      return numberCheck(field, is, parts);
    case "text":
      return textCheck(field, is, parts);
    case "tensor":
      return tensorCheck(field, is, parts);
    case "boolean":
      return (value) => {
        if (typeof value !== "boolean") parts.findings.add(is.type);
      };
    case "any":
      return () => {};
  }
}

const stuckLimit = (field: FieldSchema): StuckLimit | null => (field.type === "number" || field.type === "tensor" ? field.stuck : null);

/** Held against the reading before alone: one reading from the future must not put all that follow it in the wrong. */
function timeCheck({ maxStepBackMs, maxAheadMs }: TimeRule, findings: Findings): (atMs: number, nowMs: number) => void {
  const is = anomaliesOf(timeField);
  let beforeMs = Number.NEGATIVE_INFINITY;
  return (atMs, nowMs) => {
    if (atMs < beforeMs - maxStepBackMs) findings.add(is.order);
    if (atMs > nowMs + maxAheadMs) findings.add(is.future);
    beforeMs = atMs;
  };
}

/**
 * A checker by `schema`. Memory is fixed by the schema, whatever comes in, and a clean reading allocates nothing. Inputs that the schema does
 * not name are not looked at. A value that is missing or no number neither ends a run of equal values nor lengthens it.
 */
export function createSchemaChecker(schema: InputSchema, { isStream }: CheckOptions = { isStream: true }): SchemaChecker {
  const findings = new Findings();
  const fields = Object.entries(schema.fields).map(([name, field]) => {
    const is = anomaliesOf(name);
    const limit = isStream ? stuckLimit(field) : null;
    // A column may be called as something is that every object has; asking each time whether it is the reading's own is the dearest part.
    const isInherited = name in {};
    return { name, isInherited, missing: is.missing, check: valueCheck(field, is, { findings, run: limit === null ? undefined : new Run(limit) }) };
  });
  const time = schema.time === null || !isStream ? undefined : timeCheck(schema.time, findings);
  return {
    check({ inputs, atMs }, nowMs) {
      for (let i = 0; i < fields.length; i += 1) {
        const { name, isInherited, missing, check } = fields[i] as (typeof fields)[number];
        const value = isInherited && !Object.hasOwn(inputs, name) ? undefined : inputs[name];
        if (value === undefined || value === null) findings.add(missing);
        else check(value, atMs);
      }
      time?.(atMs, nowMs);
      return findings.take();
    },
  };
}

/** The first anomaly for which the schema says that the reading must not be predicted; a field that may be missing never refuses one. */
export function refusalOf(schema: InputSchema, anomalies: readonly Anomaly[]): Anomaly | undefined {
  return anomalies.find(({ field, rule }) => {
    if (schema.policy[rule] !== "refuse") return false;
    return rule !== "missing" || (Object.hasOwn(schema.fields, field) && schema.fields[field]?.maxMissingShare === 0);
  });
}
