// The span of a chart: in the URL, along the calendar, and moved by buttons.
import { describe, expect, it } from "vitest";
import { calendarSpan, daysOf, endsNow, moved, parseRange, rangeOfDays, rangeText, spanOf, stepFor } from "./range";

const NOW = Date.UTC(2026, 10, 21, 12);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const BERLIN = "Europe/Berlin";

function step(days: number): string {
  return stepFor({ from: NOW - days * DAY, until: NOW });
}

describe("range in the URL", () => {
  it("goes there and back", () => {
    for (const text of ["24h", "90d", `${NOW - DAY}..${NOW}`]) expect(rangeText(parseRange(text))).toBe(text);
  });
  it("falls back to a day when it makes no sense", () => {
    for (const text of [undefined, "", "12h", "5..1", "0..99999999999999", `${NOW}..${NOW}`]) {
      expect(parseRange(text)).toEqual({ preset: "24h" });
    }
  });
});

describe("moved", () => {
  const span = spanOf({ preset: "24h" }, NOW);

  it("walks half a span, and never past now", () => {
    expect(moved(span, "earlier", NOW)).toEqual({ from: NOW - 1.5 * DAY, until: NOW - 0.5 * DAY });
    expect(moved(span, "later", NOW)).toEqual({ from: NOW - DAY, until: NOW });
    expect([endsNow(span, NOW), endsNow({ from: 0, until: NOW - DAY }, NOW)]).toEqual([true, false]);
  });
  it("looks closer at the middle, and no closer than five minutes", () => {
    expect(moved(span, "in", NOW)).toEqual({ from: NOW - 0.75 * DAY, until: NOW - 0.25 * DAY });
    const narrow = moved({ from: NOW - 6 * 60_000, until: NOW }, "in", NOW);
    expect("from" in narrow && narrow.until - narrow.from).toBe(5 * 60_000);
  });
  it("looks from further away", () => {
    expect(moved(span, "out", NOW)).toEqual({ from: NOW - 2 * DAY, until: NOW });
  });
});

describe("calendar", () => {
  it("chooses bars as fine as can be told apart", () => {
    expect([step(1), step(7), step(30), step(90), step(365)]).toEqual(["hour", "day", "day", "week", "month"]);
  });
  it("begins with a whole bar", () => {
    const span = { from: Date.UTC(2026, 10, 20, 12, 34), until: NOW };
    expect(calendarSpan(span, "hour", BERLIN).from).toBe(Date.UTC(2026, 10, 20, 12));
    expect(calendarSpan(span, "day", BERLIN).from).toBe(Date.UTC(2026, 10, 19, 23));
  });
  it("takes custom dates as whole days of the home", () => {
    const range = rangeOfDays("2026-11-19", "2026-11-20", BERLIN, NOW);
    expect(range).toEqual({ from: Date.UTC(2026, 10, 18, 23), until: Date.UTC(2026, 10, 20, 23) });
    expect(range !== undefined && "from" in range && daysOf(range, BERLIN)).toEqual({ first: "2026-11-19", last: "2026-11-20" });
  });
  it("refuses dates the wrong way round, empty, or all in the future", () => {
    expect(rangeOfDays("2026-11-20", "2026-11-19", BERLIN, NOW)).toBeUndefined();
    expect(rangeOfDays("", "2026-11-19", BERLIN, NOW)).toBeUndefined();
    expect(rangeOfDays("2026-12-01", "2026-12-02", BERLIN, NOW)).toBeUndefined();
  });
});
