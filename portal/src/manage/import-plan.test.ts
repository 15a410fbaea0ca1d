// Files of devices: what is read, what is resolved, what is refused, and that what is sent reads back.
import { describe, expect, it } from "vitest";
import type { Home, Room } from "../api/lists";
import { parseCsv, writeCsv } from "./csv";
import { planImport, type Plan, template } from "./import-plan";

const places = {
  homes: [{ id: "h1", name: "Lindenstraße" }, { id: "h2", name: "Twin" }, { id: "h3", name: "Twin" }] as Home[],
  rooms: [{ id: "r1", name: "Hall", home: "h1" }] as Room[],
};
const plan = (text: string) => planImport(text, places) as Plan;
const problems = (text: string) => plan(text).rows.map((row) => row.problems.map(({ field, problem }) => `${field}:${problem}`));

describe("csv", () => {
  it("reads quotes, line ends inside them, a byte order mark and CRLF", () => {
    expect(parseCsv('\uFEFFa,b\r\n"x, ""y""\nz",2\r\n\r\n')).toEqual([["a", "b"], ['x, "y"\nz', "2"]]);
    expect(() => parseCsv('a\n"b')).toThrow("does not end");
  });

  it("writes what it reads", () => {
    const rows = [["a", "b"], ['x, "y"\nz', ""]];
    expect(parseCsv(writeCsv(rows))).toEqual(rows);
  });
});

describe("planImport", () => {
  it("takes homes and rooms by name or id, and sends ids", () => {
    const { rows, csv } = plan("home;room;name;capabilities\nlindenstraße;hall;Lamp;OnOff\nh1;;Plug;OnOff\n");
    expect(rows.every((row) => row.problems.length === 0)).toBe(true);
    expect(parseCsv(csv).slice(1).map((row) => row.slice(0, 3))).toEqual([["h1", "r1", "Lamp"], ["h1", "", "Plug"]]);
  });

  it("says what is wrong in a row", () => {
    expect(problems("home,room,name,capabilities,expected_interval_s,encoding\nNowhere,,A,OnOff,,\nTwin,,B,OnOff,often,xml\nh1,Attic,,,,\n")).toEqual([
      ["home:unknownHome"],
      ["home:twoHomes", "expected_interval_s:number", "encoding:encoding"],
      ["name:missing", "capabilities:missing", "room:unknownRoom"],
    ]);
  });

  it("says what is wrong with a file", () => {
    expect(planImport("", places)).toEqual({ kind: "empty" });
    expect(planImport("home,name,capabilities\n", places)).toEqual({ kind: "empty" });
    expect(planImport("home,name\nh1,A\n", places)).toEqual({ kind: "missingColumn", name: "capabilities" });
    expect(planImport("home,name,capabilities,colour\n", places)).toEqual({ kind: "unknownColumn", name: "colour" });
    expect(planImport("[1]", places)).toMatchObject({ kind: "unreadable" });
  });

  it("takes JSON as well, lists included", () => {
    const { csv, rows } = plan(JSON.stringify([{ home: "h1", name: "A", capabilities: ["OnOff", "Signal"], expected_interval_s: 60 }]));
    expect(rows[0]?.problems).toEqual([]);
    expect(csv).toContain("OnOff Signal");
  });

  it("gives a template that it takes", () => {
    expect(problems(template("Lindenstraße", "Hall"))).toEqual([[], []]);
  });
});
