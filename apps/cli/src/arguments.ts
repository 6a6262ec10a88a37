import { readFileSync } from "node:fs";
import { isLabelKey, isLabelValue, messageOf, parseSelector } from "@kedge/core";
import { InvalidArgumentError } from "commander";

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `10m`, `24h`, `7d` in milliseconds. */
export function durationArgument(text: string): number {
  const found = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  const unit = unitMs[found?.[2] ?? ""];
  if (found === null || unit === undefined) throw new InvalidArgumentError("Give a number and a unit, such as 90s, 10m, 24h or 7d.");
  return Math.round(Number(found[1]) * unit);
}

/** A moment as RFC 3339 or ms since 1970. */
export function momentArgument(text: string): number {
  const value = /^[0-9]+$/.test(text) ? Number(text) : Date.parse(text);
  if (!Number.isFinite(value) || Math.abs(value) > 8.64e15) throw new InvalidArgumentError("Write a moment as 2026-03-01T00:00:00Z.");
  return value;
}

/** A whole number from `low`. */
export function wholeArgument(low: number, high = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < low || value > high)
      throw new InvalidArgumentError(`Give a whole number${high === Number.MAX_SAFE_INTEGER ? ` from ${low}` : ` from ${low} to ${high}`}.`);
    return value;
  };
}

export function numberArgument(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("Give a number.");
  return value;
}

/** `50,100` as numbers. */
export function numbersArgument(text: string): number[] {
  return text.split(",").map((part) => numberArgument(part.trim()));
}

/** `a,b,c`, or `@file` with one a line. */
export function wordsArgument(text: string): string[] {
  if (!text.startsWith("@")) return text.split(",").map((w) => w.trim());
  try {
    return readFileSync(text.slice(1), "utf8")
      .split("\n")
      .map((w) => w.trim())
      .filter((w) => w !== "");
  } catch (error) {
    throw new InvalidArgumentError(`Reading ${text.slice(1)} failed: ${messageOf(error)}`);
  }
}

export function selectorArgument(text: string): string {
  const parsed = parseSelector(text);
  if (typeof parsed === "string") throw new InvalidArgumentError(parsed);
  return text;
}

function pairOf(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("Give key=value.");
  return [text.slice(0, at), text.slice(at + 1)];
}

/** `--label key=value`, as often as wanted. */
export function labelsArgument(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [key, value] = pairOf(text);
  if (!isLabelKey(key) || !isLabelValue(value)) throw new InvalidArgumentError("Label keys look like site, values like oslo-2.");
  return { ...before, [key]: value };
}

/** `--unit field=word` or `--column name=kind`, as often as wanted. */
export function wordPairsArgument(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [key, value] = pairOf(text);
  return { ...before, [key]: value };
}

/** `--metric name=number`, as often as wanted. */
export function metricsArgument(text: string, before: Readonly<Record<string, number>> = {}): Record<string, number> {
  const [key, value] = pairOf(text);
  return { ...before, [key]: numberArgument(value) };
}

/** An option that may be given many times, or once with commas. */
export function listArgument(text: string, before: readonly string[] = []): string[] {
  return [
    ...before,
    ...text
      .split(",")
      .map((w) => w.trim())
      .filter((w) => w !== ""),
  ];
}
