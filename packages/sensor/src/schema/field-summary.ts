import { isTensor, type ReadingInput, type Tensor, type TensorType } from "../reading.js";
import { type Span, schemaLimits as limits } from "./input-schema.js";

type ColumnType = "number" | "text" | "boolean" | "tensor";

/** How often values came one after another that were the same, in memory that does not grow. */
export class RunLengths {
  #last: number | undefined;
  #length = 0;
  #sinceMs = 0;
  longest = 0;
  longestMs = 0;

  add(value: number, atMs: number): void {
    if (value !== this.#last) {
      this.#last = value;
      this.#length = 0;
      this.#sinceMs = atMs;
    }
    this.#length += 1;
    this.longest = Math.max(this.longest, this.#length);
    this.longestMs = Math.max(this.longestMs, atMs - this.#sinceMs);
  }
}

/** Everything that schema inference needs to know of one field, taken in value by value. */
export class FieldSummary {
  readonly types: Record<ColumnType, number> = { number: 0, text: 0, boolean: 0, tensor: 0 };
  present = 0;
  least = Number.POSITIVE_INFINITY;
  most = Number.NEGATIVE_INFINITY;
  /** Finite numbers. */
  numbers = 0;
  isWhole = true;
  /** Each number larger than the one before it, as of a counter. */
  isAscending = true;
  /** Words and how often they came; `undefined` once there were too many to list. */
  words: Map<string, number> | undefined = new Map();
  longestText = 0;
  readonly elements = new Map<TensorType, number>();
  dims: number[] | null | undefined;
  readonly runs = new RunLengths();
  #before = 0;

  add(value: ReadingInput | undefined, atMs: number): void {
    if (value === undefined || value === null) return;
    this.present += 1;
    if (typeof value === "number") this.#addNumber(value, atMs);
    else if (typeof value === "string") this.#addText(value);
    else if (typeof value === "boolean") this.types.boolean += 1;
    else if (isTensor(value)) this.#addTensor(value);
  }

  #addNumber(value: number, atMs: number): void {
    this.types.number += 1;
    if (!Number.isFinite(value)) return;
    if (this.numbers > 0 && value <= this.#before) this.isAscending = false;
    this.#before = value;
    this.numbers += 1;
    if (!Number.isInteger(value)) this.isWhole = false;
    this.#widen(value);
    this.runs.add(value, atMs);
  }

  #widen(value: number): void {
    if (value < this.least) this.least = value;
    if (value > this.most) this.most = value;
  }

  #addText(value: string): void {
    this.types.text += 1;
    this.longestText = Math.max(this.longestText, value.length);
    if (this.words === undefined) return;
    this.words.set(value, (this.words.get(value) ?? 0) + 1);
    if (this.words.size > limits.words || value.length > limits.word) this.words = undefined;
  }

  #addTensor({ type, dims, values }: Tensor): void {
    this.types.tensor += 1;
    this.elements.set(type, (this.elements.get(type) ?? 0) + 1);
    if (this.dims === undefined) this.dims = [...dims];
    else if (this.dims !== null) this.dims = this.dims.length === dims.length ? this.dims.map((d, i) => (d === dims[i] ? d : -1)) : null;
    if (type === "string") return;
    for (let i = 0; i < values.length; i += 1) {
      const value = Number(values[i]);
      if (Number.isFinite(value)) this.#widen(value);
    }
  }

  /** What was seen of numbers or elements. */
  get seen(): Span | null {
    // Adding zero takes the sign off a negative zero, which no JSON keeps.
    return this.least <= this.most ? { min: this.least + 0, max: this.most + 0 } : null;
  }
}
