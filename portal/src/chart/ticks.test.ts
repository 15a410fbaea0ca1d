// Marks of the time axis stand on the home's hours and midnights.
import { describe, expect, it } from "vitest";
import { testVoice } from "../format/testing";
import { tickLabel, ticksOf } from "./ticks";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const BERLIN = "Europe/Berlin";
const NOW = Date.UTC(2026, 10, 21, 12, 20);

describe("ticksOf", () => {
  it("marks whole hours of a day", () => {
    const { at, stepMs } = ticksOf({ from: NOW - DAY, until: NOW }, BERLIN, 6);
    expect(stepMs).toBe(6 * HOUR);
    expect(at.map((one) => tickLabel(one, stepMs, testVoice(), BERLIN))).toEqual(["18:00", "21 Nov", "06:00", "12:00"]);
  });
  it("marks midnights of a week, also when clocks change in it", () => {
    const until = Date.UTC(2026, 9, 28, 12);
    const { at, stepMs } = ticksOf({ from: until - 7 * DAY, until }, BERLIN, 8);
    expect(stepMs).toBe(DAY);
    expect(at.map((one) => tickLabel(one, stepMs, testVoice("de-DE"), BERLIN))[0]).toBe("22. Okt.");
    expect(new Set(at.map((one) => new Date(one).getUTCHours()))).toEqual(new Set([22, 23]));
  });
  it("never marks more than asked for", () => {
    for (const days of [0.01, 0.5, 3, 20, 90, 400, 2_000]) {
      expect(ticksOf({ from: NOW - days * DAY, until: NOW }, BERLIN, 6).at.length).toBeLessThanOrEqual(7);
    }
  });
});
