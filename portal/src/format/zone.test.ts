// Days of a home's calendar, the days on which clocks change included.
import { describe, expect, it } from "vitest";
import { fromIsoDay, isoDay, offsetMs, sameClock, startOfDay, wallTime, zoneCity } from "./zone";

const BERLIN = "Europe/Berlin";
const HOUR = 3_600_000;
const two = (value: number) => String(value).padStart(2, "0");

describe("startOfDay", () => {
  it("is the zone's midnight, not UTC's", () => {
    const at = Date.UTC(2026, 10, 21, 23, 30);
    expect(new Date(startOfDay(at, BERLIN)).toISOString()).toBe("2026-11-21T23:00:00.000Z");
    expect(new Date(startOfDay(at, "UTC")).toISOString()).toBe("2026-11-21T00:00:00.000Z");
  });
  it("gives the days on which clocks change their own length", () => {
    const spring = Date.UTC(2026, 2, 29, 12);
    const autumn = Date.UTC(2026, 9, 25, 12);
    expect(startOfDay(spring, BERLIN, 1) - startOfDay(spring, BERLIN)).toBe(23 * HOUR);
    expect(startOfDay(autumn, BERLIN, 1) - startOfDay(autumn, BERLIN)).toBe(25 * HOUR);
  });
  it("walks back over months and half-hour zones", () => {
    const at = Date.UTC(2026, 2, 1, 3);
    expect(isoDay(startOfDay(at, "Asia/Kolkata", -1), "Asia/Kolkata")).toBe("2026-02-28");
    expect(new Date(startOfDay(at, "Asia/Kolkata")).toISOString()).toBe("2026-02-28T18:30:00.000Z");
  });
});

describe("clocks", () => {
  it("show what the platform shows, every half hour around the days on which they change", () => {
    for (const zone of [BERLIN, "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Chatham", "UTC"]) {
      const format = new Intl.DateTimeFormat("en-GB", { timeZone: zone, dateStyle: "short", timeStyle: "short" });
      for (const start of [Date.UTC(2026, 2, 7), Date.UTC(2026, 2, 28), Date.UTC(2026, 3, 4), Date.UTC(2026, 8, 26), Date.UTC(2026, 9, 3), Date.UTC(2026, 9, 24)]) {
        for (let at = start; at < start + 60 * HOUR; at += HOUR / 2) {
          const { year, month, day, hour, minute } = wallTime(at, zone);
          expect(`${two(day)}/${two(month)}/${year}, ${two(hour)}:${two(minute)}`).toBe(format.format(at));
        }
      }
    }
  });
  it("are ahead by the same before and after a change as the platform says", () => {
    const change = Date.UTC(2026, 9, 25, 1);
    expect([offsetMs(change - 1, BERLIN), offsetMs(change, BERLIN)]).toEqual([2 * HOUR, HOUR]);
  });
});

describe("date fields", () => {
  it("read and write the zone's days", () => {
    const midnight = fromIsoDay("2026-11-21", BERLIN);
    expect(midnight).toBe(Date.UTC(2026, 10, 20, 23));
    expect(isoDay(midnight ?? 0, BERLIN)).toBe("2026-11-21");
  });
  it("refuse what is no day", () => {
    expect(fromIsoDay("", BERLIN)).toBeUndefined();
    expect(fromIsoDay("2026-02-31", BERLIN)).toBeUndefined();
  });
});

describe("zones", () => {
  it("count as the same when their clocks show the same", () => {
    expect(sameClock(BERLIN, "Europe/Madrid", Date.UTC(2026, 10, 21))).toBe(true);
    expect(sameClock(BERLIN, "Europe/London", Date.UTC(2026, 10, 21))).toBe(false);
  });
  it("are known by their city", () => {
    expect(zoneCity("America/Argentina/Buenos_Aires")).toBe("Buenos Aires");
  });
});
