// The order of rows, and what a press on a header does to it.
import { describe, expect, it } from "vitest";
import { nextSort, sortRows } from "./table-sort";

const rows = [{ n: "Lamp 10" }, { n: null }, { n: "lamp 2" }, { n: "Äpfel" }, { n: "Zange" }];

describe("sortRows", () => {
  it("orders as a reader would: numbers in names, umlauts, the unknown last", () => {
    expect(sortRows(rows, (row) => row.n, false, "de").map((row) => row.n)).toEqual(["Äpfel", "lamp 2", "Lamp 10", "Zange", null]);
  });
  it("keeps the unknown last when it turns round", () => {
    expect(sortRows(rows, (row) => row.n, true, "de").map((row) => row.n)).toEqual(["Zange", "Lamp 10", "lamp 2", "Äpfel", null]);
  });
  it("orders numbers and booleans by value and leaves the given rows alone", () => {
    const given = [{ v: 10 }, { v: 9 }];
    expect(sortRows(given, (row) => row.v, false, "en")).toEqual([{ v: 9 }, { v: 10 }]);
    expect(given[0]).toEqual({ v: 10 });
    expect(sortRows([{ v: true }, { v: false }], (row) => row.v, false, "en")).toEqual([{ v: false }, { v: true }]);
  });
});

describe("nextSort", () => {
  it("turns the same column round and begins another ascending", () => {
    expect(nextSort(undefined, "a")).toEqual({ column: "a", descending: false });
    expect(nextSort({ column: "a", descending: false }, "a")).toEqual({ column: "a", descending: true });
    expect(nextSort({ column: "a", descending: true }, "b")).toEqual({ column: "b", descending: false });
  });
});
