// A file of devices, CSV or JSON, made ready for the server: homes and rooms may stand there by name, and what is
// plainly wrong is said before anything is sent. The server judges every row again.
import type { Home, Room } from "../api/lists";
import { CsvError, parseCsv, separatorOf, writeCsv } from "./csv";

export const COLUMNS = [
  "home", "room", "name", "vendor", "model", "serial", "firmware", "capabilities", "tags", "encoding", "expected_interval_s",
] as const;
export type ColumnName = (typeof COLUMNS)[number];
const REQUIRED: readonly ColumnName[] = ["home", "name", "capabilities"];
/** As the server takes them at once. */
export const ROWS_MAX = 2_000;

export type Problem = "missing" | "unknownHome" | "unknownRoom" | "twoHomes" | "number" | "encoding";

export interface PlannedRow {
  /** Line of the CSV that is sent; the heading is line 1. */
  line: number;
  values: Record<ColumnName, string>;
  problems: { field: ColumnName; problem: Problem }[];
}

export interface Plan {
  rows: PlannedRow[];
  /** What the server gets. */
  csv: string;
}

export type FileProblem = { kind: "empty" } | { kind: "unreadable"; why: string } | { kind: "unknownColumn" | "missingColumn"; name: string } | { kind: "tooMany" };

export interface Places {
  homes: readonly Home[];
  rooms: readonly Room[];
}

type Table = { heading: string[]; rows: string[][] };

function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  return Array.isArray(value) ? value.map(textOf).join(" ") : String(value);
}

function readJson(text: string): Table | FileProblem {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch (error) {
    return { kind: "unreadable", why: error instanceof Error ? error.message : String(error) };
  }
  if (!Array.isArray(found) || found.some((row) => typeof row !== "object" || row === null || Array.isArray(row))) {
    return { kind: "unreadable", why: "not a list of objects" };
  }
  const objects = found as Record<string, unknown>[];
  const heading = [...new Set(objects.flatMap((row) => Object.keys(row)))];
  return { heading, rows: objects.map((row) => heading.map((name) => textOf(row[name]))) };
}

function readCsv(text: string): Table | FileProblem {
  try {
    const [heading, ...rows] = parseCsv(text, separatorOf(text));
    return heading === undefined ? { kind: "empty" } : { heading: heading.map((name) => name.trim()), rows };
  } catch (error) {
    if (error instanceof CsvError) return { kind: "unreadable", why: error.message };
    throw error;
  }
}

const same = (a: string, b: string) => a.localeCompare(b, undefined, { sensitivity: "base" }) === 0;

/** By id, or by a name that only one has. */
function resolve<T extends { id: string; name: string }>(all: readonly T[], text: string): T | "unknown" | "several" {
  const byId = all.find(({ id }) => id === text.toLowerCase());
  if (byId) return byId;
  const named = all.filter(({ name }) => same(name, text));
  return named.length === 0 ? "unknown" : named.length > 1 ? "several" : (named[0] as T);
}

function judge(values: Record<ColumnName, string>, { homes, rooms }: Places): { values: Record<ColumnName, string>; problems: PlannedRow["problems"] } {
  const problems: PlannedRow["problems"] = REQUIRED.filter((field) => values[field] === "").map((field) => ({ field, problem: "missing" }));
  const sent = { ...values };
  const home = values.home === "" ? undefined : resolve(homes, values.home);
  if (home === "unknown") problems.push({ field: "home", problem: "unknownHome" });
  if (home === "several") problems.push({ field: "home", problem: "twoHomes" });
  if (typeof home === "object") {
    sent.home = home.id;
    const room = values.room === "" ? undefined : resolve(rooms.filter((one) => one.home === home.id), values.room);
    if (typeof room === "object") sent.room = room.id;
    else if (room !== undefined) problems.push({ field: "room", problem: "unknownRoom" });
  }
  if (values.expected_interval_s !== "" && !/^\d+$/.test(values.expected_interval_s)) problems.push({ field: "expected_interval_s", problem: "number" });
  if (!["", "json", "cbor"].includes(values.encoding)) problems.push({ field: "encoding", problem: "encoding" });
  return { values: sent, problems };
}

export function planImport(text: string, places: Places): Plan | FileProblem {
  const table = /^\s*\[/.test(text) ? readJson(text) : readCsv(text);
  if ("kind" in table) return table;
  const unknown = table.heading.find((name) => !COLUMNS.some((column) => column === name));
  if (unknown !== undefined) return { kind: "unknownColumn", name: unknown };
  const missing = REQUIRED.find((name) => !table.heading.includes(name));
  if (missing !== undefined) return { kind: "missingColumn", name: missing };
  if (table.rows.length === 0) return { kind: "empty" };
  if (table.rows.length > ROWS_MAX) return { kind: "tooMany" };
  const judged = table.rows.map((row) => {
    const given = Object.fromEntries(COLUMNS.map((column) => [column, (row[table.heading.indexOf(column)] ?? "").trim()])) as Record<ColumnName, string>;
    return { given, ...judge(given, places) };
  });
  return {
    rows: judged.map(({ given, problems }, index) => ({ line: index + 2, values: given, problems })),
    csv: writeCsv([COLUMNS, ...judged.map(({ values }) => COLUMNS.map((column) => values[column]))]),
  };
}

/** A file to begin with: two rows that would be taken, for a home that is there. */
export function template(home: string, room: string | undefined): string {
  const base = { vendor: "Acme", firmware: "", tags: "", encoding: "json" };
  const rows = [
    { ...base, home, room: room ?? "", name: "Hall lamp", model: "Plug 2", serial: "ACM-0001", capabilities: "OnOff ElectricalPowerMeasurement", expected_interval_s: "60" },
    { ...base, home, room: "", name: "Cellar climate", model: "Sense", serial: "ACM-0002", capabilities: "TemperatureMeasurement RelativeHumidityMeasurement", expected_interval_s: "300" },
  ];
  return writeCsv([COLUMNS, ...rows.map((row) => COLUMNS.map((column) => row[column]))]);
}
