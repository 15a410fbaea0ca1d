// The server's reasons for readings are known by what they say, with what they name.
import { describe, expect, it } from "vitest";
import { knownReading } from "./reasons";

describe("knownReading", () => {
  it.each([
    ["must be an RFC 3339 date-time with an offset, such as 2026-11-20T18:04:05Z", "timeForm", []],
    ["time 2027-01-01T00:00:00Z lies in the future", "future", []],
    ["time 2027-01-01T00:00:00Z is more than 24 h in the future", "future", []],
    ["time 1970-01-01T00:00:00Z is before 2000-01-01T00:00:00Z: the device's clock is not set", "tooOld", []],
    ["endpoint 2 was not registered with OnOff", "notRegistered", ["2", "OnOff"]],
    ["is not a known attribute; GET /api/capabilities lists them", "unknownAttribute", []],
    ["-300 is outside a number from -273.15 to 1000 degC", "outside", ["-300", "-273.15", "1000 degC"]],
    ['"Ajar" is not one of Locked, Unlocked', "notOneOf", ["Ajar", "Locked, Unlocked"]],
    ["expected a number from -1000 to 1000 W, got text warm", "notNumber", ["-1000", "1000 W"]],
    ["expected an integer from 0 to 254 , got text ", "notNumber", ["0", "254"]],
    ["expected a boolean, got text TRUE", "notBoolean", []],
    ["has 5 cells, the heading has 4", "cells", ["5", "4"]],
  ] as const)("%s", (reason, key, named) => {
    const known = knownReading(reason);
    expect(known?.key).toBe(key);
    expect(known?.named.slice(0, named.length)).toEqual(named);
  });
  it("leaves others alone", () => expect(knownReading("must not contain NUL")).toBeUndefined());
});
