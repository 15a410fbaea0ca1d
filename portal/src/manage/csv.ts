// CSV as RFC 4180 has it, read for the preview and written for the server and for files to keep.

export class CsvError extends Error {
  override readonly name = "CsvError";
}

export interface CsvRow {
  /** The line of the file it begins on, as an editor counts. */
  line: number;
  fields: string[];
}

/** Rows with their lines. Quoted fields may hold separators, quotes and line ends; empty lines are left out. */
export function parseCsvRows(text: string, separator = ","): CsvRow[] {
  const rows: CsvRow[] = [];
  let row: string[] = [];
  let field = "";
  let quoted = false;
  let line = 1;
  let begins = 1;
  const endField = () => {
    row.push(field);
    field = "";
  };
  const endRow = () => {
    endField();
    if (row.length > 1 || row[0] !== "") rows.push({ line: begins, fields: row });
    row = [];
  };
  const source = text.replace(/^\uFEFF/, "");
  for (let at = 0; at < source.length; at += 1) {
    const char = source[at] as string;
    if (char === "\n") line += 1;
    if (quoted) {
      if (char !== '"') field += char;
      else if (source[at + 1] === '"') {
        field += '"';
        at += 1;
      } else quoted = false;
    } else if (char === '"' && field === "") quoted = true;
    else if (char === separator) endField();
    else if (char === "\n") {
      endRow();
      begins = line;
    } else if (char !== "\r") field += char;
  }
  if (quoted) throw new CsvError("a quoted field does not end");
  if (field !== "" || row.length > 0) endRow();
  return rows;
}

/** Fields by rows. */
export function parseCsv(text: string, separator = ","): string[][] {
  return parseCsvRows(text, separator).map(({ fields }) => fields);
}

/** Spreadsheets of some countries write semicolons. The heading tells. */
export function separatorOf(text: string): string {
  const heading = text.split(/\r?\n/, 1)[0] ?? "";
  return heading.includes(";") && !heading.includes(",") ? ";" : ",";
}

function cell(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

export function writeCsv(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}
