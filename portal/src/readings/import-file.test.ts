// What a file of readings becomes before it is sent, and that every refused row is told by the line it really stands on.
import { describe, expect, it } from "vitest";
import { type FileProblem, partsOf, readFile, type ReadingsFile, refusedCsv, refusedOf, shownBy } from "./import-file";

const POWER = "ElectricalPowerMeasurement.ActivePower";
const HEADING = "time,endpoint,attribute,value";

function row(minute: number, value: string): string {
  return `2026-11-20T10:${String(minute).padStart(2, "0")}:00Z,1,${POWER},${value}`;
}

function read(text: string): ReadingsFile {
  const file = readFile(text, (attribute) => attribute === POWER);
  if ("kind" in file) throw new Error(file.kind);
  return file;
}

function problem(text: string): FileProblem["kind"] | undefined {
  const file = readFile(text, () => true);
  return "kind" in file ? file.kind : undefined;
}

describe("readFile", () => {
  it("counts lines as an editor does, whatever ends them", () => {
    for (const end of ["\n", "\r\n"]) {
      const file = read(`\uFEFF${[HEADING, row(0, "1"), "", "", row(1, "2"), row(2, "3")].join(end)}${end}`);
      expect(file.rows.map(({ line }) => line)).toEqual([2, 5, 6]);
    }
  });
  it("takes columns in any order, and says which are not read", () => {
    const file = read(`value,unit,attribute,endpoint,time,received\n5,W,${POWER},1,2026-11-20T10:00:00Z,now\n`);
    expect(file.rows).toEqual([{ line: 2, values: ["2026-11-20T10:00:00Z", "1", POWER, "5"] }]);
    expect(file.ignored).toEqual(["unit", "received"]);
  });
  it("reads decimal commas where semicolons separate, of numbers alone", () => {
    const file = read(`time;endpoint;attribute;value\n2026-11-20T10:00:00Z;1;${POWER};21,5\n2026-11-20T10:00:00Z;1;Text.Value;1,5\n`);
    expect(file.rows.map(({ values }) => values[3])).toEqual(["21.5", "1,5"]);
    expect(file.hasCommas).toBe(true);
  });
  it("refuses a row whose cells do not stand under the heading: 21,5 must not become 21", () => {
    const file = read([HEADING, row(0, "21,5"), row(1, "7"), "a,b"].join("\n"));
    expect(file.rows.map(({ line }) => line)).toEqual([3]);
    expect(file.refused.map(({ line, errors }) => [line, errors[0]?.reason])).toEqual([
      [2, "has 5 cells, the heading has 4"],
      [4, "has 2 cells, the heading has 4"],
    ]);
  });
  it("says what is wrong with the whole file", () => {
    expect(problem("")).toBe("empty");
    expect(problem(`${HEADING}\n`)).toBe("empty");
    expect(problem("time,endpoint,attribute\n1,2,3\n")).toBe("missingColumn");
    expect(problem(`${HEADING}\n"open`)).toBe("unreadable");
    expect(problem(`${HEADING}\n${"a,b,c,d\n".repeat(200_001)}`)).toBe("tooMany");
  });
});

describe("partsOf", () => {
  it("cuts long files, and finds each refused row again", () => {
    const rows = Array.from({ length: 12_000 }, (_, nth) => row(nth % 60, String(nth)));
    const file = read([HEADING, "", ...rows].join("\r\n"));
    const parts = partsOf(file.rows);
    expect(parts.map(({ rows: own }) => own.size)).toEqual([5_000, 5_000, 2_000]);
    const [, second] = parts;
    if (second === undefined) throw new Error("no second part");
    expect(second.csv.split("\r\n")[4]).toBe(row(5_003 % 60, "5003"));
    expect(refusedOf(second, [{ line: 5, errors: [] }])).toMatchObject([{ line: 3 + 5_003, values: ["2026-11-20T10:23:00Z", "1", POWER, "5003"] }]);
  });
  it("knows that a text may go over several lines", () => {
    const file = read(`${HEADING}\n2026-11-20T10:00:00Z,1,Text.Value,"two\nlines"\n${row(1, "7")}\n`);
    const [part] = partsOf(file.rows);
    if (part === undefined) throw new Error("no part");
    expect(file.rows.map(({ line }) => line)).toEqual([2, 4]);
    expect(refusedOf(part, [{ line: 4, errors: [] }]).map(({ line }) => line)).toEqual([4]);
  });
});

describe("refusedCsv", () => {
  it("is a file that can be mended and imported again", () => {
    const { refused } = read([HEADING, row(0, "21,5")].join("\n"));
    const text = refusedCsv(refused, ({ reason }) => reason);
    expect(text).toBe(`time,endpoint,attribute,value,line,reason\r\n${row(0, "21")},2,"has 5 cells, the heading has 4"\r\n`);
    expect(read(text).ignored).toEqual(["line", "reason"]);
  });
});

describe("shownBy", () => {
  it("is the first series over all its rows", () => {
    const { rows } = read([HEADING, row(30, "1"), row(0, "1"), "never,1,x,1"].join("\n"));
    const [from, until] = [Date.UTC(2026, 10, 20, 9, 30), Date.UTC(2026, 10, 20, 11)];
    expect(shownBy(rows)).toEqual({ attribute: `1/${POWER}`, range: `${from}..${until}` });
    expect(shownBy([])).toBeUndefined();
  });
});
