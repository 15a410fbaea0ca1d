// A file of readings made ready for the server: rows with the lines they stand on, and parts that are sent one after the
// other. What cannot be sent is said before anything is; the server judges every row again. Pure.
import { CsvError, type CsvRow, parseCsvRows, separatorOf, writeCsv } from "../manage/csv";

export const COLUMNS = ["time", "endpoint", "attribute", "value"] as const;
/** More would take the page's memory and the person's patience; who has more has `lares telemetry import`. */
export const ROWS_MAX = 200_000;
export const BYTES_MAX = 32 * 1024 * 1024;
/** The server takes ten times as many at once. In parts one sees how far it is, and what failed is little. */
const ROWS_IN_PART = 5_000;
const LETTERS_IN_PART = 2_000_000;

export interface FileRow {
  line: number;
  /** In the order of `COLUMNS`. */
  values: readonly string[];
}

export interface Wrong {
  field: string;
  reason: string;
}

export interface RefusedRow extends FileRow {
  errors: readonly Wrong[];
}

export interface ReadingsFile {
  rows: FileRow[];
  /** Rows that would be read wrongly: their cells do not stand under the heading's columns. */
  refused: RefusedRow[];
  /** Columns that are there and not read. */
  ignored: string[];
  /** Numbers were written with a comma. */
  hasCommas: boolean;
}

export type FileProblem = { kind: "empty" | "tooMany" | "tooLarge" | "unreadable" } | { kind: "missingColumn"; name: string };

/** `isNumber` tells whether an attribute is one: only then a comma in it is a decimal one. */
export function readFile(text: string, isNumber: (attribute: string) => boolean): ReadingsFile | FileProblem {
  const separator = separatorOf(text);
  let found: CsvRow[];
  try {
    found = parseCsvRows(text, separator);
  } catch (error) {
    if (error instanceof CsvError) return { kind: "unreadable" };
    throw error;
  }
  const [heading, ...body] = found;
  if (heading === undefined || body.length === 0) return { kind: "empty" };
  if (body.length > ROWS_MAX) return { kind: "tooMany" };
  const names = heading.fields.map((name) => name.trim().toLowerCase());
  const missing = COLUMNS.find((name) => !names.includes(name));
  if (missing !== undefined) return { kind: "missingColumn", name: missing };
  const places = COLUMNS.map((name) => names.indexOf(name));
  const file: ReadingsFile = { rows: [], refused: [], ignored: heading.fields.filter((_, nth) => !places.includes(nth)), hasCommas: false };
  for (const { line, fields } of body) {
    const values = places.map((place) => (fields[place] ?? "").trim());
    if (fields.length !== names.length) {
      file.refused.push({ line, values, errors: [{ field: "row", reason: `has ${fields.length} cells, the heading has ${names.length}` }] });
      continue;
    }
    const pointed = separator === ";" && isNumber(values[2] ?? "") ? withPoint(values[3] ?? "") : undefined;
    file.hasCommas ||= pointed !== undefined;
    file.rows.push({ line, values: pointed === undefined ? values : [...values.slice(0, 3), pointed] });
  }
  return file;
}

/** `21,5` as `21.5`; undefined where it is written otherwise. */
function withPoint(value: string): string | undefined {
  return /^[-+]?\d+,\d+$/.test(value) ? value.replace(",", ".") : undefined;
}

export interface Part {
  csv: string;
  /** By the line of `csv` that each begins on. */
  rows: ReadonlyMap<number, FileRow>;
}

export function partsOf(rows: readonly FileRow[]): Part[] {
  const parts: Part[] = [];
  let part: FileRow[] = [];
  let letters = 0;
  const end = () => {
    if (part.length > 0) parts.push(partOf(part));
    part = [];
    letters = 0;
  };
  for (const row of rows) {
    const length = row.values.reduce((sum, value) => sum + value.length + 1, 0);
    if (part.length === ROWS_IN_PART || letters + length > LETTERS_IN_PART) end();
    part.push(row);
    letters += length;
  }
  end();
  return parts;
}

function partOf(rows: readonly FileRow[]): Part {
  const at = new Map<number, FileRow>();
  let line = 2;
  for (const row of rows) {
    at.set(line, row);
    // A text may go over several lines.
    line += 1 + row.values.reduce((sum, value) => sum + value.split("\n").length - 1, 0);
  }
  return { csv: writeCsv([COLUMNS, ...rows.map(({ values }) => values)]), rows: at };
}

/** What the server refused of a part, by the lines of the file that the person chose. */
export function refusedOf(part: Part, report: readonly { line: number; errors: readonly Wrong[] }[]): RefusedRow[] {
  return report.map(({ line, errors }) => ({ ...(part.rows.get(line) ?? { line, values: [] }), errors }));
}

/** The refused rows as a file: to be mended and imported again, each with its line and reason beside it. */
export function refusedCsv(rows: readonly RefusedRow[], reasonOf: (wrong: Wrong) => string): string {
  const lines = rows.map(({ line, values, errors }) => [...COLUMNS.map((_, nth) => values[nth] ?? ""), String(line), errors.map(reasonOf).join("; ")]);
  return writeCsv([[...COLUMNS, "line", "reason"], ...lines]);
}

/** Room on both sides of what a chart is to show. */
const AROUND_MS = 30 * 60_000;

/** The first series of a file over the time of all its rows, as the device's page has it in its URL. */
export function shownBy(rows: readonly FileRow[]): { attribute: string; range: string } | undefined {
  let [from, until] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { values } of rows) {
    const at = Date.parse(values[0] ?? "");
    if (Number.isNaN(at)) continue;
    from = Math.min(from, at);
    until = Math.max(until, at);
  }
  const [, endpoint, attribute] = rows[0]?.values ?? [];
  if (endpoint === undefined || attribute === undefined || until < from) return undefined;
  return { attribute: `${endpoint}/${attribute}`, range: `${from - AROUND_MS}..${until + AROUND_MS}` };
}
