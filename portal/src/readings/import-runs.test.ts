// An import in parts: it can be stopped, fails without losing anything, and goes on where it was, under the same keys.
import { beforeEach, describe, expect, it } from "vitest";
import type { ReadingsFile } from "./import-file";
import { forgetRun, goOnWithRun, runOf, startRun, stopRun } from "./import-runs";

const DEVICE = "device";

function file(rows: number): ReadingsFile {
  const values = ["2026-11-20T10:00:00Z", "1", "A.B", "1"];
  return { rows: Array.from({ length: rows }, (_, nth) => ({ line: nth + 3, values })), refused: [{ line: 2, values, errors: [] }], ignored: [], hasCommas: false };
}

describe("startRun", () => {
  beforeEach(() => forgetRun(DEVICE));

  it("sends part after part and gathers what was refused, by line", async () => {
    const keys: string[] = [];
    await startRun(DEVICE, "a.csv", file(7_000), "k", async (csv, key) => {
      keys.push(key);
      const rows = csv.split("\r\n").length - 2;
      return { accepted: rows - 1, refused: 1, rows: [{ line: 2, errors: [{ field: "value", reason: "no" }] }] };
    });
    expect(keys).toEqual(["k-0", "k-1"]);
    expect(runOf(DEVICE)).toMatchObject({ phase: "done", total: 7_001, settled: 7_001, accepted: 6_998 });
    expect(runOf(DEVICE)?.refused.map(({ line }) => line)).toEqual([2, 3, 5_003]);
  });
  it("keeps what was taken when a part fails, and sends that part again under its key", async () => {
    const keys: string[] = [];
    const send = async (_: string, key: string) => {
      keys.push(key);
      if (keys.length === 2) throw new Error("away");
      return { accepted: 1, refused: 0, rows: [] };
    };
    await startRun(DEVICE, "a.csv", file(7_000), "k", send);
    expect(runOf(DEVICE)).toMatchObject({ phase: "failed", settled: 5_001, accepted: 1 });
    await goOnWithRun(DEVICE);
    expect(keys).toEqual(["k-0", "k-1", "k-1"]);
    expect(runOf(DEVICE)).toMatchObject({ phase: "done", settled: 7_001, error: undefined });
  });
  it("stops between parts", async () => {
    await startRun(DEVICE, "a.csv", file(7_000), "k", async () => {
      stopRun(DEVICE);
      return { accepted: 5_000, refused: 0, rows: [] };
    });
    expect(runOf(DEVICE)).toMatchObject({ phase: "stopped", settled: 5_001 });
  });
});
