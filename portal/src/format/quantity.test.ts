// How numbers with units read in both languages.
import { describe, expect, it } from "vitest";
import { changePercent, quantity, scaled, scaleFor } from "./quantity";

const plain = (text: string) => text.replaceAll("\u00a0", " ");
const en = (value: number, unit: string) => plain(quantity(value, unit, "en-GB").text);
const de = (value: number, unit: string) => plain(quantity(value, unit, "de-DE").text);

describe("quantity", () => {
  it("turns watt-hours into kilowatt-hours where people would", () => {
    expect(en(3.25, "Wh")).toBe("3.3 Wh");
    expect(en(412.4, "Wh")).toBe("412 Wh");
    expect(en(1_234, "Wh")).toBe("1.23 kWh");
    expect(en(12_340, "Wh")).toBe("12.3 kWh");
    expect(en(3_825_621.48, "Wh")).toBe("3,826 kWh");
    expect(de(12_340, "Wh")).toBe("12,3 kWh");
  });
  it("shows power with the digits that matter, also when fed in", () => {
    expect(en(4.21, "W")).toBe("4.2 W");
    expect(en(493.446, "W")).toBe("493 W");
    expect(en(2_117, "W")).toBe("2.12 kW");
    expect(en(-2_117, "W")).toBe("-2.12 kW");
  });
  it("writes temperatures with one decimal, so that columns line up", () => {
    expect(en(21, "degC")).toBe("21.0 °C");
    expect(de(20.42, "degC")).toBe("20,4 °C");
  });
  it("knows no negative zero", () => {
    expect(en(-0.01, "degC")).toBe("0.0 °C");
  });
  it("joins per cent as the language does", () => {
    expect(en(47.8, "%")).toBe("48%");
    expect(de(47.8, "%")).toBe("48 %");
  });
  it("shows units it has never heard of, and none", () => {
    expect(en(2.34567, "Pa")).toBe("2.35 Pa");
    expect(en(0.97, "")).toBe("0.97");
  });
  it("does not invent a number", () => {
    expect(en(Number.NaN, "W")).toBe("–");
  });
  it("keeps a whole axis in one unit", () => {
    const scale = scaleFor("Wh", 5_000);
    expect(plain(scaled(0, "Wh", scale, "en-GB").text)).toBe("0.00 kWh");
    expect(plain(scaled(450, "Wh", scale, "en-GB").text)).toBe("0.45 kWh");
  });
});

describe("changePercent", () => {
  it("compares, and is silent where there is nothing to compare with", () => {
    expect(changePercent(8, 10)).toBe(-20);
    expect(changePercent(8, 0)).toBeNull();
    expect(changePercent(Number.NaN, 10)).toBeNull();
  });
});
