import { oneLine } from "./plain.js";
import { type Paint, toneOf } from "./paint.js";

/** One column of a table. */
export interface Column<T> {
  readonly title: string;
  readonly value: (item: T) => string;
  /** Only in the wide table. */
  readonly isWide?: boolean;
  readonly isNumber?: boolean;
  /** Whether its words are states and have a tone. */
  readonly isState?: boolean;
}

/** Columns as a terminal counts them, near enough: combining marks take none, East Asian characters and emoji two. */
function widthOf(text: string): number {
  let width = 0;
  for (const c of text)
    width += /\p{Mark}/u.test(c)
      ? 0
      : /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u.test(c)
        ? 2
        : 1;
  return width;
}

/** A table without lines, as programs that cut columns like it. */
export function tableOf<T>(items: readonly T[], columns: readonly Column<T>[], paint: Paint): string {
  const rows = items.map((item) => columns.map((c) => oneLine(c.value(item)) || "-"));
  const widths = columns.map((c, i) => Math.max(widthOf(c.title), ...rows.map((r) => widthOf(r[i] ?? ""))));
  const line = (cells: readonly string[], tone: (i: number, text: string) => string): string =>
    cells
      .map((cell, i) => {
        const gap = " ".repeat(Math.max(0, (widths[i] ?? 0) - widthOf(cell)));
        const padded = columns[i]?.isNumber === true ? gap + cell : cell + gap;
        return tone(i, padded);
      })
      .join("  ")
      .trimEnd();
  const head = line(
    columns.map((c) => c.title),
    (_, text) => paint("faint", text),
  );
  const body = rows.map((cells) => line(cells, (i, text) => (columns[i]?.isState === true ? paint(toneOf(text.trim()), text) : text)));
  return `${[head, ...body].join("\n")}\n`;
}
