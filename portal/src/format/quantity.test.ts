// How numbers with units read in both languages.
import { describe, expect, it } from "vitest";
import { changePercent, quantity, scaled, scaleFor, setPoint } from "./quantity";
import type { Reader } from "./say";

const plain = (text: string) => text.replaceAll("\u00a0", " ");
const en = (value: number, unit: string) => plain(quantity(value, unit, { locale: "en-GB", units: "metric" }).text);
const de = (value: number, unit: string) => plain(quantity(value, unit, { locale: "de-DE", units: "metric" }).text);
const american: Reader = { locale: "en-US", units: "imperial" };
const us = (value: number, unit: string) => plain(quantity(value, unit, american).text);

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

describe("quantity in imperial units", () => {
  it("shows temperatures, water and pressure as people there read them", () => {
    expect(us(21, "degC")).toBe("69.8 °F");
    expect(us(-40, "degC")).toBe("-40.0 °F");
    expect(us(100, "L")).toBe("26.4 gal");
    expect(us(5_000, "L")).toBe("1,321 gal");
    expect(us(2, "L")).toBe("0.53 gal");
    expect(us(9.5, "L/min")).toBe("2.51 gal/min");
    expect(us(1_013.25, "hPa")).toBe("29.92 inHg");
    expect(plain(quantity(21.4, "degC", { locale: "de-DE", units: "imperial" }).text)).toBe("70,5 °F");
  });
  it("leaves alone what is read alike everywhere", () => {
    expect(us(12_340, "Wh")).toBe("12.3 kWh");
    expect(us(2_117, "W")).toBe("2.12 kW");
    expect(us(2_700, "K")).toBe("2,700 K");
    expect(us(47, "%")).toBe("47%");
    expect(us(Number.NaN, "degC")).toBe("–");
  });
  it("reads a set point as it was set: in halves, or whole", () => {
    expect(plain(setPoint(21.5, "degC", american).text)).toBe("71 °F");
    expect(plain(setPoint(21.5, "degC", { locale: "en-GB", units: "metric" }).text)).toBe("21.5 °C");
  });
});

describe("changePercent", () => {
  it("compares, and is silent where there is nothing to compare with", () => {
    expect(changePercent(8, 10)).toBe(-20);
    expect(changePercent(8, 0)).toBeNull();
    expect(changePercent(Number.NaN, 10)).toBeNull();
  });
});
