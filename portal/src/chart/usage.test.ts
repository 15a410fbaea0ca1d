// Today, yesterday and the week of a counter, in the home's days.
import { describe, expect, it } from "vitest";
import { startOfDay } from "../format/zone";
import type { Bucket, History } from "./history";
import { usageOf, usageSpan } from "./usage";

const ZONE = "Europe/Berlin";
const NOW = Date.UTC(2026, 10, 21, 12);

function day(back: number, increase: number, last = 0): Bucket {
  return {
    from: startOfDay(NOW, ZONE, -back), until: startOfDay(NOW, ZONE, 1 - back), count: 1, min: undefined, max: undefined, mean: undefined,
    first: 0, last, increase, estimated: false, late: false,
  };
}

function history(buckets: Bucket[]): History {
  return { unit: "Wh", zone: ZONE, from: 0, until: NOW, expectedIntervalS: 60, buckets, gaps: [] };
}

describe("usageOf", () => {
  it("parts today from yesterday", () => {
    const usage = usageOf(history([day(2, 5), day(1, 7), day(0, 3, 100)]), NOW);
    expect(usage).toMatchObject({ today: 3, yesterday: 7, week: 15 });
  });
  it("carries today on with the live counter, and no further than it rose", () => {
    const days = history([day(0, 3, 100)]);
    expect(usageOf(days, NOW, { value: 102, time: NOW }).today).toBe(5);
    expect(usageOf(days, NOW, { value: 90, time: NOW }).today).toBe(3);
    expect(usageOf(days, NOW, { value: 102, time: startOfDay(NOW, ZONE) - 1 }).today).toBe(3);
    expect(usageOf(history([day(1, 3, 100)]), NOW, { value: 102, time: NOW }).today).toBeUndefined();
  });
  it("does not take silence for nought", () => {
    expect(usageOf(history([]), NOW)).toMatchObject({ today: undefined, yesterday: undefined, week: undefined });
  });
  it("asks for a week of the home's days", () => {
    const span = usageSpan(NOW, ZONE);
    expect([new Date(span.from).toISOString(), new Date(span.until).toISOString()]).toEqual([
      "2026-11-14T23:00:00.000Z", "2026-11-21T23:00:00.000Z",
    ]);
  });
});
