// Ages at the borders of their units.
import { describe, expect, it } from "vitest";
import { ageOf, isStale } from "./age";

const NOW = 1_700_000_000_000;

describe("ageOf", () => {
  it.each([
    [-5_000, "now", 0],
    [9_999, "now", 0],
    [10_000, "second", 10],
    [59_999, "second", 59],
    [60_000, "minute", 1],
    [3_599_999, "minute", 59],
    [3_600_000, "hour", 1],
    [47.9 * 3_600_000, "hour", 47],
    [48 * 3_600_000, "day", 2],
  ])("%d ms ago is %s %d", (age, unit, count) => {
    expect(ageOf(NOW - age, NOW)).toEqual({ unit, count });
  });
});

describe("isStale", () => {
  it("is stale after the interval, not at it", () => {
    expect(isStale(NOW - 300_000, NOW, 300)).toBe(false);
    expect(isStale(NOW - 300_001, NOW, 300)).toBe(true);
  });
});
