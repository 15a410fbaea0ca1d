// What is shown as a CSV file (RFC 4180): one line a bucket or point, times in UTC, numbers with a point and in the unit
// in which they were reported, which is named, so that any tool reads it and files of two people are alike.
import type { Drawn } from "./drawn";
import type { History } from "./history";
import type { Span } from "./range";

const COLUMNS = ["from", "until", "count", "min", "max", "mean", "first", "last", "increase", "estimated", "late"] as const;

export function csvOf(history: History): string {
  const heading = [...COLUMNS, "unit"].join(",");
  const unit = quoted(history.unit ?? "");
  const lines = history.buckets.map((bucket) => [...COLUMNS.map((column) => cell(column, bucket[column])), unit].join(","));
  return `${[heading, ...lines].join("\r\n")}\r\n`;
}

/** More digits than any meter has, and fewer than a difference of two of its readings is off by. */
const DIGITS = 12;

/** What is drawn, line after line. */
export function csvOfLines(lines: readonly { name: string; drawn: Drawn }[], { from, until }: Span, unit: string): string {
  const rows = lines.flatMap(({ name, drawn }) =>
    drawn.points
      .filter(({ time }) => time >= from && time < until)
      .map(({ time, value, estimated }) => [quoted(name), new Date(time).toISOString(), String(value), quoted(unit), String(estimated)].join(",")),
  );
  return `${["series,time,value,unit,estimated", ...rows].join("\r\n")}\r\n`;
}

function cell(column: (typeof COLUMNS)[number], value: string | number | boolean | undefined): string {
  if (value === undefined) return "";
  if (column === "from" || column === "until") return new Date(Number(value)).toISOString();
  if (typeof value === "number") return String(Number(value.toPrecision(DIGITS)));
  return typeof value === "string" ? quoted(value) : String(value);
}

function quoted(value: string): string {
  // A text of a device must not become a formula in somebody's spreadsheet.
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** `front-door-lockstate-2026-11-20.csv`, in letters that every disk takes. */
export function fileName(device: string, attribute: string, day: string): string {
  const plain = `${device} ${attribute.split(".").at(-1) ?? attribute}`
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
  return `${plain === "" ? "history" : plain}-${day}.csv`;
}
