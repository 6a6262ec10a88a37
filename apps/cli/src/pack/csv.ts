import { KedgeError } from "@kedge/core";
import { cliCodes } from "../errors.js";

function fault(where: string, message: string): KedgeError {
  return new KedgeError(cliCodes.badRows, `reading ${where} failed: ${message}`, {
    hint: "A CSV file has a line of column names, and as many values in each line after it.",
    context: { exit: "usage" },
  });
}

/** The cells of CSV text, by RFC 4180: quotes, doubled quotes, line feeds inside quotes. */
function cellsOf(text: string, where: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let isQuoted = false;
  const endRow = (): void => {
    row.push(cell);
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
    cell = "";
  };
  for (let i = 0; i < text.length; i += 1) {
    const c = text[i];
    if (isQuoted) {
      if (c !== '"') cell += c;
      else if (text[i + 1] === '"') {
        cell += '"';
        i += 1;
      } else isQuoted = false;
    } else if (c === '"' && cell === "") isQuoted = true;
    else if (c === ",") {
      row.push(cell);
      cell = "";
    } else if (c === "\n") endRow();
    else if (c !== "\r" || text[i + 1] !== "\n") cell += c;
  }
  if (isQuoted) throw fault(where, "a quote is never closed");
  endRow();
  return rows;
}

/** CSV as one object per row, by the names in the first line. KedgeError `cli/bad-rows` names the line at fault. */
export function parseCsv(text: string, where: string): Record<string, string>[] {
  const [names = [], ...rows] = cellsOf(text.replace(/^\uFEFF/, ""), where);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw fault(where, `two columns are named "${twice}"`);
  return rows.map((cells, i) => {
    if (cells.length !== names.length) throw fault(where, `row ${i + 1} has ${cells.length} values for ${names.length} columns`);
    return Object.fromEntries(names.map((name, k) => [name, cells[k] ?? ""]));
  });
}
