// Times are the home's; the zone is named when the viewer's clock shows another time.
import { describe, expect, it } from "vitest";
import { dayName, fullMoment, moment } from "./moment";
import { testVoice } from "./testing";

const NOW = Date.UTC(2026, 10, 21, 12, 0);
const at = (day: number, hour: number, minute: number) => Date.UTC(2026, 10, day, hour, minute);
const berlin = { zone: "Europe/Berlin", now: NOW };

describe("moment", () => {
  it("says no more than is needed", () => {
    const voice = testVoice();
    expect(moment(at(21, 8, 5), voice, berlin)).toBe("09:05");
    expect(moment(at(20, 8, 5), voice, berlin)).toBe("Yesterday, 09:05");
    expect(moment(at(2, 8, 5), voice, berlin)).toMatch(/^Mon,? 2 Nov, 09:05$/);
    expect(moment(at(20, 8, 5), testVoice("de-DE"), berlin)).toBe("Gestern, 09:05");
  });
  it("names the zone when the viewer's clock differs", () => {
    expect(moment(at(21, 8, 5), testVoice("en-GB", "Europe/London"), berlin)).toBe("09:05, Berlin time");
    expect(moment(at(21, 8, 5), testVoice("en-GB", "Europe/Paris"), berlin)).toBe("09:05");
    expect(fullMoment(at(21, 8, 5), testVoice("de-DE", "UTC"), "Europe/Berlin")).toContain("Zeit in Berlin");
  });
  it("counts days in the home's zone", () => {
    expect(dayName(at(20, 23, 30), testVoice(), berlin)).toBe("Today");
  });
  it("tells the year when it is another one", () => {
    expect(dayName(Date.UTC(2025, 4, 3, 12), testVoice(), berlin)).toContain("2025");
  });
});
