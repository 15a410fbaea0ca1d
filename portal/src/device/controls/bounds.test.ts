// What a device allows is read out of its endpoints.
import { describe, expect, it } from "vitest";
import { asksForCode, boundsOf, choicesOf, fits, ownRange } from "./bounds";

const device = {
  endpoints: [
    { endpoint: 1, capabilities: ["ModeSelect"], bounds: [{ of: "ModeSelect.CurrentMode", choices: ["eco", "boost"] }] },
    { endpoint: 2, capabilities: ["DoorLock"], bounds: [{ of: "DoorLock.Code", pattern: "^\\d{4}$" }] },
    { endpoint: 3, capabilities: ["Number"] },
  ],
};

describe("what a device allows", () => {
  it("is found at its part", () => {
    expect(choicesOf({ device, endpoint: 1 }, "ModeSelect.CurrentMode")).toEqual(["eco", "boost"]);
    expect(choicesOf({ device, endpoint: 2 }, "ModeSelect.CurrentMode")).toEqual([]);
    expect(boundsOf({ device, endpoint: 3 }, "Number.Value")).toBeUndefined();
  });

  it("tells a lock that asks for its code from one that does not", () => {
    expect(asksForCode({ device, endpoint: 2 }, "DoorLock")).toBe(true);
    expect(asksForCode({ device, endpoint: 1 }, "DoorLock")).toBe(false);
  });

  it("is a range and a grid", () => {
    const bounds = { of: "Number.Value", min: 5, max: 30, step: 0.1 };
    expect([5, 5.1, 21.7, 30].map((value) => fits(bounds, value))).toEqual([true, true, true, true]);
    expect([4.9, 30.1, 21.75].map((value) => fits(bounds, value))).toEqual([false, false, false]);
    expect(fits(undefined, 1e9)).toBe(true);
    expect(ownRange(bounds, { min: 0, max: 1 })).toEqual({ min: 5, max: 30 });
    expect(ownRange({ of: "x", min: 9 }, { min: 0, max: 1 })).toEqual({ min: 0, max: 1 });
  });
});
