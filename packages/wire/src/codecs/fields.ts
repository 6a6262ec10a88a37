import { type DeviceId, isLabelKey, isLabelValue, type Labels, parseDeviceId, type Sha256 } from "@kedge/core";
import { wireLimits } from "../wire-limits.js";
import { hexOf } from "./hex.js";

/** What is wrong with a field. */
export interface FieldFault {
  readonly code: "wire/missing-field" | "wire/invalid-field" | "wire/too-many";
  readonly message: string;
}

/** The largest time that a Date can hold; what lies beyond is no time. */
const maxTimeMs = 8.64e15;

/**
 * Reads raw fields into typed values, and remembers the first that is not what it should be. A field read after a
 * fault still gives a value of its type, so that decoders read straight through; the result is then discarded.
 */
export class Fields {
  #fault: FieldFault | undefined;

  get fault(): FieldFault | undefined {
    return this.#fault;
  }

  /** Notes a fault; only the first one counts. */
  fail(code: FieldFault["code"], message: string): void {
    this.#fault ??= { code, message };
  }

  /** Notes a fault unless `holds`. */
  check(holds: boolean, message: string): void {
    if (!holds) this.fail("wire/invalid-field", message);
  }

  /** A whole number in [least, most]. */
  whole(value: number | null | undefined, name: string, range: { readonly least?: number; readonly most?: number } = {}): number {
    const number = value ?? 0;
    const { least = 0, most = 0xffff_ffff } = range;
    if (!(Number.isInteger(number) && number >= least && number <= most))
      this.fail("wire/invalid-field", `${name} is ${number}, not a whole number from ${least} to ${most}`);
    return number;
  }

  /** A number that is neither NaN nor infinite. */
  finite(value: number | null | undefined, name: string): number {
    const number = value ?? 0;
    if (!Number.isFinite(number)) this.fail("wire/invalid-field", `${name} is ${number}, not a finite number`);
    return number;
  }

  /** A finite number ≥ 0. */
  amount(value: number | null | undefined, name: string): number {
    const number = value ?? 0;
    if (!(Number.isFinite(number) && number >= 0)) this.fail("wire/invalid-field", `${name} is ${number}, not a number from 0 up`);
    return number;
  }

  /** A time in milliseconds since 1970. */
  time(value: number | null | undefined, name: string): number {
    const number = value ?? 0;
    if (!(number >= 0 && number <= maxTimeMs)) this.fail("wire/invalid-field", `${name} is ${number}, not a time`);
    return number;
  }

  /** A text of at most `most` characters without control characters. */
  text(value: string | null | undefined, name: string, most: number = wireLimits.name): string {
    const text = value ?? "";
    if (text.length > most) this.fail("wire/invalid-field", `${name} has ${text.length} characters, more than ${most}`);
    if (hasControls(text)) this.fail("wire/invalid-field", `${name} has control characters`);
    return text;
  }

  /** A text that must not be empty. */
  name(value: string | null | undefined, name: string): string {
    if (value === undefined || value === null || value === "") this.fail("wire/missing-field", `${name} is missing`);
    return this.text(value, name);
  }

  deviceId(value: string | null | undefined, name = "device_id"): DeviceId {
    if (value === undefined || value === null || value === "") this.fail("wire/missing-field", `${name} is missing`);
    const id = parseDeviceId(value);
    if (id === undefined) this.fail("wire/invalid-field", `${name} is no device id`);
    return id ?? ("none" as DeviceId);
  }

  digest(value: Uint8Array | null | undefined, name: string): Sha256 {
    if (value === undefined || value === null || value.length === 0) this.fail("wire/missing-field", `${name} is missing`);
    return this.digestOrNull(value, name) ?? ("0".repeat(64) as Sha256);
  }

  digestOrNull(value: Uint8Array | null | undefined, name: string): Sha256 | null {
    if (value === undefined || value === null || value.length === 0) return null;
    if (value.length !== 32) {
      this.fail("wire/invalid-field", `${name} has ${value.length} bytes, not 32`);
      return null;
    }
    return hexOf(value) as Sha256;
  }

  /** Bytes of their own (a copy), `least` to `most` long. */
  bytes(value: Uint8Array | null | undefined, name: string, range: { readonly least?: number; readonly most: number }): Uint8Array {
    const bytes = value ?? new Uint8Array(0);
    const { least = 0, most } = range;
    if (!(bytes.length >= least && bytes.length <= most)) this.fail("wire/invalid-field", `${name} has ${bytes.length} bytes, not ${least} to ${most}`);
    return new Uint8Array(bytes);
  }

  labels(value: Readonly<Record<string, string>> | null | undefined): Labels {
    const labels: Record<string, string> = {};
    let count = 0;
    for (const [key, text] of Object.entries(value ?? {})) {
      count += 1;
      if (!isLabelKey(key) || !isLabelValue(text)) {
        this.fail("wire/invalid-field", "labels hold a key or value that is none");
        break;
      }
      labels[key] = text;
    }
    if (count > wireLimits.labels) this.fail("wire/too-many", `labels: more than ${wireLimits.labels}`);
    return labels;
  }
}

function hasControls(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return true;
  }
  return false;
}

/** A text as the wire carries it: control characters become spaces, lone surrogates U+FFFD, and it is cut to `most` characters. */
export function cleanText(text: string, most: number = wireLimits.text): string {
  let out = "";
  for (const character of text) {
    if (out.length + character.length > most) break;
    const code = character.codePointAt(0) ?? 0;
    const isControl = code < 0x20 || (code >= 0x7f && code < 0xa0);
    out += isControl ? " " : code >= 0xd800 && code <= 0xdfff ? "\ufffd" : character;
  }
  return out;
}
