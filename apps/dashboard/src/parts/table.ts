import { type Child, h } from "./element.js";

/** A column: its heading, and whether it holds numbers or long text. */
export interface Column {
  readonly title: string;
  readonly kind?: "number" | "wide";
}

/** A table; `empty` is said when there are no rows. */
export function table(columns: readonly Column[], rows: readonly (readonly Child[])[], empty: string): HTMLElement {
  if (rows.length === 0) return h("p", { class: "muted" }, empty);
  return h(
    "div",
    { class: "table" },
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          columns.map((c) => h("th", { scope: "col", class: c.kind ?? "" }, c.title)),
        ),
      ),
      h(
        "tbody",
        {},
        rows.map((row) =>
          h(
            "tr",
            {},
            row.map((cell, i) => h("td", { class: columns[i]?.kind ?? "" }, cell)),
          ),
        ),
      ),
    ),
  );
}
