import type { Bar, Figure, FigureDetail } from "../support/figure.js";
import { type BenchPage, type BenchResult, type Table, valueAt } from "./page.js";

const dash = "–";

function shown(value: unknown): string {
  if (typeof value === "number") return String(Number.isInteger(value) ? value : Number(value.toPrecision(5)));
  return value === undefined || value === null ? dash : String(value);
}

function barShown(bar: Bar): string {
  if (!("atLeast" in bar)) return `≤ ${bar.atMost}`;
  return bar.atMost === undefined ? `≥ ${bar.atLeast}` : `${bar.atLeast} to ${bar.atMost}`;
}

function tableOf(columns: readonly string[], rows: readonly (readonly unknown[])[]): string[] {
  const line = (cells: readonly unknown[]): string => `| ${cells.map(shown).join(" | ")} |`;
  return [line(columns), line(columns.map(() => "---")), ...rows.map(line)];
}

const detailOf = (result: BenchResult, key: string): FigureDetail => ((result.details ?? {}) as Record<string, FigureDetail>)[key] ?? {};

function figureRow(result: BenchResult, { key, says, unit, bar, isOfMachine }: Figure): readonly unknown[] {
  const { interval, trials } = detailOf(result, key);
  const value = shown(valueAt(result, key));
  return [
    `\`${key}\``,
    says,
    `${value}${unit === undefined || unit === "ratio" ? "" : ` ${unit}`}${isOfMachine === true ? " (this machine)" : ""}`,
    interval?.join(" to "),
    trials,
    bar === undefined ? undefined : barShown(bar),
  ];
}

/** What other rules gave in the same trials: a column for each, a row for each figure that has any. */
function baselineTable(result: BenchResult, figures: readonly Figure[]): string[] {
  const withSome = figures.filter((f) => detailOf(result, f.key).baselines !== undefined);
  const rules = [...new Set(withSome.flatMap((f) => Object.keys(detailOf(result, f.key).baselines ?? {})))];
  if (rules.length === 0) return [];
  const rows = withSome.map((f) => [`\`${f.key}\``, valueAt(result, f.key), ...rules.map((rule) => detailOf(result, f.key).baselines?.[rule])]);
  return ["", "Beside it, what other rules say in the same trials:", "", ...tableOf(["", "ours", ...rules], rows)];
}

function extraTable({ title, columns, rows, isOfMachine }: Table): string[] {
  return ["", `${title}${isOfMachine === true ? " (this machine)" : ""}:`, "", ...tableOf(columns, rows)];
}

/** A benchmark's section, without its markers. `machine` is named where figures are of it. */
export function renderSection(page: BenchPage, result: BenchResult, machine: string): string {
  const { figures, name, says, title } = page;
  const tables = page.tables?.(result) ?? [];
  const isOfMachine = figures.some((f) => f.isOfMachine) || tables.some((t) => t.isOfMachine);
  return [
    `## ${title}`,
    "",
    `${says} Run it: \`npm run --silent bench -- ${name}\`. Seed: ${shown(result.seed)}.`,
    ...(isOfMachine ? ["", `Figures marked "this machine" were taken on ${machine}.`] : []),
    "",
    ...tableOf(
      ["key", "what", "measured", "95 % interval", "trials", "bar"],
      figures.map((f) => figureRow(result, f)),
    ),
    ...baselineTable(result, figures),
    ...tables.flatMap(extraTable),
  ].join("\n");
}

const opening = (name: string): string => `<!-- bench:${name} -->`;
const closing = (name: string): string => `<!-- /bench:${name} -->`;

/** The section of a benchmark in a document; `undefined` where it has none. */
export function sectionOf(document: string, name: string): string | undefined {
  const [from, to] = [document.indexOf(opening(name)), document.indexOf(closing(name))];
  return from < 0 || to < from ? undefined : document.slice(from + opening(name).length, to).trim();
}

/** The document with a benchmark's section put in: in place of the old one, or at the end. */
export function withSection(document: string, name: string, section: string): string {
  const whole = `${opening(name)}\n${section}\n${closing(name)}`;
  const [from, to] = [document.indexOf(opening(name)), document.indexOf(closing(name))];
  if (from < 0 || to < from) return `${document.trimEnd()}\n\n${whole}\n`;
  return document.slice(0, from) + whole + document.slice(to + closing(name).length);
}
