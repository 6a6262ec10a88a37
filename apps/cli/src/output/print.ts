import { stringify } from "yaml";
import type { Session } from "../session.js";
import { plain } from "./plain.js";
import { type Column, tableOf } from "./table.js";

/** How data is written. */
export const formats = ["table", "wide", "json", "yaml", "name"] as const;

/** One of {@link formats}. */
export type Format = (typeof formats)[number];

/** How things of one kind are shown. */
export interface View<T> {
  /** What `-o name` prints. */
  readonly name: (item: T) => string;
  readonly columns: readonly Column<T>[];
  /** What one of them looks like for people; lines without a line feed. */
  readonly detail?: (item: T, session: Session) => readonly string[];
}

/** JSON in which nothing steers a terminal: what people cannot see is written as escapes, which programs read back as it was. */
function visibleJson(value: unknown): string {
  const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(value, null, 2).replace(/[\p{Cf}\u007f-\u009f\u2028\u2029]/gu, (c) => c.split("").map(escaped).join(""));
}

function structured(session: Session, value: unknown): boolean {
  if (session.format === "json") session.out(`${visibleJson(value)}\n`);
  else if (session.format === "yaml") session.out(stringify(value));
  else return false;
  return true;
}

/** Prints many. An empty list is `[]` in JSON, and for people a line on standard error. */
export function printList<T>(session: Session, items: readonly T[], view: View<T>, empty = "nothing found"): void {
  if (structured(session, items)) return;
  if (session.format === "name") session.out(items.map((item) => `${plain(view.name(item))}\n`).join(""));
  else if (items.length === 0) session.say(empty);
  else
    session.out(
      tableOf(
        items,
        view.columns.filter((c) => session.format === "wide" || c.isWide !== true),
        session.paint,
      ),
    );
}

/** Prints one. */
export function printOne<T>(session: Session, item: T, view: View<T>): void {
  if (structured(session, item)) return;
  if (session.format === "name") session.out(`${plain(view.name(item))}\n`);
  else if (view.detail !== undefined) session.out(`${view.detail(item, session).join("\n")}\n`);
  else session.out(tableOf([item], view.columns, session.paint));
}

/** Prints what has no table: structured as asked, else the lines. */
export function printLines(session: Session, value: unknown, lines: readonly string[]): void {
  if (!structured(session, value)) session.out(`${lines.join("\n")}\n`);
}

/** `key   value` lines, aligned. */
export function fields(pairs: readonly (readonly [key: string, value: string])[]): string[] {
  const width = Math.max(...pairs.map(([key]) => key.length));
  return pairs.map(([key, value]) => `${key.padEnd(width)}  ${plain(value)}`.trimEnd());
}
