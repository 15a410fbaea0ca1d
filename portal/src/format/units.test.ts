// From reported units to those of the reader, and back without loss.
import { describe, expect, it } from "vitest";
import { conversion, isConverted } from "./units";

const CONVERTED = ["degC", "L", "L/min", "hPa", "m2"];
const values = Array.from({ length: 401 }, (_, n) => (n - 200) * 1.37);

describe("conversion", () => {
  it("knows the points that everybody knows", () => {
    const { of, back, unit } = conversion("degC", "imperial");
    expect([of(0), of(100), of(-40)].map((one) => Math.round(one * 1e9) / 1e9)).toEqual([32, 212, -40]);
    expect(back(98.6)).toBeCloseTo(37, 9);
    expect(unit).toBe("degF");
    expect(conversion("L", "imperial").of(3.785411784)).toBeCloseTo(1, 12);
    expect(conversion("hPa", "imperial").of(1_013.25)).toBeCloseTo(29.9213, 4);
    expect(conversion("m2", "imperial").of(92.90304)).toBeCloseTo(1_000, 9);
  });
  it("comes back to where it went from, and keeps the order", () => {
    for (const unit of CONVERTED) {
      const { of, back } = conversion(unit, "imperial");
      for (const [index, value] of values.entries()) {
        expect(back(of(value))).toBeCloseTo(value, 9);
        const next = values[index + 1];
        if (next !== undefined) expect(of(next)).toBeGreaterThan(of(value));
      }
    }
  });
  it("changes nothing for whoever reads metric, and nothing that has no other unit", () => {
    for (const value of values) {
      for (const unit of CONVERTED) expect(conversion(unit, "metric").of(value)).toBe(value);
      for (const unit of ["Wh", "W", "%", "K", "lx", ""]) expect(conversion(unit, "imperial").of(value)).toBe(value);
    }
    expect(isConverted("Wh", "imperial")).toBe(false);
    expect(isConverted("degC", "metric")).toBe(false);
    expect(isConverted("degC", "imperial")).toBe(true);
  });
});
